"""Builds from the wish to the freeze: what is stored, what refuses, and that stored forms are proved."""

from collections import Counter
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
import pytest_django
from django.db import DatabaseError, IntegrityError, transaction

from exams import exam_forms, form_builds, pools, tasks
from exams.form_problem import Wish
from exams.models import Algorithm, BankSnapshot, BuildState, ExamForm, FormBuild, FormItem
from questions.models import EnemyPair, Item, ItemStatus, ItemVersion, Option
from tests.factories import NOW, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


def build_of(wish: Wish) -> FormBuild:
    build = form_builds.ask(wish=wish, by=make_user("ivy"), now=NOW)
    form_builds.run(build=build, clock=lambda: NOW)
    build.refresh_from_db()
    return build


def freeze(build: FormBuild) -> list[ExamForm]:
    assert build.by
    return form_builds.freeze(build=build, by=build.by, now=NOW)


def codes(exam_form: ExamForm) -> set[str]:
    return set(exam_form.form_items.values_list("item__code", flat=True))


def next_version(item: Item, **changes: Any) -> None:
    """Publish a copy of the published version."""
    old = item.published_version
    assert old
    options = list(old.options.all())
    fields = {f.attname: getattr(old, f.attname) for f in ItemVersion._meta.concrete_fields if f.attname != "id"}
    new = ItemVersion.objects.create(**fields | {"number": old.number + 1} | changes)
    Option.objects.bulk_create(
        Option(version=new, position=o.position, text=o.text, is_key=o.is_key, rationale=o.rationale) for o in options
    )
    Item.objects.filter(pk=item.pk).update(published_version=new)


def test_proposal_is_stored_and_publishes_nothing() -> None:
    make_bank(forms=3)
    publish_form_a()

    build = build_of(Wish(2))

    assert (build.state, build.message) == (BuildState.PROPOSED, "Every rule holds. Nothing is published yet.")
    assert build.result
    assert [len(form["codes"]) for form in build.result["forms"]] == [30, 30]
    assert ExamForm.objects.published().count() == 1


def test_freeze_publishes_the_proposal_under_the_next_numbers() -> None:
    outline = make_bank(forms=3)
    form_a = publish_form_a()
    build = build_of(Wish(2))

    published = freeze(build)

    build.refresh_from_db()
    assert (build.state, build.frozen_at, build.frozen_by) == (BuildState.FROZEN, NOW, build.by)
    assert [str(exam_form) for exam_form in published] == ["Form B", "Form C"]
    assert build.result
    assert [codes(exam_form) for exam_form in published] == [set(form["codes"]) for form in build.result["forms"]]
    for exam_form in published:
        assert (exam_form.outline, exam_form.practice_cut) == (outline, outline.practice_cut)
        assert (exam_form.get_algorithm_display(), exam_form.build) == ("balanced by integer programming", build)
        assert (exam_form.reused_count, exam_form.drawn_for) == (0, None)
    assert all(not first & second for first, second in combinations(map(codes, [form_a, *published]), 2))


def test_frozen_form_is_sat_like_any_other() -> None:
    make_bank()
    freeze(build_of(Wish(1)))

    attempt = start(make_user())

    assert attempt.exam_form.title == "Form A"
    assert attempt.responses.count() == 30


def test_overlap_is_counted_as_reuse() -> None:
    make_bank()
    publish_form_a()

    (form_b,) = freeze(build_of(Wish(1, overlap=30)))

    assert form_b.reused_count == 30
    assert exam_forms.disproofs(form_b) == []


def test_drawn_and_solved_forms_are_proved_from_what_is_stored() -> None:
    make_bank(forms=3)
    form_a = publish_form_a()
    published = freeze(build_of(Wish(2)))
    Item.objects.update(status=ItemStatus.RETIRED)

    assert [exam_forms.disproofs(exam_form) for exam_form in [form_a, *published]] == [[], [], []]


@pytest.mark.parametrize("what", ["item", "place", "options"])
def test_a_form_that_was_tampered_with_is_disproved(what: str) -> None:
    make_bank(forms=2)
    (exam_form,) = freeze(build_of(Wish(1)))
    first, second = exam_form.form_items.all()[:2]
    outside = Item.objects.exclude(code__in=codes(exam_form)).first()
    assert outside
    first.delete()
    copy = FormItem(
        exam_form=exam_form,
        position=999 if what == "place" else first.position,
        item=outside if what == "item" else first.item,
        version=first.version,
        is_scored=first.is_scored,
        option_order=first.option_order[::-1] if what == "options" else first.option_order,
    )
    copy.save()

    assert exam_forms.disproofs(exam_form) != []
    assert second.exam_form == exam_form


