"""Spans of months and years between days, leap days included."""

from datetime import date, timedelta

DAY = timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day so many months on; where that month is too short for it, the first day of the month after."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return date(year, month + 2, 1)


def last_of(first: date, months: int) -> date:
    """The last day of a span that begins on `first`: the day before the same day so many months on."""
    return months_later(first, months) - DAY
