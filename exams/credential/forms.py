"""What a person may tell the credential desk, validated. `today` is theirs."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from exams.credential import rules
from exams.credential.eligibility import Background
from exams.models import ExamResult
from exams.models.credential import EARLIEST, LEAST_CREDITS, MOST_CREDITS

# How far ahead an exam can be planned.
MOST_YEARS_AHEAD = 3


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


class TodayForm(forms.Form):
    """A form whose days are measured against the person's today."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def past_day(self, name: str) -> date | None:
        """A cleaned day that is neither to come nor before every known exam."""
        day: date | None = self.cleaned_data[name]
        if day and day > self.today:
            raise ValidationError("This day is still to come. Enter it when it is past.")
        return _not_too_early(day)


def _not_too_early(day: date | None) -> date | None:
    if day and day < EARLIEST:
        raise ValidationError(f"The earliest exams we know of were in {EARLIEST.year}. Check the year.")
    return day


class BackgroundForm(forms.Form):
    """The eligibility calculator. Nothing of it is stored."""

    months = forms.IntegerField(
        label="Months of experience",
        min_value=0,
        max_value=720,
        help_text="As a credentialed imaging or healthcare IT or informatics professional. Five years are 60 months.",
    )
    level = forms.ChoiceField(label="Education")
    informatics = forms.BooleanField(label="One degree or diploma of mine is in imaging informatics", required=False)
    hours = forms.DecimalField(
        label="Hours of continuing education",
        min_value=0,
        max_value=2000,
        max_digits=6,
        decimal_places=2,
        help_text="In imaging informatics or related.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = rules.eligibility()
        choices = [(level.code, level.name) for level in said.levels]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField's
        if said.years_counted:
            self.fields["hours"].help_text += f" Only those of the last {said.years_counted} years count."

    def background(self) -> Background:
        said = self.cleaned_data
        return Background(said["months"], said["level"], said["informatics"], said["hours"])


class AttemptForm(TodayForm):
    on = _day("Day of the exam")
    result = forms.ChoiceField(label="How it went", choices=ExamResult)

    def clean_on(self) -> date | None:
        on: date = self.cleaned_data["on"]
        if on.year > self.today.year + MOST_YEARS_AHEAD:
            raise ValidationError("This is years away. Check the year.")
        return _not_too_early(on)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        on, is_planned = cleaned.get("on"), cleaned.get("result") == ExamResult.PLANNED
        if on and is_planned and on < self.today:
            self.add_error("on", "This day is past. Say how it went, or give a day that is still to come.")
        if on and "result" in cleaned and not is_planned and on > self.today:
            self.add_error("result", "This day is still to come. It can only be planned.")
        return cleaned


class ResultForm(forms.Form):
    result = forms.ChoiceField(choices=[(ExamResult.PASSED, "Passed"), (ExamResult.FAILED, "Not passed")])


class WindowForm(TodayForm):
    began_on = _day(
        "The months run from",
        required=False,
        help_text="The day from which ABII counts them, if you know it. Empty: from the earliest exam in your list.",
    )

    def clean_began_on(self) -> date | None:
        return self.past_day("began_on")


class CreditForm(TodayForm):
    on = _day("Day")
    title = forms.CharField(label="What it was", max_length=200)
    credits = forms.DecimalField(
        label="Credits",
        min_value=LEAST_CREDITS,
        max_value=MOST_CREDITS,
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.25", "inputmode": "decimal"}),
    )

    def clean_on(self) -> date | None:
        return self.past_day("on")


class RenewedForm(forms.Form):
    """Through which year renewals are paid; `first` is the year of the first one."""

    through = forms.TypedChoiceField(label="Renewals paid through", coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, first: int, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = [(str(year), str(year)) for year in range(today.year + 1, first - 1, -1)]
        choices = [("", "none yet"), *years]
        self.fields["through"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField's


class DutyForm(forms.Form):
    text = forms.CharField(label="Something to do or to keep", max_length=200)
