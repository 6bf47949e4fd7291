"""Words and phrases that the writing rules speak of, and how text is taken apart for them."""

import re

ABSOLUTES = re.compile(r"\b(always|never|all|none|every|only|must|entirely|completely|impossible)\b", re.IGNORECASE)
HEDGES = re.compile(r"\b(usually|often|generally|typically|likely|probably|may|might|can|sometimes)\b", re.IGNORECASE)
ALL_OR_NONE = re.compile(
    r"\b(all|none|both|any|neither) of (the above|these|them)\b|\bof the above\b|^(both )?[A-D] and [A-D]$",
    re.IGNORECASE,
)
STOCK_PHRASES = re.compile(
    r"best describes|crucial role|of the following|primary purpose|most important|plays an?\b|is essential",
    re.IGNORECASE,
)
# 'Which setting is not …' and 'Which of these … except'; not 'Which setting explains why images are not …'.
_NEGATIVES = (
    re.compile(
        r"\b(?:which|what|who|where|when)\b(?:(?!\b(?:why|that|because|so|if|when|how|where|who)\b)[^,;])*?"
        r"\b(?:is|are|was|were|does|do|should|would|can|could|will|may|must)\s+(not|never|least)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:all|which|what)\b[^.]*?\b(except)\b", re.IGNORECASE),
)

_STOP_WORDS = frozenset(
    """after also because been before being between could does during each first from have into more most must only onto
    other over same should some such than that their them then there these they this those through under were what when
    where which while will with within without would""".split()  # noqa: SIM905 - fifty quoted words are harder to read
)
_ENDINGS = re.compile(r"(ing|ed|es|s)$")
_NUMBER = re.compile(r"^[$€£<>≤≥~±]?\s*(-?\d[\d,]*(?:\.\d+)?)\s*(\D*)$")


def word_count(text: str) -> int:
    return len(text.split())


def lead_in(stem: str) -> str:
    """The last sentence of a stem: the question itself."""
    return re.split(r"(?<=[.!?])\s+", stem.strip())[-1]


def negative_in(question: str) -> str:
    """The word by which a question asks for what is wrong, as it is written there; empty for a plain question."""
    return next((found[1] for pattern in _NEGATIVES if (found := pattern.search(question))), "")


def content_words(text: str) -> set[str]:
    """Words of four letters or more in lower case, without common endings and words that carry no content."""
    words = re.findall(r"[a-z0-9]{4,}", text.lower())
    return {_ENDINGS.sub("", word) for word in words if word not in _STOP_WORDS}


def number_in(text: str) -> tuple[float, str] | None:
    """The number that an option is, and its unit; None for anything else."""
    found = _NUMBER.match(text.strip())
    return (float(found[1].replace(",", "")), found[2].strip()) if found else None
