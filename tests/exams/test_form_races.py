"""Freezes that set off together: one wins, the other is told, and no two published forms share an item."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError

from accounts.models import User
from exams import form_builds
from exams.form_problem import Wish
from exams.models import BuildState, ExamForm, FormBuild, FormItem
from questions import workflow
from questions.models import Item, ItemStatus
from tests.exams.test_races import at_once
from tests.factories import NOW, make_bank, make_user, publish_form_a

pytestmark = pytest.mark.django_db(transaction=True)


def proposal(by: User) -> FormBuild:
    build = form_builds.ask(wish=Wish(1), by=by, now=NOW)
    form_builds.run(build=build, clock=lambda: NOW)
    build.refresh_from_db()
    return build


def freezing(build: FormBuild, by: User) -> Callable[[], str]:
    def freeze() -> str:
        try:
            return ", ".join(map(str, form_builds.freeze(build=build, by=by, now=NOW)))
        except form_builds.Refused as error:
            return str(error)

    return freeze


@pytest.mark.parametrize("run", range(5))
def test_a_build_frozen_by_six_at_once_is_published_once(run: int) -> None:
    make_bank(forms=3)
    ivy = make_user("ivy")
    build = proposal(ivy)

    said = at_once(*[freezing(build, ivy)] * 6)

    assert said.count("Form A") == 1
    assert sum(words.startswith("There is nothing to freeze") for words in said) == 5
    assert ExamForm.objects.count() == 1


@pytest.mark.parametrize("run", range(5))
def test_two_builds_of_the_same_items_are_not_both_published(run: int) -> None:
    """The bank holds one form: whoever comes second finds its items in use, or the number taken."""
    make_bank()
    ivy, bob = make_user("ivy"), make_user("bob")
    builds = [proposal(ivy), proposal(bob)]

    said = at_once(freezing(builds[0], ivy), freezing(builds[1], bob))

    assert said.count("Form A") == 1
    assert ExamForm.objects.get().form_items.count() == 30
    assert sorted(FormBuild.objects.values_list("state", flat=True)) == [BuildState.FROZEN, BuildState.PROPOSED]


@pytest.mark.parametrize("run", range(5))
def test_freeze_beside_the_command_shares_no_item_and_no_number(run: int) -> None:
    make_bank(forms=2)
    ivy = make_user("ivy")
    build = proposal(ivy)

    def publish() -> str:
        try:
            return str(publish_form_a())
        except IntegrityError:
            return "lost"

    at_once(freezing(build, ivy), publish)

    numbers = list(ExamForm.objects.published().values_list("published_number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers != []
    codes = list(FormItem.objects.values_list("item__code", flat=True))
    assert len(codes) == len(set(codes)) == 30 * len(numbers)


@pytest.mark.parametrize("run", range(5))
def test_item_retired_during_a_freeze_is_in_the_form_or_refuses_it(run: int) -> None:
    """Never a form that was frozen after an item of it was retired."""
    make_bank(forms=2)
    ivy = make_user("ivy")
    ivy.is_superuser = True
    ivy.save(update_fields=["is_superuser"])
    build = proposal(ivy)
    assert build.result
    code = build.result["forms"][0]["codes"][0]

    def retire() -> str:
        workflow.move(items=Item.objects.filter(code=code), to=ItemStatus.RETIRED, by=ivy, reason="wrong", now=NOW)
        return "retired"

    (said, _) = at_once(freezing(build, ivy), retire)

    assert said == "Form A" or said.startswith(f"{code} can no longer be drawn")
    assert ExamForm.objects.exists() == (said == "Form A")
    assert Item.objects.get(code=code).status == ItemStatus.RETIRED
