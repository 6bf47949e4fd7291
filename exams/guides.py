"""Guides to the ten domains: our texts, what the bank says of a domain, and where a person stands in it."""

import re
from collections import Counter
from dataclasses import dataclass

from accounts.models import User
from exams import pools
from exams.charts import IntervalChart
from exams.guide_texts import NO_TEXT, GuideText, texts
from exams.intervals import wilson
from exams.practice import history
from exams.reports import FEWEST_FOR_VERDICT, DomainLine
from questions.models import Domain, Item, ItemVersion, Outline, Task
from questions.samples import Sample, guide_samples

# A source that one question cites is about that question; what several cite is worth a shelf.
FEWEST_CITING, MOST_SOURCES = 2, 8
EDITION_YEAR = re.compile(r" \((?:19|20)\d\d\)$")


@dataclass(frozen=True)
class Share:
    """A domain of the current outline with its text and its places in one form."""

    domain: Domain
    text: GuideText
    scored: int
    pilots: int

    @property
    def total(self) -> int:
        return self.scored + self.pilots


@dataclass(frozen=True)
class Source:
    """A work that so many questions of a domain cite."""

    name: str
    count: int


@dataclass(frozen=True)
class Sources:
    """The most cited ones, and how many there are altogether."""

    most_cited: list[Source]
    total: int


@dataclass(frozen=True)
class Guide:
    """Everything on a guide's page; `standing` is None for a stranger."""

    outline: Outline
    share: Share
    tasks: list[tuple[Task, tuple[str, ...]]]
    sources: Sources
    samples: list[Sample]
    standing: DomainLine | None

    @property
    def fewest_for_verdict(self) -> int:
        return FEWEST_FOR_VERDICT


def shares() -> list[Share]:
    """The domains of the current outline in their order; none before content was loaded."""
    outline = Outline.objects.current().first()
    return _shares(outline) if outline else []


def guide(*, code: str, user: User | None) -> Guide | None:
    """The guide to a domain of the current outline; None for a code that is no domain of it.

    A school's own outline may have domains that no text is written for; their guides show what the database holds.
    """
    outline = Outline.objects.current().first()
    share = next((share for share in _shares(outline) if share.domain.code == code), None) if outline else None
    if outline is None or share is None:
        return None
    return Guide(
        outline=outline,
        share=share,
        tasks=[(task, share.text.topics.get(task.code, ())) for task in share.domain.tasks.all()],
        sources=_sources(share.domain),
        samples=guide_samples(code),
        standing=_standing(user, share.domain, outline) if user else None,
    )


def _shares(outline: Outline) -> list[Share]:
    domains = list(outline.domains.order_by("number"))
    quotas = pools.quotas_of(outline, {domain.number: domain.weight for domain in domains})
    return [
        Share(domain, texts().get(domain.code, NO_TEXT), quotas[domain.number, True], quotas[domain.number, False])
        for domain in domains
    ]


def _sources(domain: Domain) -> Sources:
    """Each question counts once for a source, and the year of an edition does not make another one."""
    shown = (Item.objects.drawable() | Item.objects.samples()).values("published_version")
    cited = ItemVersion.objects.filter(pk__in=shown, task__domain=domain).values_list("references", flat=True)
    counts = Counter(
        source
        for references in cited
        for source in {EDITION_YEAR.sub("", reference["source"]) for reference in references}
    )
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    several = [Source(name, count) for name, count in ranked if count >= FEWEST_CITING]
    return Sources(several[:MOST_SOURCES], len(counts))


def _standing(user: User, domain: Domain, outline: Outline) -> DomainLine:
    right, n = history.first_answers(user).get(domain.code, (0, 0))
    interval, cut = wilson(right, n), outline.practice_cut / outline.scored_count
    return DomainLine(domain.name, right, n, interval, IntervalChart.of(right / n if n else 0.0, interval, cut))
