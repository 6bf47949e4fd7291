"""Everything a browser may say to an open attempt, to the workshop, the form desk and a study plan, validated."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator

from exams.form_problem import Wish
from exams.item_state import MOST_NOTE_CHARACTERS, Highlight, ItemState, highlights_from, struck_from
from exams.models import MOST_HOURS, Attempt, Survey
from exams.presence import MOST_VISIBLE_MS
from questions.json_field import PlainJSONField
from questions.models import ItemVersion

MOST_PLACES = 1000


class SaveForm(forms.Form):
    """One item as the page has it: `base` is the revision last acknowledged to this page."""

    item = forms.IntegerField(min_value=1, max_value=MOST_PLACES)
    base = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    op_id = forms.UUIDField()
    chosen = forms.IntegerField(min_value=1, max_value=8, required=False)
    flagged = forms.BooleanField(required=False)
    struck = forms.CharField(max_length=8, required=False)
    note = forms.CharField(max_length=MOST_NOTE_CHARACTERS, required=False, strip=False)
    highlights = PlainJSONField(required=False)

    def clean_note(self) -> str:
        """Halves of surrogate pairs, as JSON may hold them and no database does, become U+FFFD as in a sent form."""
        note: str = self.cleaned_data["note"]
        return note.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def clean_struck(self) -> str:
        try:
            return struck_from(self.cleaned_data["struck"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean_highlights(self) -> tuple[Highlight, ...]:
        try:
            return highlights_from(self.cleaned_data["highlights"] or [])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def arguments(self) -> dict[str, Any]:
        """For exams.attempts.save."""
        names = {"position": "item", "base": "base", "op_id": "op_id"}
        return {argument: self.cleaned_data[name] for argument, name in names.items()} | {"state": self.state()}

    def state(self) -> ItemState:
        said = [name for name in ("struck", "note", "highlights") if name in self.data]
        return ItemState(**{name: self.cleaned_data[name] for name in ("chosen", "flagged", *said)})


class PlainSaveForm(SaveForm):
    """The same from the room without scripts, with where to go next.

    A box for each option that is struck out; its page shows no highlights and leaves them as they are.
    """

    strike = forms.MultipleChoiceField(choices=[(str(place), str(place)) for place in range(1, 9)], required=False)
    go = forms.ChoiceField(choices=[(name, name) for name in ("previous", "next", "review")], required=False)

    def state(self) -> ItemState:
        state = super().state()
        if "note" not in self.data:
            return state
        return replace(state, struck="".join(sorted(self.cleaned_data["strike"])))


class HeartbeatForm(forms.Form):
    """How long which items were on screen since the last acknowledged heartbeat, and the last ledger entry known."""

    visible = PlainJSONField(required=False)
    known = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    position = forms.IntegerField(min_value=1, max_value=MOST_PLACES, required=False)

    def clean_visible(self) -> dict[int, int]:
        value: Any = self.cleaned_data["visible"] or {}
        if not isinstance(value, dict) or len(value) > MOST_PLACES:
            raise ValidationError("Must be a mapping of positions to milliseconds.")
        try:
            times = {int(position): int(milliseconds) for position, milliseconds in value.items()}
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError("Positions and milliseconds must be whole numbers.") from error
        if not all(0 < position <= MOST_PLACES and 0 <= ms <= MOST_VISIBLE_MS for position, ms in times.items()):
            raise ValidationError(f"Must lie within one day and {MOST_PLACES} items: {json.dumps(value)[:80]}")
        return times


def _scale(label: str) -> forms.TypedChoiceField:
    choices = Survey.Agreement.choices
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )


class SurveyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    """Every question may be left out."""

    ready = _scale("I felt ready before the first item")
    clear = _scale("The items were clear")
    time = forms.ChoiceField(label="The time was", choices=Survey.Time, required=False, widget=forms.RadioSelect)

    class Meta:
        model = Survey
        fields = ("ready", "clear", "time", "comment")
        widgets: ClassVar = {"comment": forms.Textarea(attrs={"rows": 4})}


class MoveForm(forms.Form):
    """A move of an item, signed with a reason; `moves` are those that the person may make."""

    to = forms.ChoiceField(label="Move to")
    reason = forms.CharField(max_length=500, help_text="Kept with your name: why the item is moved.")

    def __init__(self, *args: Any, moves: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(to, to) for to in moves]  # type: ignore[attr-defined]  # a ChoiceField's


class RegradeForm(forms.Form):
    """Which of the versions that are offered was served with a wrong key, and why it was wrong."""

    version = forms.TypedChoiceField(label="Version with the wrong key", coerce=int)
    reason = forms.CharField(max_length=500, help_text="Shown to every candidate whose score is computed anew.")

    def __init__(self, *args: Any, offered: Iterable[tuple[ItemVersion, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(version.pk, f"version {version.number}, in {count} finished exams") for version, count in offered]
        self.fields["version"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField's


class CommentForm(forms.Form):
    text = forms.CharField(label="Comment", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class FaultForm(forms.Form):
    message = forms.CharField(max_length=2000, min_length=10)


class DocumentForm(forms.Form):
    """A document that this site made, as a file or as text."""

    MOST_BYTES = 500_000

    file = forms.FileField(label="The file", required=False)
    text = forms.CharField(
        label="Or its text", required=False, max_length=MOST_BYTES, widget=forms.Textarea(attrs={"rows": 6})
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if upload := cleaned.get("file"):
            if upload.size > self.MOST_BYTES:
                raise ValidationError("The file is larger than any that this site makes.")
            cleaned["text"] = upload.read().decode("utf-8", errors="replace")
        if not cleaned.get("text") and not self.errors:
            raise ValidationError("Choose the file, or paste its text.")
        return cleaned


class ExtensionForm(forms.Form):
    """More time for one of the attempts that are offered, or for all of them."""

    MOST_MINUTES = 240

    attempt = forms.TypedChoiceField(label="For", coerce=UUID, empty_value=None, required=False)
    minutes = forms.IntegerField(min_value=1, max_value=MOST_MINUTES)
    reason = forms.CharField(max_length=200, help_text="Kept with the exam: why the time was granted.")

    def __init__(self, *args: Any, running: Iterable[Attempt], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(attempt.public_id), str(attempt.user)) for attempt in running]
        choices = [("", "everybody who is sitting now"), *people]
        self.fields["attempt"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField's


class WishForm(forms.Form):
    """Parallel forms to be searched for; overlaps are at most as many items as a form has."""

    MOST_FORMS = 6

    number = forms.IntegerField(label="How many forms", min_value=1, max_value=MOST_FORMS, initial=1)
    overlap = forms.IntegerField(
        label="Items that each may share with an earlier published form",
        min_value=0,
        initial=0,
        help_text="At most so many with each of them. 0 is fresh only: no item of any published form.",
    )
    shared = forms.IntegerField(
        label="Items that two of the new forms may share",
        min_value=0,
        initial=0,
        help_text="0: the new forms have no item in common.",
    )
    tolerance = forms.DecimalField(
        label="Tolerance of mean predicted difficulty",
        min_value=0,
        max_value=1,
        decimal_places=3,
        initial="0.02",
        help_text="How far apart two forms' means may be; each lies within half of it of the bank's.",
    )
    spread = forms.IntegerField(
        label="Tolerance of the level mix, in scored items",
        min_value=0,
        initial=1,
        help_text="By how many items of recall, application or analysis forms may differ from each other and the bank.",
    )

    def __init__(self, *args: Any, size: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("overlap", "shared", "spread"):
            field = self.fields[name]
            field.max_value = size  # type: ignore[attr-defined]  # an IntegerField's
            field.validators.append(MaxValueValidator(size))
            field.widget.attrs["max"] = size

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(said["number"], said["overlap"], said["shared"], float(said["tolerance"]), said["spread"])


class PlanForm(forms.Form):
    """When the exam is and how much time there is for it; `today` is the person's."""

    FEWEST_DAYS = 3
    MOST_DAYS = 366

    exam_on = forms.DateField(
        label="Date of your exam",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Not booked yet? Take the day you have in mind; you can change it.",
    )
    hours_per_week = forms.IntegerField(
        label="Hours a week for study",
        min_value=1,
        max_value=MOST_HOURS,
        help_text="What you can keep up, mocks included. A full mock takes about three hours.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_exam_on(self) -> date:
        exam_on: date = self.cleaned_data["exam_on"]
        days = (exam_on - self.today).days
        if days < 0:
            raise ValidationError("This day is past. Give the day of an exam that is still to come.")
        if days == 0:
            raise ValidationError("This is today, and no plan helps any more. Trust what you know, and good luck.")
        if days < self.FEWEST_DAYS:
            raise ValidationError(
                f"A plan takes {self.FEWEST_DAYS} days at least. Until then do the reviews that are due, and sleep."
            )
        if days > self.MOST_DAYS:
            raise ValidationError("This is more than a year away. Plan from a year before the exam on.")
        return exam_on


class TickForm(forms.Form):
    """Explicitly done or not, never the opposite of before: a second click must not undo the first."""

    done = forms.TypedChoiceField(
        choices=[("yes", "done"), ("no", "not done")], coerce=lambda said: said == "yes", empty_value=None
    )


class CatchUpForm(forms.Form):
    missed = forms.ChoiceField(choices=[("spread", "spread over what is left"), ("drop", "let go")])
