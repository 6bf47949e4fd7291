"""What a group is told of itself: nothing of fewer than five people, and of nobody who did not agree to it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import groups
from accounts.models import Membership, Share, StudyGroup, User
from exams import attempts, planning, scoring
from exams.groups import activity, comparison, missed, shared_forms, standing
from exams.groups.missed import Answer
from exams.models import Attempt, ExamForm, GroupExam, PlanTask, PracticeItem, PracticeSession, Response, Score
from questions.models import ItemVersion
from tests.factories import (
    NOW,
    answer_all,
    join_group,
    key_place,
    make_bank,
    make_group,
    make_user,
    publish_form_a,
    start,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def form() -> ExamForm:
    make_bank(forms=3)
    return publish_form_a()


@pytest.fixture
def group(form: ExamForm) -> StudyGroup:
    return make_group(make_user("alice"))


@pytest.fixture
def exam(group: StudyGroup, form: ExamForm) -> GroupExam:
    return shared_forms.share(
        group=group, exam_form=form, first=date(2026, 11, 1), last=date(2026, 11, 8), by=group.owner
    )


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def sit(user: User, *, right: int = 12, form: ExamForm | None = None) -> Attempt:
    attempt = attempts.start_mock(user=user, exam_form=form, now=NOW) if form else start(user)
    answer_all(attempt, right=right)
    attempt = attempts.submit(user=user, public_id=attempt.public_id, now=LATER)
    scoring.ensure_scored(attempt=attempt, now=LATER)
    return attempt


def members(group: StudyGroup, count: int, share: Share, *, name: str = "person", right: int = 12) -> list[User]:
    """So many who share so much and have sat Form A."""
    people = [make_user(f"{name}-{n}") for n in range(count)]
    for user in people:
        join_group(group, user, share=share)
        sit(user, right=right)
    return people


# --- Missed by most -------------------------------------------------------------------------------------------------

ANSWERS = st.lists(
    st.builds(
        Answer,
        position=st.integers(1, 14),
        chosen=st.none() | st.integers(1, 4),
        is_right=st.booleans(),
    ).map(lambda answer: answer if answer.chosen else Answer(answer.position, None, False)),
    max_size=160,
)


@given(answers=ANSWERS)
@hypothesis_settings(max_examples=200, deadline=None)
def test_nothing_is_told_of_an_item_that_fewer_than_five_met(answers: list[Answer]) -> None:
    found = missed.Missed(9, missed.tally(answers))

    for position in range(1, 15):
        own = [answer for answer in answers if answer.position == position]
        answered = [answer for answer in own if answer.chosen]
        tally = found.tallies.get(position)
        assert (tally is not None) == (len(own) >= 5)
        if tally:
            assert (tally.people, tally.missed) == (len(own), sum(not answer.is_right for answer in own))
            counted = {place: sum(a.chosen == place for a in own) for place in {a.chosen for a in answered}}
            is_told = len(answered) >= 5
            assert tally.chosen == (counted if is_told else {})
            assert tally.left_open == (len(own) - len(answered) if is_told else 0)


@given(answers=ANSWERS)
@hypothesis_settings(max_examples=200, deadline=None)
def test_session_takes_the_ten_hardest_that_somebody_missed(answers: list[Answer]) -> None:
    found = missed.Missed(9, missed.tally(answers))
    share = {tally.position: Fraction(tally.missed, tally.people) for tally in found.tallies.values()}
    hardest = [tally.position for tally in found.hardest]
    eligible = {position for position, of_all in share.items() if of_all}

    assert len(hardest) == min(10, len(eligible))
    assert [share[position] for position in hardest] == sorted((share[p] for p in hardest), reverse=True)
    left = eligible - set(hardest)
    assert not left or max(share[p] for p in left) <= min(share[p] for p in hardest)


@pytest.mark.parametrize(("sharers", "others", "told"), [(4, 3, False), (5, 0, True), (6, 1, True)])
def test_session_needs_five_who_share_their_domains(exam: GroupExam, sharers: int, others: int, told: bool) -> None:
    members(exam.group, sharers, Share.DOMAINS)
    members(exam.group, others, Share.PRACTICE, name="quiet")

    found = missed.of(exam)

    assert found.people == sharers
    assert bool(found.hardest) == told
    assert {tally.people for tally in found.tallies.values()} == ({sharers} if told else set())


def test_session_counts_what_the_members_chose(exam: GroupExam) -> None:
    people = members(exam.group, 6, Share.SCORES, right=12)
    scored = [r.position for r in Response.objects.filter(attempt__user=people[0], form_item__is_scored=True)]
    wrong = scored[12:]

    found = missed.of(exam)

    assert [(tally.position, tally.missed, tally.people) for tally in found.hardest] == [(p, 6, 6) for p in wrong]
    key = {r.position: key_place(r) for r in Response.objects.filter(attempt__user=people[0])}
    assert {p: dict(found.tallies[p].chosen) for p in scored[:12]} == {p: {key[p]: 6} for p in scored[:12]}
    assert {p: dict(found.tallies[p].chosen) for p in wrong} == {p: {key[p] % 4 + 1: 6} for p in wrong}


WAYS: dict[str, Callable[[Membership], object]] = {
    "shares less": lambda own: groups.share(group=own.group, user=own.user, what=Share.PRACTICE),
    "shares nothing": lambda own: groups.share(group=own.group, user=own.user, what=Share.NOTHING),
    "leaves": lambda own: groups.leave(group=own.group, user=own.user),
    "is removed": lambda own: groups.remove(
        group=own.group, member=own, by=own.group.owner, ends_links=True, now=LATER
    ),
    "is switched off": lambda own: User.objects.filter(pk=own.user_id).update(is_active=False),
    "account goes": lambda own: own.user.delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_takes_their_data_out_is_out_at_once(exam: GroupExam, way: str) -> None:
    people = members(exam.group, 5, Share.SCORES)
    viewer = make_user("victor")
    join_group(exam.group, viewer)
    own = sit(viewer)
    assert (missed.of(exam).people, len(standing.domains_of(exam.group).lines)) == (5, 10)
    assert (len(standing.results_of(exam.group)), len(comparison.beside(own))) == (5, 1)

    WAYS[way](Membership.objects.select_related("group", "user").get(user=people[0]))

    assert (missed.of(exam).people, missed.of(exam).hardest) == (4, [])
    assert (standing.domains_of(exam.group).people, standing.domains_of(exam.group).lines) == (4, [])
    assert (len(standing.results_of(exam.group)), comparison.beside(own)) == (4, [])


def test_item_met_before_the_form_says_nothing_of_the_group(exam: GroupExam) -> None:
    people = members(exam.group, 5, Share.DOMAINS, right=0)
    first = missed.of(exam).hardest[0]
    form_item = exam.exam_form.form_items.get(position=first.position)
    session = PracticeSession.objects.create(
        user=people[0], title="Drill", mode="tutor", source="all", started_at=NOW - timedelta(days=1)
    )
    PracticeItem.objects.create(
        session=session, position=1, item=form_item.item, version=form_item.version, option_order="1234",
        shown_at=NOW - timedelta(days=1),
    )  # fmt: skip

    assert first.position not in missed.of(exam).tallies
    PracticeItem.objects.update(shown_at=NOW + timedelta(minutes=30))
    assert first.position in missed.of(exam).tallies


def test_session_takes_the_same_statements_for_few_and_many(exam: GroupExam) -> None:
    counts = []
    for name, number in (("few", 5), ("many", 4)):
        members(exam.group, number, Share.SCORES, name=name)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            missed.of(exam)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 6


# --- The group page -------------------------------------------------------------------------------------------------


def test_activity_tells_days_in_words_of_those_who_show_them(group: StudyGroup) -> None:
    # NOW is a Monday; Sunday was last week.
    practise(group.owner, NOW - timedelta(days=1), NOW)
    for name, share in (("bob", Share.NOTHING), ("charlie", Share.PRACTICE), ("dora", Share.DOMAINS)):
        join_group(group, make_user(name), share=share)
    practise(User.objects.get(name="Bob"), NOW)
    practise(User.objects.get(name="Dora"), NOW, NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1))

    found = activity.of(group, now=NOW + timedelta(days=2))

    assert [(line.name, line.in_words) for line in found.lines] == [("Alice", "on one day"), ("Dora", "on two days")]
    assert found.sharers == 3


def test_day_is_the_members_own(group: StudyGroup) -> None:
    User.objects.update(time_zone="Pacific/Auckland")
    group.owner.refresh_from_db()
    # Sunday evening in UTC is Monday in Auckland.
    practise(group.owner, NOW.replace(hour=12) - timedelta(days=1))

    assert [line.days for line in activity.of(group, now=NOW).lines] == [1]


def practise(user: User, *at: datetime) -> None:
    version = ItemVersion.objects.select_related("item").all()
    session = PracticeSession.objects.create(user=user, title="Drill", mode="tutor", source="all", started_at=NOW)
    for place, (moment, one) in enumerate(zip(at, version, strict=False), start=1):
        PracticeItem.objects.create(
            session=session, position=place, item=one.item, version=one, option_order="1234", chosen=1,
            shown_at=moment, answered_at=moment,
        )  # fmt: skip


@pytest.mark.parametrize("count", [4, 5])
def test_plans_are_counted_from_five_people_on(group: StudyGroup, count: int) -> None:
    people = [group.owner, *(make_user(f"person-{n}") for n in range(count - 1))]
    for user in people[1:]:
        join_group(group, user)
    join_group(group, make_user("hidden"), share=Share.NOTHING)
    for user in [*people, User.objects.get(name="Hidden")]:
        planning.make(user=user, exam_on=NOW.date() + timedelta(days=42), hours_per_week=6, now=NOW)
    later = NOW + timedelta(days=8)
    PlanTask.objects.filter(plan__user__in=people[:2]).update(done_at=NOW)

    found = standing.plans_of(group, now=later)

    assert found == standing.Plans(count, 2 if count >= 5 else None)


def test_being_on_the_plan_is_what_the_plans_own_page_says(group: StudyGroup) -> None:
    people = [make_user(f"person-{n}") for n in range(4)]
    for user in people:
        planning.make(user=user, exam_on=NOW.date() + timedelta(days=42), hours_per_week=6, now=NOW)
    User.objects.filter(pk=people[3].pk).update(time_zone="Pacific/Auckland")
    PlanTask.objects.filter(plan__user=people[0]).update(done_at=NOW)
    sit(people[1])

    for days in (0, 6, 7, 8, 30, 42):
        now = NOW + timedelta(days=days)
        everybody = list(User.objects.filter(pk__in=[user.pk for user in people]))
        pages = {user.pk: planning.overview(user=user, now=now) for user in everybody}
        expected = {pk: page.catch_up is None for pk, page in pages.items() if page and page.days_left > 0}
        assert (days, planning.keeping_up(users=everybody, now=now)) == (days, expected)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "is over"),
        (0, "is today"),
        (1, "is tomorrow"),
        (13, "is in 13 days"),
        (14, "is in 2 weeks"),
        (27, "is in 3 weeks"),
    ],
)
def test_time_to_the_exam_is_said_in_words(days: int, said: str) -> None:
    assert standing.weeks_left(NOW.date() + timedelta(days=days), NOW.date()) == said


@given(
    shares=st.lists(
        st.tuples(st.integers(1, 4), st.floats(0, 1)).map(lambda pair: (pair[0], f"Domain {pair[0]}", pair[1])),
        max_size=60,
    )
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_domain_is_drawn_from_five_people_on_and_its_mean_lies_in_its_interval(
    shares: list[tuple[int, str, float]],
) -> None:
    lines = standing.domain_lines(shares, 0.7)

    people = {number: [share for n, _, share in shares if n == number] for number in range(1, 5)}
    assert [line.name for line in lines] == [f"Domain {n}" for n, found in people.items() if len(found) >= 5]
    for line in lines:
        assert line.interval.low - 1e-9 <= line.share <= line.interval.high + 1e-9
        assert line.chart.low <= line.chart.dot <= line.chart.high


def test_domains_count_persons_with_their_newest_mock(exam: GroupExam) -> None:
    people = members(exam.group, 5, Share.DOMAINS, right=0)
    members(exam.group, 3, Share.PRACTICE, name="quiet", right=20)
    assert {line.share for line in standing.domains_of(exam.group).lines} == {0}

    second = start(people[0], now=NOW + timedelta(days=1))
    answer_all(second, right=20)
    ended = attempts.submit(user=people[0], public_id=second.public_id, now=NOW + timedelta(days=1, hours=1))
    scoring.ensure_scored(attempt=ended, now=LATER)

    found = standing.domains_of(exam.group)
    assert found.people == 5
    assert {line.share for line in found.lines} == {0.2}


def test_results_are_those_of_members_who_show_them_in_order_of_names(exam: GroupExam) -> None:
    members(exam.group, 2, Share.SCORES, name="zoe", right=20)
    members(exam.group, 1, Share.SCORES, name="bob", right=3)
    members(exam.group, 2, Share.DOMAINS, name="quiet", right=20)

    assert [(one.name, one.score.raw) for one in standing.results_of(exam.group)] == [
        ("Bob-0", 3), ("Zoe-0", 20), ("Zoe-1", 20),
    ]  # fmt: skip


def test_group_page_takes_the_same_statements_for_few_and_many(exam: GroupExam, client: Client) -> None:
    client.force_login(exam.group.owner)
    client.get(f"/groups/{exam.group.public_id}/")
    counts = []
    for name, number in (("few", 5), ("many", 4)):
        for user in members(exam.group, number, Share.SCORES, name=name):
            planning.make(user=user, exam_on=NOW.date() + timedelta(days=42), hours_per_week=6, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/groups/{exam.group.public_id}/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30


# --- Beside one's own report ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("showing", "quiet", "told"), [(4, 3, False), (5, 0, True)])
def test_report_tells_the_middle_of_five_others_who_show_their_scores(
    client: Client, group: StudyGroup, showing: int, quiet: int, told: bool
) -> None:
    for n in range(showing):
        members(group, 1, Share.SCORES, name=f"open{n}", right=10 + n)
    members(group, quiet, Share.DOMAINS, name="quiet", right=20)
    make_group(group.owner, name="An empty group")
    own = sit(group.owner, right=19)
    client.force_login(group.owner)

    page = client.get(f"/attempts/{own.public_id}/report/").content.decode()

    assert comparison.beside(own) == ([comparison.Beside("Evening group", 5, 11, 12, 13)] if told else [])
    assert ("The middle of 5 others had 12; half of them lie between 11 and 13." in page) == told


def test_comparison_is_of_the_same_form_and_of_groups_one_is_in(exam: GroupExam) -> None:
    people = members(exam.group, 6, Share.SCORES, right=12)
    stranger, own = make_user("stranger"), Attempt.objects.get(user=people[0])
    assert [one.people for one in comparison.beside(own)] == [5]

    asking = join_group(exam.group, stranger, asked=True)
    assert comparison.beside(sit(stranger)) == []
    groups.admit(group=exam.group, asking=asking, now=LATER)
    assert [one.people for one in comparison.beside(Attempt.objects.get(user=stranger))] == [6]
    second = start(people[0], now=LATER)
    answer_all(second, right=3)
    ended = attempts.submit(user=people[0], public_id=second.public_id, now=LATER)
    scoring.ensure_scored(attempt=ended, now=LATER)
    assert second.exam_form.published_number is None
    assert comparison.beside(ended) == []
    assert Score.objects.count() == 8
