"""Forecasts as they are made, kept and proved: one after each scored mock and each finished session in test mode.

A row is never altered. From the raw responses, the keys and what the row says of prior, cut and time it can be computed
again; after a key was mended the two may differ, and the row stays what was said.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from exams import fresh_answers, full_forms, readiness
from exams.fresh_answers import Evidence
from exams.full_forms import FullForm
from exams.models import Attempt, Forecast, PracticeItem, PracticeMode, PracticeSession
from exams.models.attempt import AttemptQuerySet
from exams.readiness import Outlook, Prior, Target
from questions.models import Outline


def after_mock(*, attempt: Attempt, now: datetime) -> bool:
    """Store the forecast that follows a scored mock, once; says whether it was stored just now."""
    if Forecast.objects.filter(attempt=attempt).exists():
        return False
    return _store(user=attempt.user, now=now, attempt=attempt)


def after_practice(*, session: PracticeSession, now: datetime) -> bool:
    """The same after a session in test mode has ended."""
    if session.is_open or session.is_tutor or Forecast.objects.filter(session=session).exists():
        return False
    return _store(user=session.user, now=now, session=session)


def attempts_without(*, now: datetime) -> AttemptQuerySet:
    """Scored mocks that a lost task left without a forecast; older ones would add nothing that counts."""
    recent = Q(score__computed_at__lte=now, finished_at__gt=now - readiness.WINDOW)
    found = Attempt.objects.finished().filter(recent, forecast__isnull=True)
    return found.select_related("user").order_by("finished_at")


def sessions_without(*, now: datetime) -> QuerySet[PracticeSession]:
    """The same for sessions in test mode in which something was seen."""
    revealed = PracticeItem.objects.filter(session=OuterRef("pk"), revealed_at__lte=now)
    ended = PracticeSession.objects.filter(mode=PracticeMode.TEST, finished_at__gt=now - readiness.WINDOW)
    return ended.filter(Exists(revealed), forecast__isnull=True).select_related("user").order_by("finished_at")


def current(evidence: Evidence, forms: Sequence[FullForm], *, outline: Outline, now: datetime) -> Outlook:
    """The forecast of this moment, against how the site's people did on their full forms."""
    return readiness.outlook(
        evidence.answers,
        target=Target(outline.scored_count, outline.practice_cut),
        prior=readiness.prior_of([form.raw for form in forms], scored_count=outline.scored_count),
        now=now,
    )


def shown_of(user: User) -> QuerySet[Forecast]:
    """The person's stored forecasts that rest on enough answers, oldest first."""
    return Forecast.objects.of(user).with_enough(answers=readiness.FEWEST_ANSWERS, domains=readiness.FEWEST_DOMAINS)


def recompute(forecast: Forecast) -> Outlook:
    """A stored forecast from the raw responses."""
    evidence = fresh_answers.of(forecast.user, now=forecast.at, rapid_items=forecast.rapid_items)
    return readiness.outlook(
        evidence.answers,
        target=Target(forecast.scored_count, forecast.cut),
        prior=Prior(forecast.prior_a, forecast.prior_b, forecast.is_rough),
        now=forecast.at,
    )


def equals_stored(forecast: Forecast) -> bool:
    """Whether computing it again gives what was stored."""
    again = _columns(recompute(forecast))
    return again == {name: getattr(forecast, name) for name in again}


def _store(
    *, user: User, now: datetime, attempt: Attempt | None = None, session: PracticeSession | None = None
) -> bool:
    """Task, sweep and page may arrive together: whoever comes second finds the row of the first."""
    outline = Outline.objects.current().first()
    if outline is None:
        return False
    evidence = fresh_answers.of(user, now=now)
    outlook = current(evidence, full_forms.newest(outline), outline=outline, now=now)
    _, is_new = Forecast.objects.get_or_create(
        attempt=attempt,
        session=session,
        defaults={
            "user": user,
            "at": now,
            "algorithm": readiness.ALGORITHM,
            "rapid_items": list(evidence.rapid_items),
            **_columns(outlook),
        },
    )
    return is_new


def _columns(outlook: Outlook) -> dict[str, object]:
    return {
        "n": outlook.n,
        "domain_count": outlook.domain_count,
        "weight": outlook.weight,
        "newest_at": outlook.newest_at,
        "oldest_at": outlook.oldest_at,
        "expected": outlook.expected,
        "low": outlook.low,
        "high": outlook.high,
        "chance": outlook.chance,
        "cut": outlook.target.cut,
        "scored_count": outlook.target.scored_count,
        "prior_a": outlook.prior.a,
        "prior_b": outlook.prior.b,
        "is_rough": outlook.prior.is_rough,
    }
