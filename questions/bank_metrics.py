"""What the bank as a whole must hold: cues to the key, wording, mix, likeness (targets: docs/authoring.md)."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt

from questions import guessing, similarity
from questions.bank_format import Entry
from questions.content import ItemContent
from questions.guessing import Question
from questions.linting import LEAST_KEY_RATIONALE_WORDS, LEAST_RATIONALE_WORDS, Finding, Severity, lint, waive
from questions.models import Cognitive
from questions.models.item import DRAWABLE
from questions.wording import ABSOLUTES, ALL_OR_NONE, STOCK_PHRASES, lead_in, negative_in, word_count

CHANCE = 0.25
# Visibly longer or shorter: by a tenth and by four characters.
VISIBLE_RATIO, VISIBLE_CHARACTERS = 1.1, 4
TWINS, COUSINS = 0.45, 0.32
CHI_SQUARE_3DF = 7.81
LONGEST_RUN = 5
MOST_GUESSED = 0.31
GUESSABLE_FROM = 10


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure over `n` cases: shares and ratios from 0, counts as they are. `met` is None without a target."""

    name: str
    value: float
    n: int
    target: str = ""
    met: bool | None = None
    is_share: bool = True

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} %" if self.is_share else f"{self.value:.3g}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two items that resemble each other; `judged` is the reason why both stay."""

    first: str
    second: str
    cosine: float
    judged: str = ""


@dataclass(frozen=True)
class Checked:
    """Every finding about every item, pairs of near-duplicates among them, and the figures of the whole."""

    findings: tuple[tuple[Entry, Finding], ...]
    likenesses: tuple[Likeness, ...]
    metrics: tuple[Metric, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.counts and finding.severity == severity for _, finding in self.findings)

    @property
    def missed(self) -> list[Metric]:
        return [metric for metric in self.metrics if metric.met is False]


def check(entries: Sequence[Entry], quotas: Mapping[tuple[str, bool], int]) -> Checked:
    """Judge items one by one and together.

    `quotas` are the places of one form, by domain code and whether they are scored.
    """
    likenesses = near_duplicates(entries)
    by_code = {entry.code: entry for entry in entries}
    found = [(entry, finding) for entry in entries for finding in lint(entry.content, entry.waivers)]
    found += [(by_code[alike.second], _as_finding(alike, by_code)) for alike in likenesses]
    metrics = (*_measured(entries), *_likeness(likenesses, len(entries)), *_against_quotas(entries, quotas))
    return Checked(tuple(found), tuple(likenesses), metrics)


def near_duplicates(entries: Sequence[Entry]) -> list[Likeness]:
    """Pairs of items, but declared enemies and members of one set, that say much the same in stem and key."""
    pairs = similarity.alike([f"{entry.content.stem} {_key(entry.content)}" for entry in entries], COUSINS)
    found = []
    for pair in pairs:
        first, second = entries[pair.first], entries[pair.second]
        in_one_set = first.matched_set and first.matched_set == second.matched_set
        if not in_one_set and second.code not in first.enemies and first.code not in second.enemies:
            found.append(Likeness(first.code, second.code, pair.cosine, _judged(first, second)))
    return found


def _judged(first: Entry, second: Entry) -> str:
    waivers = [(w, other) for entry, other in ((first, second), (second, first)) for w in entry.waivers]
    return next((w.reason for w, other in waivers if w.rule == "near-duplicate" and w.about == other.code), "")


def _as_finding(alike: Likeness, by_code: Mapping[str, Entry]) -> Finding:
    severity = Severity.ERROR if alike.cosine >= TWINS else Severity.WARNING
    message = f"Much like {alike.first} (cosine {alike.cosine:.2f}): change one, declare them enemies, or waive it."
    finding = Finding("near-duplicate", severity, "stem", message, waived=alike.judged)
    return waive(finding, by_code[alike.second].waivers) if not alike.judged else finding


# --- The figures --------------------------------------------------------------------------------------------------


def _measured(entries: Sequence[Entry]) -> Iterator[Metric]:
    contents = [entry.content for entry in entries]
    if not contents:
        return
    yield from _lengths(contents)
    yield from _places(contents)
    yield from _words(contents)
    yield from _stems(contents)
    yield from _mix(entries)
    yield from _references(contents)
    if len(contents) >= GUESSABLE_FROM:
        questions = [_question(content) for content in contents]
        for name, share in guessing.single_cues(questions).items():
            yield Metric(f"key found by one cue: {name}", share, len(questions))
        guessed = guessing.combined(questions)
        name = "key found by all surface cues together, cross-validated"
        yield Metric(name, guessed, len(questions), f"≤ {_percent(MOST_GUESSED)}", guessed <= MOST_GUESSED)


def _lengths(contents: Sequence[ItemContent]) -> Iterator[Metric]:
    longest, visibly_longest, visibly_shortest = [], [], []
    for content in contents:
        lengths = sorted((len(option.text), option.is_key) for option in content.options)
        (least, is_least), (more, _) = lengths[:2]
        (less, _), (most, is_most) = lengths[-2:]
        if most > less:
            longest.append(is_most)
        if most >= VISIBLE_RATIO * less and most - less >= VISIBLE_CHARACTERS:
            visibly_longest.append(is_most)
        if more >= VISIBLE_RATIO * least and more - least >= VISIBLE_CHARACTERS:
            visibly_shortest.append(is_least)
    yield _near_chance("key is strictly the longest, where one option is", longest)
    yield _near_chance("key is visibly the longest, where one option is", visibly_longest)
    yield _near_chance("key is visibly the shortest, where one option is", visibly_shortest)
    keys = [len(_key(content)) for content in contents]
    others = [len(option.text) for content in contents for option in content.options if not option.is_key]
    ratio = statistics.mean(keys) / statistics.mean(others)
    name = "mean length of keys over that of distractors"
    yield Metric(name, ratio, len(keys), "0.95 to 1.05", 0.95 <= ratio <= 1.05, is_share=False)


def _near_chance(name: str, cases: Sequence[bool]) -> Metric:
    """At most chance and 1.96 standard errors for this many cases."""
    n = len(cases)
    most = CHANCE + 1.96 * sqrt(CHANCE * (1 - CHANCE) / n) if n else 1.0
    share = sum(cases) / n if n else 0.0
    return Metric(name, share, n, f"≤ {100 * most:.1f} %", share <= most)


def _places(contents: Sequence[ItemContent]) -> Iterator[Metric]:
    places = [_key_place(content) for content in contents if len(content.options) == 4]
    expected = len(places) / 4 or 1
    chi_square = sum((Counter(places)[place] - expected) ** 2 / expected for place in range(4))
    yield Metric(
        "place of the key, chi-square (3 df)",
        chi_square,
        len(places),
        f"< {CHI_SQUARE_3DF}",
        chi_square < CHI_SQUARE_3DF,
        is_share=False,
    )
    run = max((len(list(group)) for _, group in groupby(places)), default=0)
    yield Metric("longest run of one place", run, len(places), f"≤ {LONGEST_RUN}", run <= LONGEST_RUN, is_share=False)


def _words(contents: Sequence[ItemContent]) -> Iterator[Metric]:
    keys = [bool(ABSOLUTES.search(_key(content))) for content in contents]
    others = [bool(ABSOLUTES.search(o.text)) for content in contents for o in content.options if not o.is_key]
    share, gap = statistics.mean(others), statistics.mean(others) - statistics.mean(keys)
    yield Metric("distractors with an absolute word", share, len(others), "≤ 3 %", share <= 0.03)
    yield Metric("the same, less the share of keys", gap, len(others), "≤ 2 points", gap <= 0.02)
    leads = [lead_in(content.stem) for content in contents]
    yield _share("negative lead-ins", [bool(negative_in(lead)) for lead in leads], at_most=0.03)
    options = [any(ALL_OR_NONE.search(option.text) for option in content.options) for content in contents]
    yield _share("all or none of the above", options, at_most=0.0)
    yield _share("stock phrases", [bool(STOCK_PHRASES.search(content.stem)) for content in contents], at_most=0.02)
    yield _share("stem ends with a question mark", [lead.endswith("?") for lead in leads], at_least=0.9)
    openings = Counter(" ".join(re.findall(r"\w+", lead.lower())[:4]) for lead in leads)
    commonest = openings.most_common(1)[0][1] / len(leads)
    yield Metric("commonest first four words of a lead-in", commonest, len(leads), "≤ 12 %", commonest <= 0.12)


def _stems(contents: Sequence[ItemContent]) -> Iterator[Metric]:
    stems = [word_count(content.stem) for content in contents]
    whole = [stem + sum(word_count(o.text) for o in c.options) for stem, c in zip(stems, contents, strict=True)]
    middle, all_middle = statistics.median(stems), statistics.median(whole)
    yield Metric("words of a stem, median", middle, len(stems), "20 to 45", 20 <= middle <= 45, is_share=False)
    yield Metric("with the options, median", all_middle, len(stems), "≤ 80", all_middle <= 80, is_share=False)
    yield Metric("words of the longest stem", max(stems), len(stems), "≤ 80", max(stems) <= 80, is_share=False)
    # More than one sentence before or with the question: somebody, somewhere, with something to decide.
    told = [lead_in(content.stem) != content.stem.strip() for content in contents]
    yield _share("stems that tell a situation (more than one sentence)", told, at_least=0.45, at_most=0.65)


def _mix(entries: Sequence[Entry]) -> Iterator[Metric]:
    for level, low, high in (
        (Cognitive.RECALL, 0.25, 0.35),
        (Cognitive.APPLICATION, 0.40, 0.50),
        (Cognitive.ANALYSIS, 0.20, 0.30),
    ):
        of_level = [entry.content.cognitive == level for entry in entries]
        yield _share(f"{level.label.lower()} items", of_level, at_least=low, at_most=high)
    in_forms = [entry for entry in entries if entry.status in DRAWABLE]
    sets = [bool(entry.matched_set) for entry in in_forms]
    exhibits = [bool(entry.content.exhibit_kind) for entry in in_forms]
    yield _share("items in matched sets", sets, at_least=0.2, at_most=0.3)
    yield _share("items with an exhibit", exhibits, at_least=0.1, at_most=0.15)


def _references(contents: Sequence[ItemContent]) -> Iterator[Metric]:
    taught = [
        word_count(option.rationale) >= (LEAST_KEY_RATIONALE_WORDS if option.is_key else LEAST_RATIONALE_WORDS)
        for content in contents
        for option in content.options
    ]
    yield _share("options with a rationale that teaches", taught, at_least=1.0)
    references = [reference for content in contents for reference in content.references]
    yield _share("references with a place in the source", [bool(r.get("locator")) for r in references], at_least=1.0)
    opened = [any(r.get("checked") for r in content.references) for content in contents]
    yield _share("items with a reference that was opened", opened, at_least=0.8)
    yield Metric(
        "references that were opened", statistics.mean(bool(r.get("checked")) for r in references), len(references)
    )


def _share(name: str, cases: Sequence[bool], *, at_least: float = 0.0, at_most: float = 1.0) -> Metric:
    share = sum(cases) / len(cases) if cases else 0.0
    words = [f"≥ {_percent(at_least)}"] * (at_least > 0) + [f"≤ {_percent(at_most)}"] * (at_most < 1)
    return Metric(name, share, len(cases), " and ".join(words), at_least <= share <= at_most if words else None)


def _likeness(likenesses: Sequence[Likeness], n: int) -> Iterator[Metric]:
    twins = sum(alike.cosine >= TWINS for alike in likenesses)
    yield Metric(f"near-duplicates (cosine ≥ {TWINS})", twins, n, "0", twins == 0, is_share=False)
    cousins = [alike for alike in likenesses if alike.cosine < TWINS]
    unread = sum(not alike.judged for alike in cousins)
    name = f"pairs from {COUSINS} to {TWINS} that nobody has judged, of {len(cousins)}"
    yield Metric(name, unread, n, "0", unread == 0, is_share=False)


def _against_quotas(entries: Sequence[Entry], quotas: Mapping[tuple[str, bool], int]) -> Iterator[Metric]:
    """How many whole forms each domain's items fill, and how far the fullest is from the emptiest."""
    counts = Counter((e.code.split("-")[0], e.status == "operational") for e in entries if e.status in DRAWABLE)
    forms = min((counts[cell] // quota for cell, quota in quotas.items() if quota), default=0)
    off = sum(abs(counts[cell] - forms * quota) for cell, quota in quotas.items())
    yield Metric("whole forms without a shared item", forms, sum(counts.values()), is_share=False)
    name = "items beyond or below the quotas of whole forms, all domains"
    yield Metric(name, off, sum(counts.values()), is_share=False)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _question(content: ItemContent) -> Question:
    return Question(content.stem, tuple(option.text for option in content.options), _key_place(content))


def _key_place(content: ItemContent) -> int:
    return [option.is_key for option in content.options].index(True)


def _key(content: ItemContent) -> str:
    return next(option.text for option in content.options if option.is_key)
