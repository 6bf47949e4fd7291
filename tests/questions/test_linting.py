"""Each writing rule finds the flaw it is for, and is silent about an item that is free of it."""

from dataclasses import replace
from typing import Any

import pytest

from questions.content import ItemContent, OptionContent, Waiver
from questions.linting import RULES, Finding, Severity, lint

KEY_RATIONALE = "The archive counts as the source of truth here, so that its own log settles which of the two is right."
RATIONALE = "A common mistake: the display keeps what it had, and nothing tells it of the change."
TEXTS = ("Send the study again", "Query the archive first", "Restart the gateway now", "Clear the local cache")


def options(*texts: str, key: int = 1, **rationales: str) -> tuple[OptionContent, ...]:
    return tuple(
        OptionContent(text, rationales.get("abcdefgh"[n], KEY_RATIONALE if n == key else RATIONALE), n == key)
        for n, text in enumerate(texts or TEXTS)
    )


SOUND = ItemContent(
    task="IM-1",
    cognitive="application",
    order="shuffle",
    stem="A viewer shows five series where six were acquired. Which step tells where the sixth was lost?",
    options=options(),
    references=(
        {
            "source": "DICOM PS3.4",
            "locator": "Annex C",
            "checked": "2026-11-22",
            "checked_in": "PS3.4 2024d",
            "says": "A query returns what the archive holds.",
        },
    ),
    point="A query at the archive tells what it holds.",
    exhibit_kind="text",
    exhibit_title="Log",
    exhibit_body="09:14 C-STORE 0000",
    exhibit_alt="A log of one line.",
    predicted_p=0.6,
)


def changed(**changes: Any) -> ItemContent:
    return replace(SOUND, **changes)


def reference(**changes: Any) -> ItemContent:
    return changed(references=({**SOUND.references[0], **changes},))


FLAWS: list[tuple[str, str, ItemContent]] = [
    ("all-or-none", "option d", changed(options=options(*TEXTS[:3], "All of the above"))),
    ("all-or-none", "option d", changed(options=options(*TEXTS[:3], "Both A and B"))),
    ("negative-lead-in", "stem", changed(stem="A study is late. Which of these steps is not needed?")),
    ("negative-lead-in", "stem", changed(stem="All of these help except which?")),
    ("negative-in-capitals", "stem", changed(stem="A study is late. Which step should NOT be taken?")),
    ("rationale-letter", "rationale c", changed(options=options(c="As said at option B, nothing tells it of change."))),
    ("rationale-short", "rationale a", changed(options=options(a="It is wrong for seven words only."))),
    (
        "rationale-short",
        "rationale b",
        changed(options=options(b="It is right; eleven words are too few here now.")),
    ),
    ("reference-place", "references", reference(locator=" ")),
    ("reference-checked", "references", reference(says="")),
    ("absolute-in-distractor", "option d", changed(options=options(*TEXTS[:3], "Clear all local caches"))),
    ("hedge-in-key", "option b", changed(options=options(TEXTS[0], "Query what may be there", *TEXTS[2:]))),
    ("stem-word-in-key", "option b", changed(options=options(TEXTS[0], "Query for lost series", *TEXTS[2:]))),
    (
        "options-uneven",
        "option d",
        changed(options=options(*TEXTS[:3], "Clear the local cache and reread the log")),
    ),
    ("options-style", "option d", changed(options=options(*TEXTS[:3], "Clear the local cache."))),
    ("numbers-in-order", "order", changed(options=options("5 MB", "10 MB", "20 MB", "40 MB"))),
    ("numbers-in-order", "options", changed(order="fixed", options=options("5 MB", "20 MB", "10 MB", "40 MB"))),
    ("stem-question", "stem", changed(stem="The sixth series was lost because of")),
    ("stem-long", "stem", changed(stem="word " * 81 + "why?")),
    ("stock-phrase", "stem", changed(stem="Which of the following finds the series?")),
    ("reader-addressed", "stem", changed(stem="Your viewer shows five series. Where was the sixth lost?")),
    ("passing-time", "stem", changed(stem="Which step is currently used to find a series?")),
    ("markup", "stem", changed(stem="Which <b>step</b> finds the series?")),
    ("markup", "option d", changed(options=options(*TEXTS[:3], "Clear **local** cache"))),
    ("dated-source", "references", reference(source="IEC 80001-1:2010")),
    ("dated-source", "references", reference(source="42 CFR 414.94")),
    ("dated-source", "references", reference(source="NPSG.02.03.01")),
    ("dated-source", "references", reference(source="PMBOK Guide", locator="section 5.4")),
    ("reference-says", "references", reference(says="word " * 13)),
    ("exhibit-wide", "exhibit", changed(exhibit_body="x" * 81)),
    ("exhibit-in-words", "exhibit", changed(exhibit_alt="")),
    ("point-missing", "point", changed(point="")),
    ("facility-guess", "predicted_p", changed(predicted_p=None)),
    ("facility-guess", "predicted_p", changed(predicted_p=0.97)),
    ("reference-unopened", "references", changed(references=({"source": "DICOM PS3.4", "locator": "Annex C"},))),
]

