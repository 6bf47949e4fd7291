"""Everything a browser may say to a study group, validated."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts import invitations
from accounts.models import Role, Share, StudyGroup
from exams.groups.shared_forms import MOST_DAYS
from exams.models import ExamForm
from exams.models.group import MOST_CHARACTERS


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    class Meta:
        model = StudyGroup
        fields = ("name", "description", "exam_on", "asks_for_approval")
        widgets: ClassVar = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "exam_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        help_texts: ClassVar = {
            "description": "Optional: when you meet, what for.",
            "exam_on": "Optional: the day most of you have in mind.",
        }


class ShareForm(forms.Form):
    share = forms.ChoiceField(choices=Share.choices, widget=forms.RadioSelect)


class LinkForm(forms.Form):
    """A link for several people."""

    days = forms.TypedChoiceField(
        label="Valid for",
        coerce=int,
        choices=[(1, "a day"), (7, "a week"), (30, "30 days"), (invitations.MOST_DAYS, "90 days")],
        initial=7,
    )
    uses = forms.IntegerField(
        label="For how many people",
        min_value=1,
        max_value=invitations.MOST_USES,
        initial=10,
        help_text="Each uses it once.",
    )


class MailForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        help_text="The invitation is for this address alone, and lets its person in at once.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=[(Role.INSTRUCTOR, "Instructor"), (Role.MEMBER, "Member")])


class RemoveForm(forms.Form):
    ends_links = forms.BooleanField(
        label="End all open links of the group as well", required=False, initial=True,
        help_text="Otherwise this person can come back by a link that they know.",
    )  # fmt: skip


class WindowForm(forms.Form):
    """The days within which a group sits a form; `today` is the person's."""

    first = forms.DateField(label="First day", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last = forms.DateField(
        label="Last day",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Who begins on it still has the full time.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        first: date | None = self.cleaned_data.get("first")
        if last < self.today:
            raise ValidationError("This day is past. Give a day on which somebody can still sit it.")
        if first and last < first:
            raise ValidationError("This is before the first day. Give the same day or a later one.")
        if first and (last - first).days > MOST_DAYS:
            raise ValidationError(f"These are more than {MOST_DAYS} days. Give an earlier last day.")
        return last


class GroupExamForm(WindowForm):
    number = forms.TypedChoiceField(label="Form", coerce=int)

    field_order = ("number", "first", "last")

    def __init__(self, *args: Any, shareable: Iterable[ExamForm], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].choices = [(one.published_number, one.title) for one in shareable]  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """Of an item where it names a position, else of the form as a whole."""

    text = forms.CharField(
        label="Write to the group",
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="*Emphasis*, lists and `code` work. Everybody who has finished this form can read it.",
    )
    position = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why?", max_length=200)
