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
    vectors = _vectors([Counter(_words(text)) for text in texts])
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


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]{3,}", text.lower())


def _vectors(counts: Iterable[Counter[str]]) -> list[dict[str, float]]:
    """Each of length 1; words that stand in every text weigh nothing and are left out."""
    counts = list(counts)
    spread = Counter(word for count in counts for word in count)
    vectors = []
    for count in counts:
        weights = {word: (1 + log(n)) * log(len(counts) / spread[word]) for word, n in count.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({word: weight / length for word, weight in weights.items() if weight})
    return vectors
