"""What to study when: from an exam date, hours a week and a person's answers to dated tasks. Plain values throughout.

The plan is the six-week plan for this exam (Image Management and Systems Management for two weeks; Medical Imaging
Informatics and Information Technology for two; Operations and Clinical Engineering for one; the other domains, full
review and full-length mocks in the last), drawn out or pressed together in its proportions.

Weeks are counted back from the exam, so that the last one is whole and a shorter first one holds its share of the
hours. Study time goes by quarters of an hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from exams.apportionment import apportion
from exams.models import PlanTaskKind

# Each phase's share of the time, in weeks of six; the last phase has whatever domains are not named here.
PHASES = ((2, ("IM", "SYS")), (2, ("MII", "IT")), (1, ("OPS", "CE")), (1, ()))
# The domain of a drill of all domains.
ALL = ""

QUARTER = 15
MOST_IN_ONE_TASK = 60
MOST_READING = 30
# As long as in the exam to answer, and as long again for the reasons.
MINUTES_AN_ITEM = 2
# A guide is read when its domain comes up first and then every third time.
READ_EVERY = 3
LEAST_REVIEW, MOST_REVIEW = 2, 15
# Of the minutes of a week, one in so many goes to each day's review: a fifth of the week altogether.
REVIEW_PART = 35
WEEK = 7
# Days before the exam on which the two mocks stand when there is room; the last day is never one of them.
FIRST_MOCK, SECOND_MOCK = 6, 3
# Quarters of an hour that the second mock has to leave: one for each of the ten domains.
LEAST_STUDY = 10

FEWEST_ANSWERS = 25
PRIOR_ANSWERS = 25
GAIN = 5
MOST_EMPHASIS = 2.0


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain with its weight in the exam and the person's first answers to its items."""

    code: str
    number: int
    weight: int
    right: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plan has to fit into."""

    today: date
    exam_on: date
    hours_per_week: int
    mock_minutes: int

    @property
    def day_count(self) -> int:
        """Days from today to the one before the exam."""
        return (self.exam_on - self.today).days


@dataclass(frozen=True, slots=True)
class Planned:
    """One task of a plan. `domain` is a code, ALL where the task is of no single domain."""

    on: date
    kind: PlanTaskKind
    minutes: int
    domain: str = ALL
    item_count: int | None = None


@dataclass(frozen=True, slots=True)
class _Week:
    """The days of one week that are left, the minutes for them, and what of these is spoken for."""

    days: tuple[date, ...]
    minutes: int
    mock_days: tuple[date, ...]
    mock_minutes: int
    review_minutes: int
    study_days: tuple[date, ...]

    @property
    def quarters(self) -> int:
        return (self.minutes - self.mock_minutes - self.review_minutes * len(self.days)) // QUARTER


def week_of(day: date, exam_on: date) -> int:
    """The week in which a day lies, counted back: 0 are the seven days before the exam, below 0 it is over."""
    return ((exam_on - day).days - 1) // WEEK


def week_days(week: int, exam_on: date) -> tuple[date, date]:
    """First and last day of a week."""
    return exam_on - timedelta(days=WEEK * (week + 1)), exam_on - timedelta(days=WEEK * week + 1)


def emphasis(domains: Sequence[Domain]) -> dict[str, float]:
    """How much more time each domain gets than the exam's proportions alone would give; only factors above 1.

    factor = min(2, 1 + 5 · gap), gap = (overall − own) · n / (n + 25)

    `overall` is the share right of all first answers, `own` that of the domain's n. The last term draws a domain of
    few answers towards the overall level. A domain of fewer than 25 answers, or at the overall level or above it,
    keeps factor 1. Since no factor is under 1 or over 2, no domain's share of the time falls below half of what it
    was: none vanishes.
    """
    total = sum(domain.answered for domain in domains)
    if not total:
        return {}
    overall = sum(domain.right for domain in domains) / total
    factors = {}
    for domain in domains:
        if domain.answered >= FEWEST_ANSWERS:
            gap = (overall - domain.right / domain.answered) * domain.answered / (domain.answered + PRIOR_ANSWERS)
            if gap > 0:
                factors[domain.code] = round(min(MOST_EMPHASIS, 1 + GAIN * gap), 2)
    return factors


def make(frame: Frame, domains: Sequence[Domain]) -> list[Planned]:
    """A plan for every day from today to the one before the exam, in order of its days.

    No week exceeds its hours. All domains occur where there is a quarter of an hour for each; with less, the weightiest
    do. The same input gives the same plan.
    """
    if frame.day_count < 1:
        raise ValueError(f"An exam on {frame.exam_on} leaves no day from {frame.today} on.")
    weeks = _weeks(frame)
    quarters = sum(week.quarters for week in weeks)
    mock_minutes = sum(week.mock_minutes for week in weeks)
    quotas = _quotas(domains, quarters=quarters, mock_minutes=mock_minutes)
    studied = _study(weeks, quotas, domains)
    tasks = []
    for week in weeks:
        for day in week.days:
            if week.review_minutes:
                tasks.append(Planned(day, PlanTaskKind.REVIEW, week.review_minutes))
            if day in week.mock_days:
                tasks.append(Planned(day, PlanTaskKind.MOCK, frame.mock_minutes))
            tasks += studied.get(day, [])
    return tasks


# --- Weeks: mocks first, then each day's review, then what is left for study ---------------------------------------


def _weeks(frame: Frame) -> list[_Week]:
    days = [frame.today + timedelta(days=n) for n in range(frame.day_count)]
    by_week = [tuple(found) for _, found in groupby(days, lambda day: week_of(day, frame.exam_on))]
    before = [_week(frame, days, ()) for days in by_week[:-1]]
    for count in (2, 1):
        mock_days = _mock_days(frame, count)
        last = _week(frame, by_week[-1], mock_days)
        study = sum(week.quarters for week in [*before, last])
        # The second mock must leave room for other study; the first tells more than as long with anything else.
        if len(mock_days) == count and last.review_minutes >= LEAST_REVIEW and (count == 1 or study >= LEAST_STUDY):
            return [*before, last]
    return [*before, _week(frame, by_week[-1], ())]


def _week(frame: Frame, days: tuple[date, ...], mock_days: tuple[date, ...]) -> _Week:
    minutes = frame.hours_per_week * 60 * len(days) // WEEK
    mock_minutes = len(mock_days) * frame.mock_minutes
    review = min(MOST_REVIEW, max(LEAST_REVIEW, frame.hours_per_week * 60 // REVIEW_PART))
    # The day before the exam is for rest, unless there are hardly any days at all.
    eve = frame.exam_on - timedelta(days=1)
    is_long = frame.day_count >= WEEK
    return _Week(
        days=days,
        minutes=minutes,
        mock_days=mock_days,
        mock_minutes=mock_minutes,
        review_minutes=min(review, (minutes - mock_minutes) // len(days)),
        study_days=tuple(day for day in days if day not in mock_days and not (is_long and day == eve)),
    )


def _mock_days(frame: Frame, count: int) -> tuple[date, ...]:
    """As many days as asked for or as there are, none of them the last one before the exam."""
    first = min(FIRST_MOCK, frame.day_count)
    second = min(SECOND_MOCK, first - 1)
    wanted = [first, second] if count == 2 else [min(SECOND_MOCK, frame.day_count)]
    return tuple(frame.exam_on - timedelta(days=before) for before in wanted if before >= 2)


# --- Domains: who gets how many quarters of an hour ----------------------------------------------------------------


def _quotas(domains: Sequence[Domain], *, quarters: int, mock_minutes: int) -> dict[str, int]:
    """Quarters of an hour by domain code, the drills of all domains under ALL."""
    shares = _shares(domains, quarters * QUARTER, mock_minutes)
    codes = [*sorted(shares.keys() - {ALL}, key=lambda code: _number(domains, code)), ALL]
    real = codes[:-1]
    if quarters < len(real):
        heaviest = sorted(real, key=lambda code: (-shares[code], _number(domains, code)))
        return dict.fromkeys(heaviest[:quarters], 1)
    scale = 10**6 / max(shares.values())
    places = apportion(quarters, {place: round(shares[code] * scale) for place, code in enumerate(codes)})
    quotas = {code: places[place] for place, code in enumerate(codes)}
    for code in real:
        if not quotas[code]:
            quotas[max(quotas, key=lambda other: quotas[other])] -= 1
            quotas[code] = 1
    return quotas


def _shares(domains: Sequence[Domain], study: int, mock_minutes: int) -> dict[str, Fraction]:
    """Study minutes by domain code, before rounding.

    Mocks are part of the last phase's sixth. What they leave of it goes to its domains, a twentieth of the study time
    at least; a quarter of that to drills of all domains. Within a phase time goes by the exam's weights times emphasis.
    """
    factors = emphasis(domains)
    light = max(Fraction(study + mock_minutes, 6) - mock_minutes, Fraction(study, 20))
    head = sum(part for part, _ in PHASES[:-1])
    minutes = [(study - light) * part / head for part, _ in PHASES[:-1]] + [light * 3 / 4]
    shares: dict[str, Fraction] = {ALL: light / 4}
    for phase, its_minutes in enumerate(minutes):
        held = [domain for domain in domains if _phase(domain.code) == phase]
        for domain in held:
            part = Fraction(domain.weight, sum(other.weight for other in held))
            shares[domain.code] = its_minutes * part * Fraction(str(factors.get(domain.code, 1)))
    return shares


def _phase(code: str) -> int:
    return next((phase for phase, (_, codes) in enumerate(PHASES) if code in codes), len(PHASES) - 1)


def _number(domains: Sequence[Domain], code: str) -> int:
    return next(domain.number for domain in domains if domain.code == code)


# --- Days: phase after phase, the domains of each by turns ---------------------------------------------------------


def _study(weeks: Sequence[_Week], quotas: Mapping[str, int], domains: Sequence[Domain]) -> dict[date, list[Planned]]:
    left = dict(quotas)
    visits = dict.fromkeys(quotas, 0)
    found: dict[date, list[Planned]] = {}
    for day, quarters in (room for week in weeks for room in _rooms(week)):
        room = quarters
        while room:
            code = _next(left, quotas, domains)
            taken = min(room, left[code], MOST_IN_ONE_TASK // QUARTER)
            # A single quarter of an hour is best spent on items.
            is_reading = code != ALL and quotas[code] > 1 and visits[code] % READ_EVERY == 0
            found.setdefault(day, []).extend(_tasks(day, code, taken * QUARTER, is_reading=is_reading))
            left[code] -= taken
            visits[code] += 1
            room -= taken
    return found


def _rooms(week: _Week) -> list[tuple[date, int]]:
    """The week's quarters spread over its study days, half an hour a day at least where there is so much."""
    count = max(1, min(len(week.study_days), week.quarters // 2))
    days = [week.study_days[n * len(week.study_days) // count] for n in range(count)] if week.study_days else []
    return [
        (day, (n + 1) * week.quarters // count - n * week.quarters // count)
        for n, day in enumerate(days)
    ]  # fmt: skip


def _next(left: Mapping[str, int], quotas: Mapping[str, int], domains: Sequence[Domain]) -> str:
    """Of the earliest phase with time left the domain with most of its own left; drills of all domains come last."""

    def rank(code: str) -> tuple[bool, int, Fraction, int]:
        if code == ALL:
            return True, 0, Fraction(0), 0
        return False, _phase(code), -Fraction(left[code], quotas[code]), _number(domains, code)

    return min((code for code, quarters in left.items() if quarters), key=rank)


def _tasks(day: date, code: str, minutes: int, *, is_reading: bool) -> list[Planned]:
    reading = min(MOST_READING, max(QUARTER, minutes // 2)) if is_reading else 0
    drilling = minutes - reading
    tasks = [Planned(day, PlanTaskKind.READ, reading, code)] if reading else []
    if drilling:
        tasks.append(Planned(day, PlanTaskKind.DRILL, drilling, code, drilling // MINUTES_AN_ITEM))
    return tasks
