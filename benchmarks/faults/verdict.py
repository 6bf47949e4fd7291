"""What is stored against what the pages were told."""

import time
from collections import Counter

from django.utils import timezone

from benchmarks.faults.candidate import Stubborn
from benchmarks.timing import line
from exams import scoring
from exams.models import Attempt, AttemptEvent, EventKind, Response, Score


def of(candidates: list[Stubborn], *, patience: float, minutes: int) -> list[str]:
    violations = [text for one in candidates for text in one.told.violations]
    by_path = {f"/attempts/{attempt.public_id}/": attempt for attempt in Attempt.objects.all()}
    saved = sum(len(one.told.saved) for one in candidates)
    lost = [text for one in candidates for text in _lost(one, by_path[one.path])]
    submitted = [attempt for attempt in by_path.values() if not attempt.is_open]
    first = _seconds_until_scored(len(submitted), patience)
    line("saves acknowledged", f"{saved}, {sum(one.told.retries for one in candidates)} tries without an answer")
    line("acknowledged answers that are missing", str(len(lost)))
    line(f"all {len(submitted)} that were ended by then have a score", _after(first))
    _wait_for_the_clock(minutes)
    last = _seconds_until_scored(len(candidates), patience)
    line("all others, left to the clock, have one after their deadline", _after(last))
    if first is None or last is None:
        violations.append("Not every attempt was scored in time.")
    return violations + lost + _ledgers() + _scores()


def _lost(one: Stubborn, attempt: Attempt) -> list[str]:
    stored = dict(Response.objects.filter(attempt=attempt).values_list("position", "chosen"))
    return [
        f"{one.path}: item {position} was acknowledged as {chosen} and is {stored[position]}"
        for position, chosen in one.told.saved.items()
        if stored[position] != chosen
    ]


def _seconds_until_scored(count: int, patience: float) -> float | None:
    began = time.monotonic()
    while Score.objects.count() < count:
        if time.monotonic() - began > patience:
            return None
        time.sleep(0.5)
    return time.monotonic() - began


def _wait_for_the_clock(minutes: int) -> None:
    latest = Attempt.objects.latest("deadline_at")
    time.sleep(max(0.0, min(60 * minutes, (latest.closes_at - timezone.now()).total_seconds())))


def _ledgers() -> list[str]:
    """Every ledger counts from 1 without gaps, with one entry for each stored revision, and ends once."""
    found = []
    for attempt in Attempt.objects.all():
        events = list(AttemptEvent.objects.filter(attempt=attempt).order_by("sequence"))
        if [event.sequence for event in events] != list(range(1, len(events) + 1)):
            found.append(f"attempt {attempt.public_id}: a gap in the ledger")
        saves = sum(event.kind == EventKind.SAVED for event in events)
        revisions = sum(Response.objects.filter(attempt=attempt).values_list("revision", flat=True))
        ends = Counter(event.kind in (EventKind.SUBMITTED, EventKind.TIME_UP) for event in events)[True]
        if (saves, ends) != (revisions, 1):
            found.append(f"attempt {attempt.public_id}: {saves} entries for {revisions} revisions, {ends} ends")
    return found


def _scores() -> list[str]:
    scores = Score.objects.select_related("attempt__exam_form").prefetch_related("domain_scores")
    return [
        f"attempt {score.attempt.public_id}: its score recomputes otherwise"
        for score in scores
        if scoring.stored_result(score) != scoring.compute(score.attempt)
    ]


def _after(seconds: float | None) -> str:
    return "NOT in time" if seconds is None else f"after {seconds:.1f} s"
