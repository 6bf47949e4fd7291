"""Checking one item against the writing rules of docs/authoring.md.

A finding names its rule, how grave it is, the field it belongs to and the cure. An item may waive a rule with a reason;
the finding then stays visible and counts no more.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from questions.content import ItemContent, Waiver
from questions.wording import (
    ABSOLUTES,
    ALL_OR_NONE,
    HEDGES,
    STOCK_PHRASES,
    content_words,
    lead_in,
    negative_in,
    number_in,
    word_count,
)

MOST_STEM_WORDS = 80
MOST_WORDS = 125
LEAST_RATIONALE_WORDS = 8
LEAST_KEY_RATIONALE_WORDS = 12
MOST_SAYS_WORDS = 12
WIDEST_LINE = 80
# An option that is this many times and characters longer than another catches the eye.
UNEVEN_RATIO, UNEVEN_CHARACTERS = 1.6, 14
# What a mended source replaced: pattern and cure.
DATED = (
    (r"80001-1[: ]*2010", "IEC 80001-1 is of 2021"),
    (r"\b414\.94\b", "42 CFR 414.94 (appropriate use criteria) is rescinded"),
    (r"\bNPSG\b", "the Joint Commission's NPSG numbers ended with 2025"),
    (r"PMBOK(?!.*(6th|7th|8th|sixth|seventh|eighth))", "PMBOK sections differ by edition; name the edition"),
)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is where it is mended: stem, 'option b', 'rationale b', exhibit, references …"""

    rule: str
    severity: Severity
    field: str
    message: str
    waived: str = ""

    def __str__(self) -> str:
        waived = f" (waived: {self.waived})" if self.waived else ""
        return f"{self.severity}: {self.field}: {self.message} [{self.rule}]{waived}"

    @property
    def counts(self) -> bool:
        return not self.waived


# What a rule yields: the field and what to do there.
Remark = tuple[str, str]
Check = Callable[[ItemContent], Iterator[Remark]]

RULES: dict[str, tuple[Severity, Check]] = {}


def lint(content: ItemContent, waivers: Iterable[Waiver] = ()) -> list[Finding]:
    """All findings about one item, the gravest first, those of waived rules with the reason."""
    findings = [
        Finding(name, severity, field, message)
        for name, (severity, check) in RULES.items()
        for field, message in check(content)
    ]
    waivers = list(waivers)
    order = list(Severity)
    return sorted((waive(finding, waivers) for finding in findings), key=lambda f: order.index(f.severity))


