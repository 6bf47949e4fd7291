"""How others chose: shares of each option among people who met the item for the first time in a mock."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from exams.models import AnswerCount

FEWEST = 30


@dataclass(frozen=True, slots=True)
class Choices:
    """`by_position` counts answers by the option's own position in the version."""

    n: int
    by_position: dict[int, int]

    def percent(self, position: int) -> int:
        return round(100 * self.by_position.get(position, 0) / self.n)


def choices_of(version_ids: Iterable[int]) -> dict[int, Choices]:
    """Of the versions that at least thirty people answered or left out; those who did not reach it say nothing."""
    rows = (
        AnswerCount.objects.filter(version__in=set(version_ids))
        .exclude(answer=AnswerCount.NOT_REACHED)
        .order_by()
        .values_list("version_id", "answer")
        .annotate(total=Sum("n"))
    )
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for version, answer, total in rows:
        counts[version][answer] = total
    found = {version: Choices(sum(answers.values()), answers) for version, answers in counts.items()}
    return {version: choices for version, choices in found.items() if choices.n >= FEWEST}
