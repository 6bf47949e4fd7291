"""What an author may write: the content of one version, checked as the importer checks a file."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from questions import option_rows, pictures, svg
from questions.bank_format import REFERENCE_FIELDS
from questions.content import ItemContent, OptionContent
from questions.json_field import PlainJSONField
from questions.models import Cognitive, ExhibitImage, ExhibitKind, Item, ItemVersion, OptionOrder, Task
from questions.pictures import Picture

MOST_TEXT = 20_000


def _text(**attributes: Any) -> forms.CharField:
    rows = attributes.pop("rows", 3)
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), max_length=MOST_TEXT, **attributes)


class DraftForm(forms.Form):
    """A version's content without its options. `after` is the version the author started from.

    `on_top` is the newer version that the author has looked at and goes over all the same. A picture is kept apart from
    a pasted body, so that nobody has to type its digest and choosing another kind loses neither.
    """

    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    on_top = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    task = forms.ModelChoiceField(Task.objects.none())
    cognitive = forms.ChoiceField(choices=Cognitive.choices)
    order = forms.ChoiceField(choices=OptionOrder.choices, help_text="Fixed for numbers in order, else shuffle.")
    stem = _text()
    exhibit_kind = forms.ChoiceField(choices=ExhibitKind.choices, required=False)
    exhibit_title = forms.CharField(max_length=200, required=False)
    exhibit_picture = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    exhibit_body = _text(
        required=False,
        rows=6,
        strip=False,
        help_text="Text, a Markdown pipe table, or the source of an SVG; a picture is chosen as a file.",
    )
    exhibit_alt = _text(required=False, rows=2, help_text="The same facts in words; a drawing or picture needs them.")
    references = PlainJSONField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text='A list such as [{"source": "…", "locator": "…"}]; empty in an early draft.',
    )
    point = _text(required=False, rows=2)

    def __init__(self, *args: Any, item: Item, latest: ItemVersion | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest
        field = self.fields["task"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
        field.queryset = Task.objects.filter(domain__outline__is_current=True, domain__code=item.code.split("-")[0])

    def clean_references(self) -> list[dict[str, str]]:
        value = self.cleaned_data["references"] or []
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
        if kind == ExhibitKind.IMAGE:
            values["exhibit_body"] = body = self._stored_picture(values.get("exhibit_picture", ""))
        if bool(kind) != bool(body.strip()):
            raise ValidationError({"exhibit_body": "An exhibit needs both a kind and a body, or neither."})
        if kind and not values.get("exhibit_title"):
            raise ValidationError({"exhibit_title": "An exhibit needs a title."})
        if kind == ExhibitKind.SVG:
            try:
                values["exhibit_body"] = svg.check(body)
            except svg.BadSvg as error:
                raise ValidationError({"exhibit_body": str(error)}) from error
        if kind in (ExhibitKind.SVG, ExhibitKind.IMAGE) and not values.get("exhibit_alt"):
            raise ValidationError({"exhibit_alt": "A drawing or picture needs the same facts in words."})
        return values

    def _stored_picture(self, digest: str) -> str:
        if not ExhibitImage.objects.filter(pk=digest).exists():
            raise ValidationError({"exhibit_kind": "Choose a picture's file below, or another kind."})
        return digest

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


class UploadForm(forms.Form):
    """A file for the exhibit: known by what is in it, not by its name."""

    file = forms.FileField(
        label="Picture or drawing file",
        required=False,
        help_text="PNG, JPEG, WebP or SVG of at most 5 MB. It takes the place of the exhibit above.",
    )

    def clean_file(self) -> Picture | str | None:
        """A picture as it will be stored, or the source of a drawing."""
        file = self.cleaned_data["file"]
        if not file:
            return None
        if file.size > pictures.MOST_BYTES:
            raise ValidationError(
                f"The file has {file.size:,} bytes; at most {pictures.MOST_BYTES:,} (5 MB) are taken."
            )
        data = file.read()
        try:
            return svg.check(data.decode("utf-8-sig")) if svg.is_markup(data) else pictures.read(data)
        except UnicodeDecodeError as error:
            raise ValidationError("The drawing is not UTF-8 text.") from error
        except (svg.BadSvg, pictures.BadPicture) as error:
            raise ValidationError(str(error)) from error


class OptionForm(forms.Form):
    text = forms.CharField(max_length=500)
    is_key = forms.BooleanField(required=False, label="This is the key")
    rationale = _text(required=False, help_text="May wait; nothing is published without it.")


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
    OptionForm,
    formset=BaseOptionFormSet,
    extra=0,
    min_num=option_rows.FEWEST,
    max_num=option_rows.MOST,
    validate_min=True,
    validate_max=True,
)


class CompareForm(forms.Form):
    """Two versions of an item, chosen by number."""

    def __init__(self, *args: Any, numbers: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(number, f"version {number}") for number in numbers]
        # `from` is a word of Python's own.
        for name in ("from", "to"):
            self.fields[name] = forms.TypedChoiceField(choices=choices, coerce=int)


class MoveManyForm(forms.Form):
    """A move of many items; its reason is asked for once the page has said who can go."""

    items = forms.CharField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label="Move to")
    those_that_can = forms.BooleanField(required=False)
    reason = forms.CharField(
        max_length=500, required=False, help_text="Kept with your name in each item's history: why they are moved."
    )

    def __init__(self, *args: Any, moves: Iterable[str], is_signed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(to, to) for to in moves]  # type: ignore[attr-defined]  # a ChoiceField's
        self.fields["reason"].required = is_signed