# What looks like a flaw and is none.
SOUND_CASES = [
    changed(stem="The link is up. Which setting explains why the images are not sent?"),
    changed(stem="A study did not arrive, and nobody was told. Which step comes first?"),
    changed(options=options("Send all series", "Query all series", *TEXTS[2:])),
    changed(options=options("Query what may be there", "Send what may be gone", *TEXTS[2:])),
    changed(options=options("Send the lost series", "Query the lost series", *TEXTS[2:])),
    changed(order="fixed", options=options("5 MB", "10 MB", "20 MB", "40 MB")),
    changed(options=options("ADT^A08", "ADT^A03", "ADT^A40", "ADT^A11")),
    changed(options=options("2 times too high", "4 times too low", "4 times too high", "2 times too low")),
    changed(options=options("TCP port 104", "TCP port 22", "TCP port 443", "TCP port 80")),
    changed(options=options(a="An option a viewer may lack; the display keeps what it had and stays silent.")),
    reference(source="PMBOK Guide, 6th edition"),
    changed(stem="word " * 79 + "why?"),
    changed(exhibit_body="x" * 80),
    changed(exhibit_kind="", exhibit_body="", exhibit_alt=""),
]


def found(content: ItemContent) -> list[tuple[str, str]]:
    return [(finding.rule, finding.field) for finding in lint(content)]


def test_sound_item_has_no_findings() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize(
    ("rule", "field", "content"), FLAWS, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(FLAWS)]
)
def test_flaw_is_found_at_its_field(rule: str, field: str, content: ItemContent) -> None:
    assert (rule, field) in found(content)


@pytest.mark.parametrize("content", SOUND_CASES, ids=range(len(SOUND_CASES)))
def test_what_only_looks_like_a_flaw_is_let_be(content: ItemContent) -> None:
    assert found(content) == []


def test_every_rule_has_a_flaw_planted_here() -> None:
    assert {rule for rule, _, _ in FLAWS} == set(RULES)


def test_gravest_findings_come_first() -> None:
    content = changed(point="", stem="Which step is not needed, currently?")

    severities = [finding.severity for finding in lint(content)]

    assert severities == [Severity.ERROR, Severity.WARNING, Severity.INFORMATION]


def test_waiver_keeps_the_finding_in_sight_with_its_reason_and_counts_it_no_more() -> None:
    content = changed(stem="A study is late. Which step should NOT be taken?")

    [finding] = lint(content, [Waiver("negative-in-capitals", "The job is to stop a wrong step.")])

    assert isinstance(finding, Finding)
    assert finding.waived == "The job is to stop a wrong step."
    assert not finding.counts


def test_waiver_of_another_rule_or_field_waives_nothing() -> None:
    content = changed(options=options(*TEXTS[:3], "Clear all local caches"))
    waivers = [Waiver("stem-long", "no"), Waiver("absolute-in-distractor", "no", about="option a")]

    [finding] = lint(content, waivers)

    assert finding.counts
    assert not lint(content, [Waiver("absolute-in-distractor", "It is a fact.", about="option d")])[0].counts
