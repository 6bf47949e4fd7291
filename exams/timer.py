"""When an attempt ends: computed once at the start, on the server."""

from datetime import datetime, timedelta


def deadline(*, started_at: datetime, minutes: int, extra_time_percent: int) -> datetime:
    """started_at + minutes × (1 + extra time), to the second."""
    return started_at + timedelta(seconds=minutes * 60 * (100 + extra_time_percent) // 100)


def with_other_extra_time(granted: timedelta, percent: int, other_percent: int) -> timedelta:
    """The time that was granted with `percent` of extra time, had it been granted with the other; to the second."""
    return timedelta(seconds=round(granted.total_seconds() * (100 + other_percent) / (100 + percent)))
