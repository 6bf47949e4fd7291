"""How far the bank reaches: items by domain, task and level against the quotas, and what limits the number of forms."""

from collections import Counter
from dataclasses import dataclass
from math import inf, isfinite

from exams import pools
from questions.models import Cognitive, Domain, Item, ItemStatus, Task


@dataclass(frozen=True, slots=True)
class Reach:
    """Drawable items of one domain of one kind against one form's quota."""

    found: int
    quota: int

    @property
    def forms(self) -> float:
        """Forms without a shared item that they suffice for; endless where a form needs none."""
        return self.found / self.quota if self.quota else inf


@dataclass(frozen=True)
class DomainReach:
    name: str
    scored: Reach
    pilot: Reach
    levels: dict[str, int]
    tasks: list[tuple[Task, int]]


@dataclass(frozen=True)
class Coverage:
    """The bank by domain; `limits` are what runs out first, after `forms` forms; `is_even` when all does at once."""

    domains: list[DomainReach]
    forms: float
    limits: list[str]
    is_even: bool


def of_bank() -> Coverage:
    """Of the current outline, in four statements. Raises pools.NoOutline.

    Enemies and matched sets can lower what can be drawn below what is counted here.
    """
    outline, quotas = pools.current_quotas()
    items = Item.objects.filter(published_version__task__domain__outline=outline)
    rows = list(items.values_list("status", "published_version__task_id", "published_version__cognitive"))
    by_task = Counter((task, status) for status, task, _ in rows)
    by_level = Counter((task, level) for status, task, level in rows if status == ItemStatus.OPERATIONAL)
    found = []
    for domain in Domain.objects.filter(outline=outline).prefetch_related("tasks").order_by("number"):
        tasks = list(domain.tasks.all())
        count = {status: sum(by_task[task.pk, status] for task in tasks) for status in ItemStatus.values}
        found.append(
            DomainReach(
                name=domain.name,
                scored=Reach(count[ItemStatus.OPERATIONAL], quotas[domain.number, True]),
                pilot=Reach(count[ItemStatus.PILOT], quotas[domain.number, False]),
                levels={level: sum(by_level[task.pk, level] for task in tasks) for level in Cognitive.values},
                tasks=[
                    (task, by_task[task.pk, ItemStatus.OPERATIONAL] + by_task[task.pk, ItemStatus.PILOT])
                    for task in tasks
                ],
            )
        )
    return _limited(found)


def _limited(domains: list[DomainReach]) -> Coverage:
    reaches = [(f"{domain.name}, scored", domain.scored.forms) for domain in domains]
    reaches += [(f"{domain.name}, pilots", domain.pilot.forms) for domain in domains]
    least = min((forms for _, forms in reaches), default=0.0)
    needed = {forms for _, forms in reaches if isfinite(forms)}
    return Coverage(domains, least, [name for name, forms in reaches if forms == least], is_even=len(needed) <= 1)
