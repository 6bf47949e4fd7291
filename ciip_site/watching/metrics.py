"""What web processes count while they work. docs/operations.md says what each figure means.

With several processes PROMETHEUS_MULTIPROC_DIR, set by gunicorn.conf.py, joins what each has counted.
"""

from functools import cache
from http import HTTPStatus

from prometheus_client import Counter, Histogram

SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# A save that came after the deadline, within the grace, and counts.
LATE = "late"
SAVE = "exams:save"
# What became of a save that never reached the attempt.
REFUSED = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "signed_out",
    HTTPStatus.FORBIDDEN: "refused",
    HTTPStatus.NOT_FOUND: "unknown",
}

request_seconds = Histogram(
    "ciip_request_seconds", "How long requests took, by the route's name.", ["route", "status"], buckets=SECONDS
)
save_seconds = Histogram(
    "ciip_save_seconds", "How long saves took, by what became of them.", ["outcome"], buckets=SECONDS
)
late_saves = Counter("ciip_late_saves", "Saves accepted after the deadline, within the grace.")


def record_request(*, route: str, status: int, seconds: float, outcome: str) -> None:
    """`outcome` is what became of a save, where the view has come so far as to know."""
    _requests(route, status // 100).observe(seconds)
    if not outcome and route != SAVE:
        return
    _saves(outcome or REFUSED.get(HTTPStatus(status), "failed")).observe(seconds)
    if outcome == LATE:
        late_saves.inc()


@cache
def _requests(route: str, hundreds: int) -> Histogram:
    return request_seconds.labels(route=route or "unknown", status=f"{hundreds}xx")


@cache
def _saves(outcome: str) -> Histogram:
    return save_seconds.labels(outcome=outcome)