def waive(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    """The finding with the reason of the first waiver that fits; one without `about` fits every field."""
    reasons = (w.reason for w in waivers if w.rule == finding.rule and w.about in ("", finding.field))
    return replace(finding, waived=next(reasons, ""))


def _rule(name: str, severity: Severity) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        RULES[name] = severity, check
        return check

    return register


def _options(content: ItemContent) -> list[tuple[str, str, bool]]:
    """(letter, text, is key)."""
    return [(letter, option.text, option.is_key) for letter, option in zip("abcdefgh", content.options, strict=False)]


# --- Errors: never right ------------------------------------------------------------------------------------------


@_rule("all-or-none", Severity.ERROR)
def _all_or_none(content: ItemContent) -> Iterator[Remark]:
    for letter, text, _ in _options(content):
        if ALL_OR_NONE.search(text):
            yield f"option {letter}", "All, none or two 'of the above' reward counting; write a real fourth answer."


@_rule("negative-lead-in", Severity.ERROR)
def _negative(content: ItemContent) -> Iterator[Remark]:
    word = negative_in(lead_in(content.stem))
    if word and not word.isupper():
        yield "stem", f"The negative '{word}' is overlooked: ask for what is right, or write it in capitals."


@_rule("rationale-letter", Severity.ERROR)
def _rationale_letter(content: ItemContent) -> Iterator[Remark]:
    for letter, option in zip("abcdefgh", content.options, strict=False):
        if found := re.search(r"\b(?:[Oo]ption|[Aa]nswer|[Cc]hoice) \(?[A-Ha-h]\b(?! \w)", option.rationale):
            yield f"rationale {letter}", f"'{found[0]}' misleads once options are shuffled; name what it says."


@_rule("rationale-short", Severity.ERROR)
def _rationale_short(content: ItemContent) -> Iterator[Remark]:
    for letter, option in zip("abcdefgh", content.options, strict=False):
        least = LEAST_KEY_RATIONALE_WORDS if option.is_key else LEAST_RATIONALE_WORDS
        if (words := word_count(option.rationale)) < least:
            yield f"rationale {letter}", f"{words} words teach too little; write at least {least}: error, then truth."


@_rule("reference-place", Severity.ERROR)
def _reference_place(content: ItemContent) -> Iterator[Remark]:
    for reference in content.references:
        if not str(reference.get("source", "")).strip() or not str(reference.get("locator", "")).strip():
            yield "references", "A reference needs its source and the place in it (section, page, table)."


@_rule("reference-checked", Severity.ERROR)
def _reference_checked(content: ItemContent) -> Iterator[Remark]:
    for reference in content.references:
        if reference.get("checked") and not (reference.get("checked_in") and reference.get("says")):
            source = reference.get("source")
            yield "references", f"{source} is dated as checked: say where it was read (checked_in) and what it says."


# --- Warnings: look again -----------------------------------------------------------------------------------------


@_rule("absolute-in-distractor", Severity.WARNING)
def _absolute(content: ItemContent) -> Iterator[Remark]:
    if any(is_key and ABSOLUTES.search(text) for _, text, is_key in _options(content)):
        return
    for letter, text, _ in _options(content):
        if found := ABSOLUTES.search(text):
            yield f"option {letter}", f"'{found[0]}' marks a wrong answer, for the key has no such word; soften it."


@_rule("hedge-in-key", Severity.WARNING)
def _hedge(content: ItemContent) -> Iterator[Remark]:
    hedged = {letter: HEDGES.search(text) for letter, text, _ in _options(content)}
    for letter, _, is_key in _options(content):
        found = hedged[letter]
        if is_key and found and sum(bool(other) for other in hedged.values()) == 1:
            yield f"option {letter}", f"'{found[0]}' stands in the key alone and marks it; hedge others or none."


@_rule("stem-word-in-key", Severity.WARNING)
def _stem_word(content: ItemContent) -> Iterator[Remark]:
    stem = content_words(content.stem)
    elsewhere = {word for _, text, is_key in _options(content) if not is_key for word in content_words(text)}
    for letter, text, is_key in _options(content):
        if is_key and (alone := sorted((content_words(text) & stem) - elsewhere)):
            yield f"option {letter}", f"The key alone repeats the stem's {', '.join(alone)}; say it elsewhere too."


@_rule("options-uneven", Severity.WARNING)
def _uneven(content: ItemContent) -> Iterator[Remark]:
    lengths = {letter: len(text) for letter, text, _ in _options(content)}
    longest, shortest = max(lengths.values()), min(lengths.values())
    if longest > UNEVEN_RATIO * shortest and longest - shortest > UNEVEN_CHARACTERS:
        letter = max(lengths, key=lambda key: lengths[key])
        yield f"option {letter}", f"It has {longest} characters, the shortest {shortest}; make the options alike."


@_rule("options-style", Severity.WARNING)
def _style(content: ItemContent) -> Iterator[Remark]:
    full_stops = [letter for letter, text, _ in _options(content) if text.endswith(".")]
    if 0 < len(full_stops) < len(content.options):
        yield f"option {full_stops[0]}", "Some options end with a full stop and some do not; make them alike."


@_rule("numbers-in-order", Severity.WARNING)
def _numbers(content: ItemContent) -> Iterator[Remark]:
    numbers = [number_in(text) for _, text, _ in _options(content)]
    values = [number[0] for number in numbers if number is not None]
    units = {number[1] for number in numbers if number is not None}
    if len(values) < len(numbers) or len(units) > 1:
        return
    if content.order != "fixed":
        yield "order", "All options are numbers: write `order: fixed`, so that they stay in order."
    if values not in (sorted(values), sorted(values, reverse=True)):
        yield "options", "All options are numbers: put them in order of size."


@_rule("stem-question", Severity.WARNING)
def _question(content: ItemContent) -> Iterator[Remark]:
    if not content.stem.rstrip().endswith("?"):
        yield "stem", "End the stem with a closed question, so that it can be answered with the options covered."


@_rule("stem-long", Severity.WARNING)
def _long(content: ItemContent) -> Iterator[Remark]:
    words = word_count(content.stem)
    total = words + sum(word_count(text) for _, text, _ in _options(content))
    if words > MOST_STEM_WORDS or total > MOST_WORDS:
        yield (
            "stem",
            (
                f"{words} words, {total} with the options, take more than a minute; at most {MOST_STEM_WORDS} and "
                f"{MOST_WORDS}."
            ),
        )


@_rule("stock-phrase", Severity.WARNING)
def _stock_phrase(content: ItemContent) -> Iterator[Remark]:
    if found := STOCK_PHRASES.search(content.stem):
        yield "stem", f"'{found[0]}' asks for nothing certain; ask the question itself."


@_rule("reader-addressed", Severity.WARNING)
def _reader(content: ItemContent) -> Iterator[Remark]:
    if found := re.search(r"\b(you|your)\b", content.stem, re.IGNORECASE):
        yield "stem", f"'{found[0]}': name the person who acts instead of the reader."


@_rule("passing-time", Severity.WARNING)
def _passing_time(content: ItemContent) -> Iterator[Remark]:
    if found := re.search(r"\b(currently|nowadays|recently)\b", content.stem, re.IGNORECASE):
        yield "stem", f"'{found[0]}' grows old; name the version or the year."


@_rule("negative-in-capitals", Severity.WARNING)
def _negative_capitals(content: ItemContent) -> Iterator[Remark]:
    if negative_in(lead_in(content.stem)).isupper():
        yield "stem", "A negative question is right only where the job is the negative; at most 3 % of the bank."


@_rule("markup", Severity.WARNING)
def _markup(content: ItemContent) -> Iterator[Remark]:
    for field, text in [("stem", content.stem), *((f"option {letter}", text) for letter, text, _ in _options(content))]:
        if found := re.search(r"</?[a-z]+>|\*\*|&[a-z]+;", text):
            yield field, f"'{found[0]}' is shown as it stands: write plain text."


@_rule("dated-source", Severity.WARNING)
def _dated(content: ItemContent) -> Iterator[Remark]:
    for reference in content.references:
        text = f"{reference.get('source', '')} {reference.get('locator', '')}"
        for pattern, cure in DATED:
            if re.search(pattern, text):
                yield "references", f"{text.strip()}: {cure}."


@_rule("reference-says", Severity.WARNING)
def _says(content: ItemContent) -> Iterator[Remark]:
    for reference in content.references:
        if (words := word_count(str(reference.get("says", "")))) > MOST_SAYS_WORDS:
            yield "references", f"What the source says has {words} words; at most {MOST_SAYS_WORDS} of one's own."


@_rule("exhibit-wide", Severity.WARNING)
def _wide(content: ItemContent) -> Iterator[Remark]:
    if content.exhibit_kind != "text":
        return
    widest = max(len(line) for line in content.exhibit_body.splitlines())
    if widest > WIDEST_LINE:
        yield "exhibit", f"A line has {widest} characters and scrolls sideways; at most {WIDEST_LINE}."


@_rule("exhibit-in-words", Severity.WARNING)
def _exhibit_in_words(content: ItemContent) -> Iterator[Remark]:
    if content.exhibit_kind and not content.exhibit_alt.strip():
        yield "exhibit", "Say in a sentence what the exhibit is (`alt`)."


# --- Information --------------------------------------------------------------------------------------------------


@_rule("point-missing", Severity.INFORMATION)
def _point(content: ItemContent) -> Iterator[Remark]:
    if not content.point:
        yield "point", "Say in one sentence what the item tests."


@_rule("facility-guess", Severity.INFORMATION)
def _facility(content: ItemContent) -> Iterator[Remark]:
    if content.predicted_p is None or not 0.3 <= content.predicted_p <= 0.95:
        yield "predicted_p", "Guess the share who will get it right; below 0.3 or above 0.95 it tells little."


@_rule("reference-unopened", Severity.INFORMATION)
def _unopened(content: ItemContent) -> Iterator[Remark]:
    if not any(reference.get("checked") for reference in content.references):
        yield "references", "No source was open when this was written or checked."
