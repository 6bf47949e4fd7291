"""What instructors see of their cohort's finished mocks: nobody else's, with the doubt that few people leave."""

import csv
import io
from statistics import mean

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.models import User
from exams import attempts, cohort_results, scoring
from exams.intervals import mean_interval
from exams.models import Cohort, Score
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

RIGHT = {"alice": 18, "bob": 12, "carl": 15, "dana": 6, "eve": 20}


@pytest.fixture
def ivy(db: None) -> User:
    user = make_user("ivy")
    roles.make_instructor(user=user, roles=["invigilator"])
    return User.objects.get(pk=user.pk)


@pytest.fixture
def cohort(ivy: User) -> Cohort:
    """Five have finished Form A, fred has not; zoe has finished it and belongs to nobody."""
    make_bank(forms=2)
    publish_form_a()
    cohort = Cohort.objects.create(name="Spring class")
    cohort.instructors.add(ivy)
    for name in (*RIGHT, "fred"):
        cohort.members.add(make_user(name))
    for name, right in {**RIGHT, "zoe": 1}.items():
        sit(User.objects.filter(email=f"{name}@example.org").first() or make_user(name), right)
    return cohort


def sit(user: User, right: int) -> Score:
    attempt = start(user)
    answer_all(attempt, right=right)
    attempts.submit(user=user, public_id=attempt.public_id, now=NOW)
    score = scoring.ensure_scored(attempt=attempt, now=NOW)
    assert score
    return score


def table(client: Client, cohort: Cohort, query: str = "") -> list[list[str]]:
    answer = client.get(reverse("exams:cohort_csv", args=[cohort.pk]) + query)
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_means_are_those_of_the_stored_scores(cohort: Cohort) -> None:
    results = cohort_results.of_cohort(cohort, None)

    scores = Score.objects.exclude(attempt__user__email__startswith="zoe")
    for domain in results.domains:
        rows = [row for score in scores for row in score.domain_scores.filter(domain__name=domain.name)]
        assert domain.mean == pytest.approx(mean(row.right / row.total for row in rows))
        assert domain.people == 5
        assert domain.interval
    assert (results.people, results.member_count) == (5, 6)


def test_newest_exam_of_each_person_counts_once(cohort: Cohort) -> None:
    sit(User.objects.get(email="alice@example.org"), 0)

    results = cohort_results.of_cohort(cohort, None)

    assert len(results.scores) == 6
    assert {domain.people for domain in results.domains} == {5}
    first = results.domains[0]
    alice = results.scores[0].domain_scores.get(domain__name=first.name)
    assert results.scores[0].raw == alice.right == 0


def test_items_of_a_form_are_counted_from_its_responses(cohort: Cohort) -> None:
    (form_a,) = cohort_results.forms_sat(cohort)

    results = cohort_results.of_cohort(cohort, form_a)

    assert len(results.items) == 20
    assert {item.n for item in results.items} == {5}
    assert sum(item.right for item in results.items) == sum(RIGHT.values())
    assert [item.right for item in results.items] == sorted(item.right for item in results.items)


def test_four_people_get_no_interval(cohort: Cohort) -> None:
    cohort.members.remove(User.objects.get(email="eve@example.org"))

    assert {domain.interval for domain in cohort_results.of_cohort(cohort, None).domains} == {None}


def test_csv_names_members_alone_and_runs_nothing(client: Client, cohort: Cohort, ivy: User) -> None:
    User.objects.filter(email="bob@example.org").update(name='=HYPERLINK("http://evil.example")')
    client.force_login(ivy)

    heading, *rows = table(client, cohort)

    assert heading[:5] == ["name", "email", "form", "finished", "right"]
    assert {row[1].split("@")[0]: int(row[4]) for row in rows} == RIGHT
    assert "'=HYPERLINK" in {row[0][:11] for row in rows}
    assert table(client, cohort, "?form=1") == [heading, *rows]
    assert table(client, cohort, "?form=9999999999") == [heading, *rows]


def test_page_shows_domains_items_and_people(client: Client, cohort: Cohort, ivy: User) -> None:
    client.force_login(ivy)

    page = client.get(reverse("exams:cohort_results", args=[cohort.pk]), {"form": "1"}).content.decode()

    assert "5 of 6 have finished" in page
    assert "20 scored items" in page
    assert "Zoe" not in page


def test_empty_cohort_says_so(client: Client, ivy: User) -> None:
    cohort = Cohort.objects.create(name="Nobody yet")
    cohort.instructors.add(ivy)
    client.force_login(ivy)

    assert (
        "Nobody of this cohort has finished"
        in client.get(reverse("exams:cohort_results", args=[cohort.pk])).content.decode()
    )


@pytest.mark.parametrize("who", ["alice", "other instructor", "author"])
@pytest.mark.parametrize("name", ["cohort_results", "cohort_csv"])
def test_others_find_nothing(client: Client, cohort: Cohort, who: str, name: str) -> None:
    user = User.objects.get(email="alice@example.org")
    if who != "alice":
        user = make_user("omar")
        roles.make_instructor(user=user, roles=["author" if who == "author" else "invigilator"])
    client.force_login(user)

    assert client.get(reverse(f"exams:{name}", args=[cohort.pk])).status_code == 404


# Quantiles of Student's t from published tables.
@pytest.mark.parametrize(("n", "quantile"), [(5, 2.776), (6, 2.571), (11, 2.228), (31, 2.042), (121, 1.980)])
def test_interval_of_a_mean_uses_students_t(n: int, quantile: float) -> None:
    values = [0.5 + (0.01 if place % 2 else -0.01) for place in range(n)]
    middle = mean(values)
    spread = (sum((value - middle) ** 2 for value in values) / (n - 1) / n) ** 0.5

    interval = mean_interval(values)

    assert interval
    assert (interval.high - middle) / spread == pytest.approx(quantile, rel=0.003)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_interval_of_a_mean_holds_it_and_stays_a_share(values: list[float]) -> None:
    interval = mean_interval(values)

    assert interval
    assert 0 <= interval.low <= mean(values) + 1e-12
    assert mean(values) - 1e-12 <= interval.high <= 1
