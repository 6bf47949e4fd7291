"""The Seven-Point Qualification System: points by category, and what is missing, as pure functions of the rules."""

from dataclasses import dataclass
from decimal import Decimal

from exams.credential.rules import Bounds, EligibilityRules


@dataclass(frozen=True, slots=True)
class Background:
    """What a person brings: `level` is the code of a level of education."""

    months: int
    level: str
    has_informatics: bool
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Category:
    """A category's points within its bounds.

    Where points come by the piece, `have` are the pieces and `each` how many make a point; `unit` is one piece and
    several in words. Elsewhere `ways` says what makes more.
    """

    name: str
    points: int
    bounds: Bounds
    have: Decimal = Decimal(0)
    each: int = 0
    unit: tuple[str, str] = ("", "")
    ways: str = ""

    @property
    def is_met(self) -> bool:
        return self.points >= self.bounds.least

    @property
    def is_full(self) -> bool:
        return self.points >= self.bounds.most

    def to_reach(self, points: int) -> str:
        """What is lacking for so many points."""
        return _count(points * self.each - self.have, *self.unit) if self.each else self.ways


@dataclass(frozen=True, slots=True)
class Verdict:
    categories: tuple[Category, ...]
    needed: int

    @property
    def total(self) -> int:
        return sum(category.points for category in self.categories)

    @property
    def is_enough(self) -> bool:
        return self.total >= self.needed and all(category.is_met for category in self.categories)

    @property
    def missing(self) -> list[str]:
        """Minimums first, then the total; empty if and only if it is enough."""
        found = [
            f"{category.name}: {category.points} of at least {category.bounds.least}. "
            f"Lacking: {category.to_reach(category.bounds.least)}."
            for category in self.categories
            if not category.is_met
        ]
        if self.total < self.needed:
            open_ones = [category for category in self.categories if not category.is_full]
            ways = "; ".join(category.to_reach(category.points + 1) for category in open_ones)
            lacking = _count(self.needed - self.total, "more point", "more points")
            found.append(f"In all: {lacking}. The next one comes with any of these: {ways}.")
        return found


def judge(background: Background, rules: EligibilityRules) -> Verdict:
    return Verdict(
        (_experience(background, rules), _education(background, rules), _continuing(background, rules)),
        rules.points_needed,
    )


def _experience(background: Background, rules: EligibilityRules) -> Category:
    unit = ("more month of experience", "more months of experience")
    return _by_piece("Experience", Decimal(background.months), rules.months_a_point, unit, rules.experience)


def _continuing(background: Background, rules: EligibilityRules) -> Category:
    unit = ("more hour of continuing education", "more hours of continuing education")
    name = "Credentials and continuing education"
    return _by_piece(name, background.hours, rules.hours_a_point, unit, rules.continuing)


def _by_piece(name: str, have: Decimal, each: int, unit: tuple[str, str], bounds: Bounds) -> Category:
    return Category(name, min(int(have // each), bounds.most), bounds, have, each, unit)


def _education(background: Background, rules: EligibilityRules) -> Category:
    level = next(level for level in rules.levels if level.code == background.level)
    points = level.points + rules.informatics_points * background.has_informatics
    better = next((other for other in rules.levels if other.points > level.points), None)
    ways = [better.name[0].lower() + better.name[1:]] if better else []
    if not background.has_informatics:
        ways.append("a degree or diploma in imaging informatics")
    bounds = rules.education
    return Category("Education", min(points, bounds.most), bounds, ways=", or ".join(ways))


def _count(count: int | Decimal, one: str, several: str) -> str:
    number = f"{count.normalize():f}" if isinstance(count, Decimal) else f"{count}"
    return f"{number} {one if count == 1 else several}"