def test_redraw_is_for_drawn_forms() -> None:
    make_bank()
    (exam_form,) = freeze(build_of(Wish(1)))

    with pytest.raises(ValueError, match="was not drawn but balanced by integer programming"):
        exam_forms.redraw(exam_form)


def test_snapshot_that_is_not_the_one_solved_is_disproved() -> None:
    make_bank(forms=2)
    (exam_form,) = freeze(build_of(Wish(1)))
    other = BankSnapshot.objects.create(digest="other", content={**exam_form.snapshot.content, "names": []})
    exam_form.snapshot = other

    assert "the recorded bank is not the one that the form was made from" in exam_forms.disproofs(exam_form)


def refused(build: FormBuild) -> list[str]:
    before = ExamForm.objects.count()
    with pytest.raises(form_builds.Refused) as caught:
        freeze(build)
    assert ExamForm.objects.count() == before
    return caught.value.reasons


def chosen_item(build: FormBuild, n: int = 0) -> Item:
    assert build.result
    return Item.objects.get(code=build.result["forms"][0]["codes"][n])


def test_freeze_refuses_an_item_that_was_retired() -> None:
    make_bank(forms=2)
    build = build_of(Wish(1))
    item = chosen_item(build)
    Item.objects.filter(pk=item.pk).update(status=ItemStatus.RETIRED)

    assert refused(build) == [f"{item} can no longer be drawn: it is retired, or no item of the current outline."]
    build.refresh_from_db()
    assert (build.state, build.frozen_at) == (BuildState.PROPOSED, None)


def test_freeze_refuses_an_item_that_has_a_new_version() -> None:
    make_bank(forms=2)
    build = build_of(Wish(1))
    item = chosen_item(build)
    next_version(item)

    assert refused(build) == [f"{item} has changed: version 2 is published, the proposal holds version 1."]


def test_freeze_refuses_an_item_that_was_promoted() -> None:
    make_bank(forms=2)
    build = build_of(Wish(1))
    assert build.result
    item = Item.objects.filter(code__in=build.result["forms"][0]["codes"], status=ItemStatus.PILOT).first()
    assert item
    Item.objects.filter(pk=item.pk).update(status=ItemStatus.OPERATIONAL)

    (reason,) = refused(build)
    assert reason.startswith(f"{item} now stands under Domain ")
    assert ", scored instead of Domain " in reason


def test_freeze_refuses_items_that_became_enemies() -> None:
    make_bank(forms=2)
    build = build_of(Wish(1))
    first, second = sorted((chosen_item(build), chosen_item(build, 1)), key=lambda item: item.pk)
    EnemyPair.objects.create(first=first, second=second)

    assert refused(build) == [f"Form 1: {first} and {second} may not share a form."]


def test_freeze_refuses_what_a_form_published_since_holds() -> None:
    make_bank(forms=1)
    build = build_of(Wish(1))
    publish_form_a()

    assert refused(build) == ["Form 1 shares 30 items with published form 1, at most 0."]


def test_freeze_refuses_another_outline_s_quotas() -> None:
    outline = make_bank(forms=2)
    build = build_of(Wish(1))
    outline.scored_count += 1
    outline.save(update_fields=["scored_count"])

    assert refused(build)[0].startswith("Form 1, Domain ")


def test_freeze_lets_pass_what_does_not_concern_the_forms() -> None:
    make_bank(forms=3)
    build = build_of(Wish(1))
    assert build.result
    others = Item.objects.exclude(code__in=build.result["forms"][0]["codes"])
    Item.objects.filter(pk=others[0].pk).update(status=ItemStatus.RETIRED)
    next_version(others[1], predicted_p=0.1)

    assert [str(exam_form) for exam_form in freeze(build)] == ["Form A"]


def test_freeze_twice_publishes_once() -> None:
    make_bank(forms=2)
    build = build_of(Wish(1))
    freeze(build)

    assert refused(build)[0].startswith("There is nothing to freeze")
    assert ExamForm.objects.count() == 1


