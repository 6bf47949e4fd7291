"""The figures of a bank, each on a small bank where it can be worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions import bank_metrics, guessing, similarity
from questions.bank_format import Entry
from questions.bank_metrics import Checked, Metric
from questions.content import ItemContent, OptionContent, Waiver
from questions.guessing import Question
from questions.linting import Severity

WORDS = "archive router cache display gateway series study order report header image worklist modality viewer".split()  # noqa: SIM905


def content(number: int, texts: tuple[str, ...] = ("aaaa", "bbbb", "cccc", "dddd"), key: int = 0) -> ItemContent:
    # Two words of its own make every stem unlike the others.
    return ItemContent(
        task="IM-1",
        cognitive="recall",
        order="shuffle",
        stem=f"Does w{number}x know w{number}y?",
        options=tuple(OptionContent(text, "because", n == key) for n, text in enumerate(texts)),
        references=({"source": "PS3.4", "locator": "C"},),
    )


def entry(number: int, item: ItemContent | None = None, **changes: Any) -> Entry:
    base = Entry("IM-1.yaml", number, f"IM-{number:04d}", "operational", item or content(number), "", ())
    return replace(base, **changes)


def metric(checked: Checked, name: str) -> Metric:
    [found] = [metric for metric in checked.metrics if metric.name.startswith(name)]
    return found


def check(*entries: Entry) -> Checked:
    return bank_metrics.check(entries, {("IM", True): 2, ("IM", False): 1})


def test_longest_key_counts_only_where_one_option_is_longest() -> None:
    checked = check(
        entry(1, content(1, ("aaaaaaaaaaaaa", "bbbbbbbb", "cccc", "dddd"), key=0)),
        entry(2, content(2, ("aaaaaaaaa", "bbbbbbbb", "cccc", "dddd"), key=1)),
        entry(3, content(3, ("aaaaaaaa", "bbbbbbbb", "cccc", "dddd"), key=1)),
    )

    strictly, visibly = metric(checked, "key is strictly the longest"), metric(checked, "key is visibly the longest")
    assert (strictly.value, strictly.n) == (0.5, 2)
    assert (visibly.value, visibly.n) == (1.0, 1)
    # 25 % and 1.96 standard errors for one case.
    assert visibly.target == "≤ 109.9 %"


def test_visibly_shortest_key_needs_a_tenth_and_four_characters() -> None:
    checked = check(
        entry(1, content(1, ("aaaa", "bbbbbbbb", "cccccccc", "dddddddd"), key=0)),
        entry(2, content(2, ("aaaaa", "bbbbbbbb", "cccccccc", "dddddddd"), key=0)),
        entry(3, content(3, ("a" * 45, "b" * 49, "c" * 49, "d" * 49), key=0)),
    )

    shortest = metric(checked, "key is visibly the shortest")
    assert (shortest.value, shortest.n) == (1.0, 1)


def test_limit_for_510_cases_is_the_published_one() -> None:
    checked = check(*(entry(n, content(n, ("aaaaa", "bbbb", "cccc", "dddd"), key=n % 4)) for n in range(510)))

    assert metric(checked, "key is strictly the longest").target == "≤ 28.8 %"


@pytest.mark.parametrize(("places", "chi_square", "run"), [([0, 1, 2, 3], 0.0, 1), ([0] * 6 + [1, 2], 11.0, 6)])
def test_place_of_the_key(places: list[int], chi_square: float, run: int) -> None:
    checked = check(*(entry(n, content(n, key=place)) for n, place in enumerate(places, start=1)))

    assert metric(checked, "place of the key").value == pytest.approx(chi_square)
    assert metric(checked, "longest run").value == run
    assert metric(checked, "longest run").met == (run <= 5)


def test_mix_of_levels_sets_and_exhibits() -> None:
    exhibit = replace(content(1), exhibit_kind="text", exhibit_body="log", exhibit_title="Log")
    application = replace(content(2), cognitive="application")
    sample = replace(content(5), exhibit_kind="text", exhibit_body="log", exhibit_title="Log")
    checked = check(
        entry(1, exhibit, matched_set="events"),
        entry(2, application, matched_set="events"),
        *map(entry, (3, 4)),
        entry(5, sample, status="sample"),
    )

    assert metric(checked, "recall").value == 0.8
    assert metric(checked, "application").value == 0.2
    # Of the items for forms alone.
    assert metric(checked, "items in matched sets").value == 0.5
    assert metric(checked, "items with an exhibit").value == 0.25


def test_opened_references() -> None:
    opened = replace(
        content(1),
        references=({"source": "A", "locator": "1", "checked": "2026-11-22"}, {"source": "B", "locator": "2"}),
    )
    checked = check(entry(1, opened), entry(2))

    assert metric(checked, "items with a reference").value == 0.5
    assert metric(checked, "references that were opened").value == pytest.approx(1 / 3)


def test_whole_forms_and_what_is_over() -> None:
    checked = check(
        *map(entry, range(1, 6)), entry(6, status="pilot"), entry(7, status="pilot"), entry(8, status="draft")
    )

    assert metric(checked, "whole forms").value == 2
    assert metric(checked, "items beyond or below").value == 1


# --- Near-duplicates ----------------------------------------------------------------------------------------------


def twins() -> tuple[Entry, Entry]:
    one = replace(content(1), stem="Why does the router drop a study that the gateway has sent?")
    return entry(1, one), entry(2, replace(one, stem="Why does the router drop any study that the gateway has sent?"))


def others() -> list[Entry]:
    return [entry(n, replace(content(n), stem=f"Does {word} know w{n}y?")) for n, word in enumerate(WORDS, start=10)]


def test_near_duplicate_is_an_error_at_the_later_item() -> None:
    checked = check(*twins(), *others())

    [(at, finding)] = [(at, finding) for at, finding in checked.findings if finding.rule == "near-duplicate"]
    assert (at.code, finding.severity) == ("IM-0002", Severity.ERROR)
    assert checked.count(Severity.ERROR) > 0
    assert metric(checked, "near-duplicates").met is False


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("change", [{"matched_set": "drops"}, {"enemies": ("IM-0001", "IM-0002")}])
def test_declared_relatives_are_no_near_duplicates(place: int, change: dict[str, Any]) -> None:
    pair = list(twins())
    pair[place] = replace(pair[place], **change)
    if "matched_set" in change:
        pair = [replace(one, **change) for one in pair]

    assert bank_metrics.near_duplicates([*pair, *others()]) == []


def test_judged_pair_stays_in_sight_and_counts_no_more() -> None:
    first, second = twins()
    judged = replace(first, waivers=(Waiver("near-duplicate", "Different steps.", about="IM-0002"),))

    [alike] = bank_metrics.near_duplicates([judged, second, *others()])

    assert (alike.first, alike.second, alike.judged) == ("IM-0001", "IM-0002", "Different steps.")
    found = [f for _, f in check(judged, second, *others()).findings if f.rule == "near-duplicate"]
    assert [finding.counts for finding in found] == [False]


texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=2, max_size=8)


@given(texts)
def test_every_pair_is_compared_once_and_within_0_and_1(some: list[str]) -> None:
    pairs = similarity.alike(some, 0.0001)

    assert all(pair.first < pair.second and 0 < pair.cosine <= 1 + 1e-9 for pair in pairs)
    assert len({(pair.first, pair.second) for pair in pairs}) == len(pairs)


@given(texts)
def test_likeness_does_not_depend_on_the_order_of_words(some: list[str]) -> None:
    def cosines(texts: list[str]) -> dict[tuple[int, int], float]:
        return {(pair.first, pair.second): round(pair.cosine, 9) for pair in similarity.alike(texts, 0.01)}

    assert cosines(some) == cosines([" ".join(sorted(text.split())) for text in some])


# --- Guessing -----------------------------------------------------------------------------------------------------


def test_guesser_finds_a_bank_whose_keys_are_the_longest() -> None:
    bank = [
        Question("What now?", tuple("x" * (9 if place == n % 4 else 4 + n % 3) for place in range(4)), n % 4)
        for n in range(80)
    ]

    assert guessing.combined(bank) == 1.0
    assert guessing.single_cues(bank)["longest"] == 1.0
    assert guessing.single_cues(bank)["shortest"] == 0.0


def test_guesser_finds_no_more_than_chance_where_options_are_alike() -> None:
    bank = [Question("What now?", ("aaaa", "bbbb", "cccc", "dddd"), n % 4) for n in range(80)]

    assert guessing.combined(bank) == 0.25
    assert set(guessing.single_cues(bank).values()) == {0.25}


def test_guesser_finds_a_key_that_alone_repeats_the_stem() -> None:
    bank = [
        Question(
            f"What does the {WORDS[n % 14]} do?",
            tuple(
                f"the {WORDS[n % 14]}" if place == n % 4 else f"one {WORDS[(n + place + 1) % 14]}" for place in range(4)
            ),
            n % 4,
        )
        for n in range(80)
    ]

    assert guessing.single_cues(bank)["shares most with the stem"] == 1.0
    assert guessing.combined(bank) > 0.9
