"""How far surface cues alone give the key away: a guesser that reads no meaning and never sees whole sentences.

Ten cues of each option (length, words, what it shares with the stem and with the other options …) are standardised
within the item; a multinomial logit over the options learns their weights on nine tenths of the bank and guesses the
rest, in turn. Chance is the mean of one over the number of options.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

FOLDS = 10
EPOCHS = 40
STEP = 0.01
SHRINK = 0.995
SEED = 1

_COUNTED = re.compile(r"\b(usually|often|may|can|most|likely|each|before|after|until)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """What the guesser is shown: the stem's words, the options, and, to learn from, the key's place from 0."""

    stem: str
    options: tuple[str, ...]
    key: int


def single_cues(questions: Sequence[Question]) -> dict[str, float]:
    """Share of keys found by taking the option with the most of one cue; ties are shared out."""
    shares: dict[str, float] = {}
    for name in CUES:
        hits = [_share_of_best([cues[name] for cues in _cues(question)], question.key) for question in questions]
        shares[name] = sum(hits) / len(hits)
    return shares


def combined(questions: Sequence[Question]) -> float:
    """Share of keys that all cues together find, cross-validated in ten parts; needs at least ten questions."""
    rows = [(_standardised(_cues(question)), question.key) for question in questions]
    order = list(range(len(rows)))
    random.Random(SEED).shuffle(order)  # noqa: S311 - a reproducible shuffle, no secret
    hits = 0.0
    for fold in range(FOLDS):
        held_out = set(order[fold::FOLDS])
        weights = _learn([rows[place] for place in order if place not in held_out])
        hits += sum(_share_of_best(_scores(weights, rows[place][0]), rows[place][1]) for place in held_out)
    return hits / len(rows)


CUES = (
    "longest", "most words", "most like the others", "shares most with the stem", "most commas", "most hedges",
    "longest word", "most digits", "least like the others", "shortest",
)  # fmt: skip


def _cues(question: Question) -> list[dict[str, float]]:
    stem = _words(question.stem)
    sets = [_words(option) for option in question.options]
    found = []
    for place, (text, words) in enumerate(zip(question.options, sets, strict=True)):
        others = [other for other_place, other in enumerate(sets) if other_place != place]
        likeness = sum(len(words & other) / max(1, len(words | other)) for other in others) / max(1, len(others))
        values = (
            len(text), len(text.split()), likeness, len(words & stem) / max(1, len(words)), text.count(","),
            len(_COUNTED.findall(text)), max(map(len, text.split()), default=0), sum(c.isdigit() for c in text),
            -likeness, -len(text),
        )  # fmt: skip
        found.append(dict(zip(CUES, map(float, values), strict=True)))
    return found


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]{3,}", text.lower()))


def _standardised(cues: list[dict[str, float]]) -> list[list[float]]:
    rows: list[list[float]] = [[] for _ in cues]
    # The last two cues are the first and third with the sign turned: a linear learner needs them once.
    for name in CUES[:-2]:
        column = [cue[name] for cue in cues]
        mean = sum(column) / len(column)
        spread = sqrt(sum((value - mean) ** 2 for value in column) / len(column)) or 1.0
        for row, value in zip(rows, column, strict=True):
            row.append((value - mean) / spread)
    return rows


def _learn(rows: list[tuple[list[list[float]], int]]) -> list[float]:
    weights = [0.0] * len(rows[0][0][0])
    for _ in range(EPOCHS):
        for options, key in rows:
            scores = _scores(weights, options)
            top = max(scores)
            powers = [exp(score - top) for score in scores]
            total = sum(powers)
            for place, features in enumerate(options):
                error = (place == key) - powers[place] / total
                for at, feature in enumerate(features):
                    weights[at] += STEP * error * feature
        weights = [weight * SHRINK for weight in weights]
    return weights


def _scores(weights: list[float], options: list[list[float]]) -> list[float]:
    return [sum(w * feature for w, feature in zip(weights, features, strict=True)) for features in options]


def _share_of_best(values: list[float], key: int) -> float:
    best = [place for place, value in enumerate(values) if value >= max(values) - 1e-9]
    return (key in best) / len(best)
