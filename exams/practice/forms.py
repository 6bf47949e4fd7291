"""What a person may ask of practice, validated."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from exams.models import Confidence, PracticeMode, PracticeSource
from exams.practice.choosing import Wish
from exams.practice.sessions import MOST_ITEMS, Plan
from questions.models import Domain, Task

PROPORTIONAL_SIZES = (20, 50, 65, 85)
SIZE = 20


class PresetForm(forms.Form):
    """The one click: a number of items in exam proportions."""

    size = forms.TypedChoiceField(choices=[(size, str(size)) for size in PROPORTIONAL_SIZES], coerce=int)

    def plan(self) -> Plan:
        size = self.cleaned_data["size"]
        wish = Wish(size, PracticeSource.ALL, in_proportion=True)
        return Plan(f"{size} in exam proportions", PracticeMode.TUTOR, wish)


class PracticeForm(forms.Form):
    """A session of one's own: what from, how, how much."""

    source = forms.ChoiceField(
        label="From", choices=PracticeSource, initial=PracticeSource.UNSEEN, widget=forms.RadioSelect
    )
    mode = forms.ChoiceField(label="How", choices=PracticeMode, initial=PracticeMode.TUTOR, widget=forms.RadioSelect)
    size = forms.IntegerField(label="Items at most", min_value=1, max_value=MOST_ITEMS, initial=SIZE)
    timed = forms.BooleanField(label="Against the clock, a minute an item", required=False)
    domain = forms.MultipleChoiceField(
        label="Domains", required=False, widget=forms.CheckboxSelectMultiple, help_text="None means all."
    )
    task = forms.MultipleChoiceField(
        label="Single tasks of our list", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        domains = Domain.objects.filter(outline__is_current=True).order_by("number")
        self.names = dict(domains.values_list("code", "name"))
        tasks = Task.objects.filter(domain__outline__is_current=True).order_by("domain__number", "code")
        self.tasks = {code: f"{code} {name}" for code, name in tasks.values_list("code", "name")}
        self.fields["domain"].choices = list(self.names.items())  # type: ignore[attr-defined]  # a ChoiceField's
        self.fields["task"].choices = list(self.tasks.items())  # type: ignore[attr-defined]

    def plan(self) -> Plan:
        said = self.cleaned_data
        wish = Wish(said["size"], said["source"], frozenset(said["domain"]), frozenset(said["task"]))
        return Plan(self._title(), said["mode"], wish, is_timed=said["timed"])

    def _title(self) -> str:
        said = self.cleaned_data
        what = [*(self.names[code] for code in said["domain"]), *said["task"]] or ["All domains"]
        about = ", ".join(what[:3]) + (f" and {len(what) - 3} more" if len(what) > 3 else "")
        source = {"missed": "missed items", "flagged": "flagged items", "due": "review"}.get(said["source"], "")
        return f"{about}: {source}" if source else about


class AnswerForm(forms.Form):
    """One answer. Without a choice it is "I do not know", which a confidence does not go with."""

    chosen = forms.IntegerField(min_value=1, max_value=8, required=False)
    confidence = forms.TypedChoiceField(choices=Confidence, coerce=int, empty_value=None, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("confidence") and not cleaned.get("chosen"):
            raise ValidationError("Choose an option first, then say how sure you are.")
        if cleaned.get("chosen") and not cleaned.get("confidence"):
            raise ValidationError("Say how sure you are with one of the three buttons.")
        return cleaned
