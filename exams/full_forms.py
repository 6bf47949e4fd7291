"""How the site's people do on full forms: the population that forecasts and domain estimates are drawn towards."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from exams.models import DomainScore, Score
from questions.models import Outline

# The newest alone: what people know changes, and the page that asks must not wait for years of scores.
MOST_FORMS = 500


@dataclass(frozen=True, slots=True)
class FullForm:
    """One person's newest full form."""

    score_id: int
    raw: int


def newest(outline: Outline) -> list[FullForm]:
    """The newest form of each person among the newest 500 with nine tenths of its items answered.

    One a person, because a person's forms are alike. Instructors, who know the bank, stay out.
    """
    scores = Score.objects.filter(
        is_counted=True, scored_count=outline.scored_count, attempt__exam_form__outline=outline
    ).alias(tenfold=F("answered_count") * 10, ninefold=(F("scored_count") + F("pilot_count")) * 9)
    rows = scores.filter(tenfold__gte=F("ninefold")).order_by("-pk").values_list("attempt__user_id", "pk", "raw")
    found: dict[int, FullForm] = {}
    for user, pk, raw in rows[:MOST_FORMS]:
        found.setdefault(user, FullForm(pk, raw))
    return list(found.values())


def domains_of(forms: Sequence[FullForm]) -> list[Mapping[int, tuple[int, int]]]:
    """(right, total) by domain id, of each form."""
    found: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    rows = DomainScore.objects.filter(score__in=[form.score_id for form in forms]).order_by()
    for score, domain, right, total in rows.values_list("score_id", "domain_id", "right", "total"):
        found[score][domain] = right, total
    return list(found.values())
