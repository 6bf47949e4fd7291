"""Keeping the credential: bienniums and their credits, the yearly renewal, the ten years. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from exams.credential.rules import MaintenanceRules
from exams.credential.spans import last_of


@dataclass(frozen=True, slots=True)
class Earned:
    """Credits of continuing education, earned on one day."""

    on: date
    credits: Decimal


@dataclass(frozen=True, slots=True)
class Biennium:
    """Both days included; `earned` are the credits of these days alone."""

    first: date
    last: date
    needed: int
    earned: Decimal

    @property
    def lacking(self) -> Decimal:
        return max(Decimal(0), self.needed - self.earned)

    @property
    def is_full(self) -> bool:
        return not self.lacking


class RenewalState(StrEnum):
    DUE = "due"
    LATE = "late"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Renewal:
    """The next renewal that is not paid: with the late fee from the day after `due_on`, until `late_until`."""

    year: int
    due_on: date
    late_until: date
    state: RenewalState
    fee: int
    days_left: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Everything that keeping the credential asks for on one day. `past` are bienniums that are over."""

    passed_on: date
    today: date
    current: Biennium
    past: tuple[Biennium, ...]
    renewal: Renewal
    valid_until: date

    @property
    def has_begun(self) -> bool:
        return self.today >= self.current.first

    @property
    def days_left(self) -> int:
        return (self.current.last - self.today).days

    @property
    def valid_days(self) -> int:
        return (self.valid_until - self.today).days


def upkeep(
    earned: Iterable[Earned], *, passed_on: date, renewed_through: int | None, today: date, rules: MaintenanceRules
) -> Upkeep:
    """`renewed_through` is the last year whose renewal is paid."""
    entries = list(earned)
    current = _biennium(entries, date(passed_on.year + 1, 1, 1), rules)
    past = []
    while current.last < today:
        past.append(current)
        current = _biennium(entries, date(current.last.year + 1, 1, 1), rules)
    return Upkeep(
        passed_on=passed_on,
        today=today,
        current=current,
        past=tuple(past),
        renewal=renewal(passed_on=passed_on, renewed_through=renewed_through, today=today, rules=rules),
        valid_until=last_of(passed_on, 12 * rules.valid_years),
    )


def _biennium(earned: Iterable[Earned], first: date, rules: MaintenanceRules) -> Biennium:
    last = last_of(first, 12 * rules.biennium_years)
    total = sum((entry.credits for entry in earned if first <= entry.on <= last), Decimal(0))
    return Biennium(first, last, rules.credits, total)


def renewal(*, passed_on: date, renewed_through: int | None, today: date, rules: MaintenanceRules) -> Renewal:
    year = first_renewal_year(passed_on, rules)
    if renewed_through is not None:
        year = max(year, renewed_through + 1)
    due_on, late_until = date(year, *rules.renewal_due), date(year + 1, *rules.late_until)
    if today <= due_on:
        return Renewal(year, due_on, late_until, RenewalState.DUE, rules.renewal_fee, (due_on - today).days)
    fee = rules.renewal_fee + rules.late_fee
    state = RenewalState.LATE if today <= late_until else RenewalState.LAPSED
    return Renewal(year, due_on, late_until, state, fee, max(0, (late_until - today).days))


def first_renewal_year(passed_on: date, rules: MaintenanceRules) -> int:
    return passed_on.year + rules.first_renewal_after_years
