"""The bank that comes with the site: it loads, fills every form exactly, and is as the writing rules demand."""

from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from exams import attempts, pools
from exams.assembly import DrawnForm, Pool, draw
from exams.models import ExamForm
from exams.shipped import BANK
from questions import bank_format, bank_yaml, similarity
from questions.bank_format import Entry
from questions.models import Domain
from questions.samples import public_samples
from tests.factories import make_user, start

SCORED = [5, 7, 16, 6, 5, 24, 16, 20, 13, 18]
PILOT = [2, 2, 5, 2, 1, 7, 5, 6, 4, 6]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    parsed = [bank_format.parse_file(path) for path in bank_format.files_in([BANK])]
    assert [problem for _, problems in parsed for problem in problems] == []
    return [entry for found, _ in parsed for entry in found]


def load_content() -> str:
    output = StringIO()
    call_command("load_content", stdout=output)
    return output.getvalue()


def assert_is_a_form(drawn: DrawnForm, pool: Pool) -> set[str]:
    counts = Counter((place.domain, place.is_scored) for place in drawn.places)
    codes = {place.code for place in drawn.places}
    assert [counts[domain, True] for domain in range(1, 11)] == SCORED
    assert [counts[domain, False] for domain in range(1, 11)] == PILOT
    assert len(codes) == 170
    assert not any(pool.enemies_of.get(code, frozenset()) & codes for code in codes)
    return codes


@pytest.mark.django_db
def test_three_forms_without_a_shared_item_on_every_seed() -> None:
    """One person's three mocks, each drawn fresh-first from what is left: nothing is left over and nothing repeats."""
    load_content()
    bank = pools.load().pool

    for n in range(300):
        exposure: tuple[str, ...] = ()
        for nth in range(3):
            pool = replace(bank, exposure=exposure)
            drawn = draw(pool, f"seed {n} form {nth}")
            codes = assert_is_a_form(drawn, pool)
            assert drawn.reused == ()
            exposure += tuple(sorted(codes))
        assert len(set(exposure)) == 510


@pytest.mark.django_db
def test_published_forms_on_every_seed_leave_a_whole_third_form() -> None:
    load_content()
    bank = pools.load().pool

    for n in range(300):
        pool, taken = bank, set()
        for nth in range(3):
            taken |= assert_is_a_form(draw(pool, f"seed {n} published {nth}"), pool)
            pool = replace(bank, candidates=tuple(c for c in bank.candidates if c.code not in taken))
        assert len(taken) == 510


@pytest.mark.django_db
def test_fourth_fresh_form_is_refused_with_what_every_domain_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    load_content()
    alice = make_user()
    for _ in range(3):
        attempt = start(alice)
        attempts.abandon(user=alice, public_id=attempt.public_id, now=attempt.started_at)
    forms = list(ExamForm.objects.filter(attempts__user=alice).order_by("pk"))
    codes = [code for form in forms for code in form.form_items.values_list("item__code", flat=True)]

    assert [form.title for form in forms] == ["Form A", "Form B", "Personal form"]
    assert len(set(codes)) == len(codes) == 510
    with pytest.raises(CommandError) as refused:
        call_command("assemble_form", "--seed", "fourth", "--user", alice.email, "--fresh-only")
    for domain, scored, pilot in zip(Domain.objects.order_by("number"), SCORED, PILOT, strict=True):
        assert f"{domain.name} lacks {scored} of {scored} scored items" in str(refused.value)
        assert f"{domain.name} lacks {pilot} of {pilot} pilot items" in str(refused.value)


@pytest.mark.django_db
def test_loading_twice_changes_nothing_and_two_forms_are_there() -> None:
    load_content()
    forms = list(ExamForm.objects.order_by("pk"))
    said = load_content()

    assert list(ExamForm.objects.order_by("pk")) == forms
    assert [form.title for form in forms] == ["Form A", "Form B"]
    assert "0 new, 0 changed, 541 unchanged" in said


