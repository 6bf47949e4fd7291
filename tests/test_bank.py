"""The bank that comes with the site: it loads, fills every form exactly, and is as the writing rules demand."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from exams import exam_forms, pools
from exams.assembly import draw
from exams.models import ExamForm
from exams.shipped import BANK
from questions import bank_format, bank_yaml, similarity
from questions.bank_format import Entry
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


@pytest.mark.django_db
def test_a_thousand_seeds_fill_every_quota_without_repeat_or_enemies() -> None:
    load_content()
    pool = pools.load().pool

    for n in range(1000):
        form = draw(pool, f"seed {n}")
        counts = Counter((place.domain, place.is_scored) for place in form.places)
        codes = {place.code for place in form.places}
        assert [counts[domain, True] for domain in range(1, 11)] == SCORED
        assert [counts[domain, False] for domain in range(1, 11)] == PILOT
        assert len(codes) == 170
        assert not any(pool.enemies_of.get(code, frozenset()) & codes for code in codes)


@pytest.mark.django_db
def test_loading_twice_changes_nothing_and_form_a_is_there() -> None:
    load_content()
    form = ExamForm.objects.get()
    said = load_content()

    assert (ExamForm.objects.get(), form.title) == (form, "Form A")
    assert "0 new, 0 changed, 215 unchanged" in said


@pytest.mark.django_db
def test_second_mock_of_the_small_bank_is_a_personal_form_that_says_what_it_reuses() -> None:
    load_content()
    alice = make_user()

    first = start(alice)
    first.status, first.ending, first.finished_at = "abandoned", "abandoned", first.started_at
    first.save()
    second = start(alice)

    assert (first.exam_form.title, second.exam_form.title) == ("Form A", "Personal form")
    # 34 items are unseen; where two of them are a matched pair, one has to wait.
    assert 170 - 34 <= second.exam_form.reused_count <= 170 - 25
    assert exam_forms.redraw(second.exam_form).reused != ()


def test_bank_has_the_items_of_a_form_and_a_fifth(entries: list[Entry]) -> None:
    statuses = Counter(entry.status for entry in entries)

    assert statuses == {"operational": 156, "pilot": 48, "sample": 11}
    assert sum(bool(entry.content.exhibit_kind) for entry in entries) >= 12


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
