"""The credential's rules as dated data that come with the site; whoever reads newer ones edits the files."""

from calendar import month_name
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from exams.shipped import FIXTURES
from questions import bank_yaml

FOLDER = FIXTURES / "credential"


@dataclass(frozen=True)
class Origin:
    """Where a set of rules comes from, when it was read, and what is unclear in it."""

    name: str
    source: str
    checked_on: date
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """The fewest and the most points of a category."""

    least: int
    most: int


@dataclass(frozen=True)
class Level:
    """A level of education."""

    code: str
    name: str
    points: int


@dataclass(frozen=True)
class EligibilityRules:
    origin: Origin
    points_needed: int
    experience: Bounds
    months_a_point: int
    education: Bounds
    levels: tuple[Level, ...]
    informatics_points: int
    continuing: Bounds
    hours_a_point: int
    years_counted: int | None


@dataclass(frozen=True)
class AttemptRules:
    origin: Origin
    attempts: int
    months: int
    first_fee: int
    retake_fee: int
    reschedule_hours: int


@dataclass(frozen=True)
class MaintenanceRules:
    """`renewal_due` and `late_until` are month and day."""

    origin: Origin
    credits: int
    biennium_years: int
    renewal_fee: int
    late_fee: int
    renewal_due: tuple[int, int]
    late_until: tuple[int, int]
    first_renewal_after_years: int
    valid_years: int
    checklist: tuple[str, ...]

    @property
    def due_words(self) -> str:
        return _day_words(self.renewal_due)

    @property
    def late_words(self) -> str:
        return _day_words(self.late_until)


@cache
def eligibility(path: Path = FOLDER / "eligibility.yaml") -> EligibilityRules:
    data = bank_yaml.read(path)
    experience, education, continuing = data["experience"], data["education"], data["continuing"]
    beyond = 0 if education["informatics_within_most"] else education["informatics_points"]
    return EligibilityRules(
        origin=_origin(data),
        points_needed=data["points_needed"],
        experience=Bounds(experience["least"], experience["most"]),
        months_a_point=experience["months_a_point"],
        education=Bounds(education["least"], education["most"] + beyond),
        levels=tuple(Level(**level) for level in education["levels"]),
        informatics_points=education["informatics_points"],
        continuing=Bounds(continuing["least"], continuing["most"]),
        hours_a_point=continuing["hours_a_point"],
        years_counted=continuing["years_counted"],
    )


@cache
def attempts(path: Path = FOLDER / "attempts.yaml") -> AttemptRules:
    data = bank_yaml.read(path)
    names = ("attempts", "months", "first_fee", "retake_fee", "reschedule_hours")
    return AttemptRules(_origin(data), **{name: data[name] for name in names})


@cache
def maintenance(path: Path = FOLDER / "maintenance.yaml") -> MaintenanceRules:
    data = bank_yaml.read(path)
    names = ("credits", "biennium_years", "renewal_fee", "late_fee", "first_renewal_after_years", "valid_years")
    (due_month, due_day), (late_month, late_day) = data["renewal_due"], data["late_until"]
    return MaintenanceRules(
        _origin(data),
        renewal_due=(due_month, due_day),
        late_until=(late_month, late_day),
        checklist=tuple(data["checklist"]),
        **{name: data[name] for name in names},
    )


def _day_words(day: tuple[int, int]) -> str:
    return f"{month_name[day[0]]} {day[1]}"


def _origin(data: Mapping[str, Any]) -> Origin:
    return Origin(data["name"], data["source"], date.fromisoformat(data["checked_on"]), tuple(data["notes"]))
