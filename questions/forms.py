"""What an author may write: the content of one version, checked as the importer checks a file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from questions import svg
from questions.bank_format import REFERENCE_FIELDS
from questions.content import ItemContent, OptionContent
from questions.json_field import PlainJSONField
from questions.models import Cognitive, ExhibitKind, Item, ItemVersion, OptionOrder, Task

MOST_TEXT = 20_000


def _text(**attributes: Any) -> forms.CharField:
    rows = attributes.pop("rows", 3)
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), max_length=MOST_TEXT, **attributes)


class DraftForm(forms.Form):
    """A version's content without its options. `after` is the version the author started from."""

    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    task = forms.ModelChoiceField(Task.objects.none())
    cognitive = forms.ChoiceField(choices=Cognitive.choices)
    order = forms.ChoiceField(choices=OptionOrder.choices, help_text="Fixed for numbers in order, else shuffle.")
    stem = _text()
    exhibit_kind = forms.ChoiceField(choices=ExhibitKind.choices, required=False)
    exhibit_title = forms.CharField(max_length=200, required=False)
    exhibit_body = _text(required=False, rows=6, strip=False)
    exhibit_alt = _text(required=False, rows=2)
    references = PlainJSONField(
        widget=forms.Textarea(attrs={"rows": 5}), help_text='A list such as [{"source": "…", "locator": "…"}].'
    )
    point = _text(required=False, rows=2)

    def __init__(self, *args: Any, item: Item, latest: ItemVersion | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest
        field = self.fields["task"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
        field.queryset = Task.objects.filter(domain__outline__is_current=True, domain__code=item.code.split("-")[0])

    def clean_references(self) -> list[dict[str, str]]:
        value = self.cleaned_data["references"]
        if not isinstance(value, list) or not all(
            isinstance(row, dict) and row.get("source") and row.get("locator") for row in value
        ):
            raise ValidationError("Each reference needs a source and a locator.")
        for row in value:
            if unknown := [name for name in row if name not in REFERENCE_FIELDS or not isinstance(row[name], str)]:
                raise ValidationError(
                    f"{unknown[0]} is not known, or not text; known are {', '.join(REFERENCE_FIELDS)}."
                )
            if url := row.get("url"):
                forms.URLField(assume_scheme="https").clean(url)
        return value

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        kind, body = values.get("exhibit_kind"), values.get("exhibit_body", "")
        if bool(kind) != bool(body.strip()):
            raise ValidationError({"exhibit_body": "An exhibit needs both a kind and a body, or neither."})
        if kind and not values.get("exhibit_title"):
            raise ValidationError({"exhibit_title": "An exhibit needs a title."})
        if kind == ExhibitKind.SVG:
            try:
                values["exhibit_body"] = svg.check(body)
            except svg.BadSvg as error:
                raise ValidationError({"exhibit_body": str(error)}) from error
            if not values.get("exhibit_alt"):
                raise ValidationError({"exhibit_alt": "A drawing needs the same facts in words."})
        return values

    def content(self, options: tuple[OptionContent, ...]) -> ItemContent:
        """The version's content; what the form does not show is carried over from the latest version."""
        values = self.cleaned_data
        names = ("cognitive", "order", "stem", "point", "exhibit_kind", "exhibit_title", "exhibit_body", "exhibit_alt")
        return ItemContent(
            task=values["task"].code,
            options=options,
            references=tuple(values["references"]),
            tags=tuple(self.latest.tags) if self.latest else (),
            topic=self.latest.topic if self.latest else "",
            predicted_p=self.latest.predicted_p if self.latest else None,
            **{name: values[name] for name in names},
        )


class OptionForm(forms.Form):
    text = forms.CharField(max_length=500)
    is_key = forms.BooleanField(required=False, label="This is the key")
    rationale = _text()


class BaseOptionFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # generic in its stubs alone
    def clean(self) -> None:
        if any(self.errors):
            return
        options = self.contents()
        if sum(option.is_key for option in options) != 1:
            raise ValidationError("Mark exactly one option as the key.")
        if len({option.text.casefold() for option in options}) < len(options):
            raise ValidationError("Two options have the same text.")

    def contents(self) -> tuple[OptionContent, ...]:
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data]
        return tuple(OptionContent(row["text"], row["rationale"], row["is_key"]) for row in rows)


OptionFormSet = forms.formset_factory(
    OptionForm, formset=BaseOptionFormSet, extra=0, min_num=4, max_num=8, validate_min=True, validate_max=True
)
