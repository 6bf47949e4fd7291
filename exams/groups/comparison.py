"""One's own result beside those of one's study groups on the same form."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from accounts.models import Share
from exams.groups.standing import FEWEST
from exams.models import Attempt, Score


@dataclass(frozen=True, slots=True)
class Beside:
    """Quartiles of items right among `people` others of one group who show it their scores."""

    group: str
    people: int
    lower: float
    median: float
    upper: float


def beside(attempt: Attempt) -> list[Beside]:
    """For each group of the person where at least five others show their scores and have sat the same form.

    Their consent is their membership's share; the person's own says what others may see, not what they see.
    """
    if attempt.exam_form.published_number is None:
        return []
    others = Score.objects.filter(
        attempt__exam_form=attempt.exam_form_id,
        attempt__user__is_active=True,
        attempt__user__memberships__asked_at=None,
        attempt__user__memberships__share=Share.SCORES,
        attempt__user__memberships__group__memberships__user=attempt.user_id,
        attempt__user__memberships__group__memberships__asked_at=None,
    ).exclude(attempt__user=attempt.user_id)
    group = "attempt__user__memberships__group"
    rows = others.order_by(f"{group}__name", group).values_list(group, f"{group}__name", "attempt__user_id", "raw")
    raws: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for pk, name, user, raw in rows:
        raws[pk, name][user] = raw
    return [_beside(name, list(found.values())) for (_, name), found in raws.items() if len(found) >= FEWEST]


def _beside(group: str, raws: Sequence[int]) -> Beside:
    lower, median, upper = quantiles(raws, n=4, method="inclusive")
    return Beside(group, len(raws), lower, median, upper)
