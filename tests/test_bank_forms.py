"""Parallel forms from the bank that comes with the site, every rule counted anew from the database's rows."""

from collections import Counter, defaultdict
from io import StringIO
from itertools import combinations

import pytest
from django.core.management import call_command

from exams import exam_forms, form_builds
from exams.form_problem import Wish
from exams.models import BuildState, ExamForm, FormBuild, FormItem
from questions.models import EnemyPair, Item, ItemStatus
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db

SCORED = [5, 7, 16, 6, 5, 24, 16, 20, 13, 18]
PILOT = [2, 2, 5, 2, 1, 7, 5, 6, 4, 6]


def published(wish: Wish) -> list[ExamForm]:
    build = form_builds.ask(wish=wish, by=make_user("ivy"), now=NOW)
    form_builds.run(build=build, clock=lambda: NOW)
    build.refresh_from_db()
    assert build.state == BuildState.PROPOSED, (build.message, build.result)
    return form_builds.freeze(build=build, by=make_user("bob"), now=NOW)


@pytest.fixture
def bank() -> None:
    call_command("load_content", stdout=StringIO())


@pytest.fixture
def untouched(bank: None) -> None:
    """The bank before any form was published."""
    ExamForm.objects.all().delete()


def rows(exam_form: ExamForm) -> list[FormItem]:
    return list(exam_form.form_items.select_related("item", "version__task__domain"))


def codes(exam_form: ExamForm) -> set[str]:
    return {row.item.code for row in rows(exam_form)}


def assert_is_a_form(exam_form: ExamForm) -> None:
    found = rows(exam_form)
    counts = Counter((row.version.task.domain.number, row.is_scored) for row in found)
    assert [counts[domain, True] for domain in range(1, 11)] == SCORED
    assert [counts[domain, False] for domain in range(1, 11)] == PILOT
    assert len(codes(exam_form)) == 170
    assert all(row.version_id == row.item.published_version_id for row in found)
    assert all((row.item.status == ItemStatus.OPERATIONAL) == row.is_scored for row in found)
    assert [row.position for row in found] == list(range(1, 171))
    sets = Counter(row.item.matched_set for row in found if row.item.matched_set)
    assert set(sets.values()) <= {1}
    items = {row.item_id for row in found}
    assert not EnemyPair.objects.filter(first__in=items, second__in=items).exists()


def assert_are_parallel(forms: list[ExamForm], *, tolerance: float, spread: int) -> None:
    levels: dict[str, list[int]] = defaultdict(list)
    means = []
    for exam_form in forms:
        scored = [row.version for row in rows(exam_form) if row.is_scored]
        predicted = [version.predicted_p for version in scored if version.predicted_p is not None]
        means.append(sum(predicted) / len(predicted))
        for level in ("recall", "application", "analysis"):
            levels[level].append(sum(version.cognitive == level for version in scored))
    assert max(means) - min(means) <= tolerance
    assert all(max(counts) - min(counts) <= spread for counts in levels.values())


@pytest.mark.usefixtures("untouched")
def test_whole_bank_becomes_three_parallel_forms() -> None:
    forms = published(Wish(3))

    for exam_form in forms:
        assert_is_a_form(exam_form)
        assert exam_forms.disproofs(exam_form) == []
    assert_are_parallel(forms, tolerance=0.02, spread=1)
    assert len(set().union(*map(codes, forms))) == 510
    assert codes(forms[0]) | codes(forms[1]) | codes(forms[2]) == set(
        Item.objects.drawable().values_list("code", flat=True)
    )


@pytest.mark.usefixtures("untouched")
def test_three_forms_within_a_hair_of_each_other() -> None:
    forms = published(Wish(3, tolerance=0.001))

    assert_are_parallel(forms, tolerance=0.001, spread=1)


@pytest.mark.usefixtures("bank")
def test_third_form_is_built_from_what_two_left() -> None:
    (form_c,) = published(Wish(1))

    assert_is_a_form(form_c)
    assert (form_c.title, form_c.reused_count) == ("Form C", 0)
    assert all(len(codes(form_c) & codes(other)) == 0 for other in ExamForm.objects.exclude(pk=form_c.pk))


@pytest.mark.usefixtures("bank")
def test_stated_overlaps_are_kept() -> None:
    earlier = list(ExamForm.objects.published())

    forms = published(Wish(4, overlap=90, shared=30))

    for exam_form in forms:
        assert_is_a_form(exam_form)
        assert all(len(codes(exam_form) & codes(other)) <= 90 for other in earlier)
    assert all(len(codes(first) & codes(second)) <= 30 for first, second in combinations(forms, 2))
    assert_are_parallel(forms, tolerance=0.02, spread=1)


@pytest.mark.usefixtures("bank")
def test_second_fresh_form_is_answered_with_what_the_bank_lacks() -> None:
    build = form_builds.ask(wish=Wish(2), by=make_user("ivy"), now=NOW)
    form_builds.run(build=build, clock=lambda: NOW)

    build = FormBuild.objects.get()
    assert build.state == BuildState.INFEASIBLE
    assert build.result
    assert "Procurement, pilots: 2 forms need 4 fresh, the bank has 2." in build.result["lacks"]
    assert len(build.result["lacks"]) == 20
    assert "1 form instead of 2 can be built as asked." in build.result["reliefs"]
