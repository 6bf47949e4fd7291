"""How far the bank reaches: items by domain, task and level against the quotas, and what limits the number of forms."""

from collections import Counter
from dataclasses import dataclass, replace
from math import inf, isfinite

from exams import pools
from questions.models import DRAWABLE, Cognitive, Domain, Item, ItemStatus, Task

# Shades of the map: none, one, two forms, and three or more.
MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Reach:
    """Drawable items of one kind in one place against what one form needs of them."""

    found: int
    quota: float
    is_limit: bool = False

    @property
    def forms(self) -> float:
        """Forms without a shared item that they suffice for; endless where a form needs none."""
        return self.found / self.quota if self.quota else inf

    @property
    def is_endless(self) -> bool:
        return not isfinite(self.forms)

    @property
    def step(self) -> int:
        """Whole forms, for the shade."""
        return MOST_STEPS if self.is_endless else min(MOST_STEPS, int(self.forms))


@dataclass(frozen=True)
class DomainReach:
    """A task has no quota of its own: its reach is counted as if a domain's places were spread evenly over them."""

    name: str
    scored: Reach
    pilot: Reach
    levels: dict[str, int]
    tasks: list[tuple[Task, Reach]]


@dataclass(frozen=True)
class Coverage:
    """The bank by domain; `limits` are what runs out first, after `forms` forms; `is_even` when all does at once."""

    domains: list[DomainReach]
    forms: float
    limits: list[str]
    is_even: bool

    @property
    def whole_forms(self) -> int:
        return int(self.forms) if isfinite(self.forms) else 0


def of_bank(*, without: frozenset[str] = frozenset()) -> Coverage:
    """Of the current outline and all codes but those in `without`, in four statements. Raises pools.NoOutline.

    Enemies and matched sets can lower what can be drawn below what is counted here.
    """
    outline, quotas = pools.current_quotas()
    items = Item.objects.filter(published_version__task__domain__outline=outline)
    fields = ("code", "status", "published_version__task_id", "published_version__cognitive")
    rows = [row for row in items.values_list(*fields) if row[0] not in without]
    by_task = Counter((task, status) for _, status, task, _ in rows)
    by_level = Counter((task, level) for _, status, task, level in rows if status == ItemStatus.OPERATIONAL)
    found = []
    for domain in Domain.objects.filter(outline=outline).prefetch_related("tasks").order_by("number"):
        tasks = list(domain.tasks.all())
        count = {status: sum(by_task[task.pk, status] for task in tasks) for status in ItemStatus.values}
        places = quotas[domain.number, True] + quotas[domain.number, False]
        drawable = {task: sum(by_task[task.pk, status] for status in DRAWABLE) for task in tasks}
        found.append(
            DomainReach(
                name=domain.name,
                scored=Reach(count[ItemStatus.OPERATIONAL], quotas[domain.number, True]),
                pilot=Reach(count[ItemStatus.PILOT], quotas[domain.number, False]),
                levels={level: sum(by_level[task.pk, level] for task in tasks) for level in Cognitive.values},
                tasks=_marked(drawable, places),
            )
        )
    return _limited(found)


def _marked(drawable: dict[Task, int], places: int) -> list[tuple[Task, Reach]]:
    """Tasks with their reach; the least are limits, unless all of them reach alike."""
    reaches = {task: Reach(n, places / len(drawable)) for task, n in drawable.items()}
    least = min((reach.forms for reach in reaches.values()), default=inf)
    is_even = len({reach.forms for reach in reaches.values()}) <= 1
    return [(task, replace(reach, is_limit=not is_even and reach.forms == least)) for task, reach in reaches.items()]


def _limited(domains: list[DomainReach]) -> Coverage:
    reaches = [(f"{domain.name}, scored", domain.scored.forms) for domain in domains]
    reaches += [(f"{domain.name}, pilots", domain.pilot.forms) for domain in domains]
    least = min((forms for _, forms in reaches), default=0.0)
    is_even = len({forms for _, forms in reaches if isfinite(forms)}) <= 1
    marked = [
        replace(
            domain,
            scored=replace(domain.scored, is_limit=not is_even and domain.scored.forms == least),
            pilot=replace(domain.pilot, is_limit=not is_even and domain.pilot.forms == least),
        )
        for domain in domains
    ]
    return Coverage(marked, least, [name for name, forms in reaches if forms == least], is_even=is_even)