def test_impossible_wish_is_answered_and_proposes_nothing() -> None:
    make_bank()

    build = build_of(Wish(2))

    assert (build.state, build.message) == (BuildState.INFEASIBLE, "The bank is too small for this wish.")
    assert build.result
    assert "1 form instead of 2 can be built as asked." in build.result["reliefs"]
    assert refused(build)[0].startswith("There is nothing to freeze")


def test_time_limit_is_answered_honestly(settings: pytest_django.Settings) -> None:
    settings.FORM_BUILD_SECONDS = 0
    make_bank()

    build = build_of(Wish(1))

    assert build.state == BuildState.FAILED
    assert build.message.startswith("In 0 seconds no forms were found, and it was not proved either")


def test_build_without_an_outline_fails_with_words() -> None:
    build = build_of(Wish(1))

    assert (build.state, build.message) == (
        BuildState.FAILED,
        "No outline is current. Run `manage.py load_content` first.",
    )


def test_fault_ends_the_build_and_is_raised() -> None:
    make_bank()
    build = FormBuild.objects.create(wish={"forms": 1, "wings": 2}, asked_at=NOW, heard_at=NOW)

    with pytest.raises(TypeError):
        form_builds.run(build=build, clock=lambda: NOW)

    build.refresh_from_db()
    assert build.state == BuildState.FAILED
    assert build.message.startswith("The search broke off by a fault of this site")


def test_second_runner_finds_nothing_to_do() -> None:
    make_bank()
    build = build_of(Wish(1))
    before = FormBuild.objects.values().get()

    form_builds.run(build=build, clock=lambda: NOW)
    tasks.build_forms(build.pk)
    tasks.build_forms(build.pk + 1)

    assert FormBuild.objects.values().get() == before


def test_silent_search_is_taken_up_again_by_the_sweep() -> None:
    make_bank()
    build = form_builds.ask(wish=Wish(1), by=make_user("ivy"), now=NOW)
    FormBuild.objects.filter(pk=build.pk).update(state=BuildState.RUNNING)
    patience = form_builds.patience()

    assert list(form_builds.lost(now=NOW + patience)) == []
    assert list(form_builds.lost(now=NOW + patience + timedelta(seconds=1))) == [build]
    # The sweep's clock is the real one, years after or before the build's: make it silent for long.
    FormBuild.objects.filter(pk=build.pk).update(heard_at=NOW - timedelta(days=3650))
    tasks.sweep_attempts()

    build.refresh_from_db()
    assert build.state == BuildState.PROPOSED


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "elsewhere"},
        {"done": 2, "total": 1},
        {"state": BuildState.PROPOSED},
        {"state": BuildState.FROZEN},
        {"frozen_at": NOW},
        {"wish": {"forms": 6}},
    ],
)
def test_database_refuses_what_no_build_may_be(fields: dict[str, Any]) -> None:
    build = form_builds.ask(wish=Wish(1), by=make_user("ivy"), now=NOW)

    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        FormBuild.objects.filter(pk=build.pk).update(**fields)


def test_database_refuses_a_solved_form_without_a_build() -> None:
    make_bank()
    form = publish_form_a()

    with pytest.raises(IntegrityError), transaction.atomic():
        ExamForm.objects.filter(pk=form.pk).update(algorithm=Algorithm.SOLVED)


def test_forms_after_the_twenty_sixth_have_two_letters() -> None:
    titles = [ExamForm(published_number=number).title for number in (1, 26, 27, 52, 53, 702, 703)]

    assert titles == ["Form A", "Form Z", "Form AA", "Form AZ", "Form BA", "Form ZZ", "Form AAA"]


def test_keys_and_order_of_a_solved_form_are_scattered_as_in_a_draw() -> None:
    make_bank(scored_count=130, pilot_count=40)
    (exam_form,) = freeze(build_of(Wish(1)))

    orders = Counter(exam_form.form_items.values_list("option_order", flat=True))
    flags = list(exam_form.form_items.values_list("is_scored", flat=True))

    assert len(orders) == 24
    assert 8 <= flags[:85].count(False) <= 32
    assert list(exam_form.form_items.values_list("position", flat=True)) == list(range(1, 171))
    assert pools.in_published_forms() == codes(exam_form)
