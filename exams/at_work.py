"""Where the domains that cost most points are met at work, and what to say of them aloud."""

from collections.abc import Iterable
from dataclasses import dataclass

from exams.guide_texts import NO_TEXT, GuideText, texts
from exams.models import DomainScore
from questions.models import Domain

MOST_DOMAINS = 3


@dataclass(frozen=True)
class Work:
    """A domain of which `missed` scored items were not right, with what its guide says of the work."""

    domain: Domain
    missed: int
    text: GuideText


def work_of(rows: Iterable[DomainScore]) -> list[Work]:
    """The domains with most misses, at most three; equals in the order of the outline.

    Counts and not shares: a large domain that is a little weak costs more points than a small one that is weak.
    """
    missed = [Work(row.domain, row.total - row.right, texts().get(row.domain.code, NO_TEXT)) for row in rows]
    return sorted((work for work in missed if work.missed), key=lambda work: (-work.missed, work.domain.number))[
        :MOST_DOMAINS
    ]