def test_bank_has_the_items_of_three_forms_and_samples_for_each_domain(entries: list[Entry]) -> None:
    counts = Counter((entry.code.split("-")[0], entry.status) for entry in entries)
    domains = ["PROC", "PM", "OPS", "COMM", "EDU", "IM", "IT", "SYS", "CE", "MII"]

    assert [counts[domain, "operational"] for domain in domains] == [3 * quota for quota in SCORED]
    assert [counts[domain, "pilot"] for domain in domains] == [3 * quota for quota in PILOT]
    assert all(counts[domain, "sample"] >= 3 for domain in domains)
    assert sum(counts[domain, "sample"] for domain in domains) >= 31
    assert sum(bool(e.content.exhibit_kind) for e in entries if e.status != "sample") >= 51


def test_ledger_covers_the_outline_and_has_points_to_spare() -> None:
    ledger = bank_yaml.read(BANK / "ledger.yaml")

    assert len(ledger) >= 590
    assert len({row["task"] for row in ledger}) == 39
    assert len({row["topic"] for row in ledger}) >= 300


@pytest.mark.django_db
def test_public_samples_are_one_for_each_domain() -> None:
    load_content()

    names = [sample.domain_name for sample in public_samples()]
    assert len(names) == len(set(names)) == 10


def test_every_option_has_a_real_rationale_and_every_reference_a_place(entries: list[Entry]) -> None:
    short = [
        (entry.code, option.text)
        for entry in entries
        for option in entry.content.options
        if len(option.rationale.split()) < (12 if option.is_key else 8)
    ]
    assert short == []
    assert all(reference["locator"] for entry in entries for reference in entry.content.references)


def test_checked_references_say_where_and_what_was_read(entries: list[Entry]) -> None:
    bad = [
        entry.code
        for entry in entries
        for reference in entry.content.references
        if reference.get("checked") and not (reference.get("checked_in") and reference.get("says"))
    ]
    assert bad == []


def test_ledger_holds_each_item_s_point_and_no_point_twice(entries: list[Entry]) -> None:
    ledger = bank_yaml.read(BANK / "ledger.yaml")
    of_items = {
        row["item"]: (row["task"], row["topic"], row["point"], row["status"], row["cognitive"])
        for row in ledger
        if row["status"] != "spare"
    }

    assert of_items == {
        e.code: (e.content.task, e.content.topic, e.content.point, e.status, e.content.cognitive) for e in entries
    }
    assert all(row["source"] and row["locator"] and 1 <= row["key_length_rank"] <= 4 for row in ledger)
    pairs = [(ledger[p.first], ledger[p.second]) for p in similarity.alike([row["point"] for row in ledger], 0.55)]
    # Points of one matched set may say much the same; that is what the set is for.
    of_sets = [row["form_factor"] == "matched-set" == other["form_factor"] for row, other in pairs]
    assert all(of_sets), [(row["point"], other["point"]) for row, other in pairs]


def extremes(entries: list[Entry]) -> tuple[int, int, int]:
    """(items with one longest option, of those the key is longest, the key is the one shortest)."""
    longest = key_longest = key_shortest = 0
    for entry in entries:
        lengths = sorted((len(option.text), option.is_key) for option in entry.content.options)
        if lengths[-1][0] > lengths[-2][0]:
            longest += 1
            key_longest += lengths[-1][1]
        key_shortest += lengths[0][0] < lengths[1][0] and lengths[0][1]
    return longest, key_longest, key_shortest


def test_key_does_not_stand_out_by_length_or_place(entries: list[Entry]) -> None:
    longest, key_longest, key_shortest = extremes(entries)
    places = Counter([option.is_key for option in entry.content.options].index(True) for entry in entries)

    # 25 % and 1.96 standard errors for this many items.
    most = 0.25 + 1.96 * (0.25 * 0.75 / longest) ** 0.5
    assert key_longest / longest <= most
    assert key_shortest / longest <= most
    expected = len(entries) / 4
    assert sum((places[place] - expected) ** 2 / expected for place in range(4)) < 7.81
