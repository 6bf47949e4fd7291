"""A session on what most of a group missed, as one member sees it who has finished the form."""

from dataclasses import dataclass

from exams.groups import discussion, missed
from exams.groups.missed import Missed, Tally
from exams.models import Attempt, FormItem, GroupExam
from exams.reviewed_items import ReviewedItem, reviewed_items
from questions.samples import ShownOption


@dataclass(frozen=True, slots=True)
class Line:
    """One of the hardest items, with the number of comments on it."""

    tally: Tally
    stem: str
    domain_name: str
    comments: int


@dataclass(frozen=True)
class Session:
    """`lines` are the hardest items; `others` are items outside of them that somebody wrote about.

    `hidden` of the hardest are in an exam that the member has open.
    """

    missed: Missed
    lines: list[Line]
    others: list[tuple[ReviewedItem, int]]
    hidden: int


@dataclass(frozen=True)
class SessionItem:
    """One item with what the group made of it; `tally` is None where fewer than five count.

    `rank` is its place among the `of` hardest, None outside of them; `following` is the position of the next one.
    """

    item: ReviewedItem
    form_item: FormItem
    tally: Tally | None
    rank: int | None
    of: int
    following: int | None

    @property
    def options(self) -> list[tuple[ShownOption, int]]:
        """Each option with how many of the group chose it, in the order in which it was shown."""
        chosen = self.tally.chosen if self.tally else {}
        return [(option, chosen.get(place, 0)) for place, option in enumerate(self.item.options, start=1)]


def of(exam: GroupExam, attempt: Attempt) -> Session:
    found = missed.of(exam)
    counts = discussion.counts(exam)
    hardest = {tally.position for tally in found.hardest}
    shown = {item.position: item for item in reviewed_items(attempt, hardest | counts.keys())}
    lines = [
        Line(tally, item.text.stem, item.text.domain_name, counts.get(tally.position, 0))
        for tally in found.hardest
        if (item := shown.get(tally.position))
    ]
    others = [(item, counts[position]) for position, item in shown.items() if position not in hardest]
    return Session(found, lines, others, hidden=len(hardest) - len(lines))


def item_of(exam: GroupExam, attempt: Attempt, position: int) -> SessionItem | None:
    """None for no item of the form, and for one that the member is being asked."""
    found = missed.of(exam)
    shown = {item.position: item for item in reviewed_items(attempt, {position, *(t.position for t in found.hardest)})}
    form_item = FormItem.objects.filter(exam_form=exam.exam_form_id, position=position).first()
    if position not in shown or form_item is None:
        return None
    order = [tally.position for tally in found.hardest if tally.position in shown]
    rank = order.index(position) + 1 if position in order else None
    following = order[rank] if rank and rank < len(order) else None
    return SessionItem(shown[position], form_item, found.tallies.get(position), rank, len(order), following)
