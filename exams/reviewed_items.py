"""The items of a finished attempt with everything that may be said of them: own answer, key, reasons, other people."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.text import Truncator

from exams.item_texts import MOST_KEPT, ItemText, texts_of
from exams.keys import mended_versions
from exams.masking import items_being_asked
from exams.models import Attempt, Response
from exams.others import Choices, choices_of
from exams.scoring import is_right
from questions.samples import LETTERS, ShownOption


@dataclass(frozen=True)
class ReviewedItem:
    """One item after the end. `text` is what was served; options and references are `shown`'s, whose key counts."""

    text: ItemText
    shown: ItemText
    response: Response
    late: str
    others: list[tuple[str, int]]
    others_count: int

    @property
    def position(self) -> int:
        return self.response.position

    @property
    def option_order(self) -> str:
        return self.response.form_item.option_order

    @property
    def options(self) -> list[ShownOption]:
        """As they were shown, with what the mended version says of them."""
        return self.shown.in_order(self.option_order)

    @property
    def chosen(self) -> str:
        return LETTERS[self.response.chosen - 1] if self.response.chosen else ""

    @property
    def key(self) -> str:
        return LETTERS[self.option_order.index(str(self.shown.key_position))]

    @property
    def key_text(self) -> str:
        return self.shown.options[self.shown.key_position].text

    @property
    def is_right(self) -> bool:
        return is_right(self.option_order, self.response.chosen, self.shown.key_position)

    @property
    def is_scored(self) -> bool:
        return self.response.form_item.is_scored

    @property
    def is_mended(self) -> bool:
        return self.shown is not self.text

    @property
    def late_is_right(self) -> bool:
        return self.late == self.key

    @property
    def visible_seconds(self) -> int:
        return round(self.response.visible_ms / 1000)

    @property
    def beginning(self) -> str:
        return _beginning(self.text)

    @property
    def question(self) -> str:
        """Exhibit and stem as markup."""
        return _question(self.text)

    @property
    def answers(self) -> str:
        """The options as they were shown, with key, own answer and what the mended version says, as list items."""
        placed = zip(LETTERS, self.option_order, strict=False)
        lines = [
            (_option(self.shown, int(position), letter, is_own=letter == self.chosen),) for letter, position in placed
        ]
        return format_html_join("", "{}", lines)

    @property
    def references(self) -> str:
        return _references(self.shown)


def reviewed_items(attempt: Attempt, positions: Collection[int] | None = None) -> list[ReviewedItem]:
    """The items of a finished attempt in order, all or some, without those that the person is being asked right now."""
    masked = items_being_asked(attempt.user_id)
    responses = Response.objects.filter(attempt=attempt).exclude(form_item__item__in=masked).order_by("position")
    if positions is not None:
        responses = responses.filter(position__in=positions)
    found = list(responses.select_related("form_item"))
    served = [response.form_item.version_id for response in found]
    mended = mended_versions(served)
    texts = texts_of([*served, *mended.values()])
    others = choices_of(served)
    late = dict(attempt.late_answers.values_list("position", "chosen"))
    return [
        _reviewed(response, texts, mended, late.get(response.position), others.get(response.form_item.version_id))
        for response in found
    ]


def _reviewed(
    response: Response, texts: dict[int, ItemText], mended: dict[int, int], late: int | None, others: Choices | None
) -> ReviewedItem:
    version, order = response.form_item.version_id, response.form_item.option_order
    return ReviewedItem(
        text=texts[version],
        shown=texts[mended.get(version, version)],
        response=response,
        late=LETTERS[late - 1] if late else "",
        others=[(letter, others.percent(int(position))) for letter, position in zip(LETTERS, order, strict=False)]
        if others
        else [],
        others_count=others.n if others else 0,
    )


# Most of a report is the same for everybody who made the same choices, so each piece is rendered once by a process.


@lru_cache(maxsize=MOST_KEPT)
def _beginning(text: ItemText) -> str:
    return Truncator(text.stem).chars(90)


@lru_cache(maxsize=MOST_KEPT)
def _question(text: ItemText) -> str:
    return render_to_string("exams/_question.html", {"text": text})


# One by one: personal forms have orders of their own, and of four options there are 120 lists but 32 lines.
@lru_cache(maxsize=8 * MOST_KEPT)
def _option(text: ItemText, position: int, letter: str, *, is_own: bool) -> str:
    context = {"option": text.options[position], "letter": letter, "is_own": is_own}
    return render_to_string("exams/_reviewed_option.html", context)


@lru_cache(maxsize=MOST_KEPT)
def _references(text: ItemText) -> str:
    return render_to_string("questions/_references.html", {"references": text.references})
