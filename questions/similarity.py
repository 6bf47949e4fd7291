"""Near-duplicates: how much two items say the same, by TF-IDF cosine of stem and key (Salton & Buckley 1988)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: int
    cosine: float


def alike(texts: Sequence[str], at_least: float) -> list[Pair]:
    """Pairs of positions in `texts` whose cosine (0 to 1) reaches the limit, the most alike first.

    A word counts (1 + ln tf) * ln(N / df).
    """
    counts = [Counter(_words(text)) for text in texts]
    vectors = _vectors(counts, Counter(word for count in counts for word in count), len(counts))
    holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    found = []
    for second, vector in enumerate(vectors):
        sums: dict[int, float] = defaultdict(float)
        for word, weight in vector.items():
            for first, other in holders[word]:
                sums[first] += weight * other
            holders[word].append((second, weight))
        found += [Pair(first, second, cosine) for first, cosine in sums.items() if cosine >= at_least]
    return sorted(found, key=lambda pair: (-pair.cosine, pair.first, pair.second))


def nearest(text: str, others: Sequence[str], *, most: int, at_least: float) -> list[tuple[int, float]]:
    """Positions in `others` of what is most like `text`, with the cosine, the most alike first.

    The same measure as `alike`, for one text against many: nothing is kept but the counts, and texts without a common
    word cost one look.
    """
    own = Counter(_words(text))
    spread = Counter(own.keys())
    for other in others:
        spread.update(set(_words(other)))
    size = len(others) + 1
    (mine,) = _vectors([own], spread, size)
    found = []
    for place, other in enumerate(others):
        words = _words(other)
        if mine.keys().isdisjoint(words):
            continue
        (theirs,) = _vectors([Counter(words)], spread, size)
        cosine = sum(weight * theirs.get(word, 0.0) for word, weight in mine.items())
        if cosine >= at_least:
            found.append((place, cosine))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:most]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]{3,}", text.lower())


def _vectors(counts: Iterable[Counter[str]], spread: Counter[str], size: int) -> list[dict[str, float]]:
    """Each of length 1; words that stand in every one of the `size` texts weigh nothing and are left out."""
    vectors = []
    for count in counts:
        weights = {word: (1 + log(n)) * log(size / spread[word]) for word, n in count.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({word: weight / length for word, weight in weights.items() if weight})
    return vectors
