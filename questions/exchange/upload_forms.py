"""What a person may ask of the exchange of items."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from questions.exchange import formats, uploads
from questions.exchange.planning import Defaults
from questions.models import Cognitive, Domain, ItemStatus, Task

GUESSED = ("", "tell from the file")


class UploadForm(forms.Form):
    """A file with questions, and what holds for those of which the file does not tell."""

    file = forms.FileField(label="File with questions", help_text="At most 20 MB.")
    format = forms.ChoiceField(choices=[GUESSED, *((one.code, one.name) for one in formats.FORMATS)], required=False)
    task = forms.ModelChoiceField(
        Task.objects.none(), required=False, to_field_name="code", empty_label="as the file says",
        help_text="For questions whose file names none, such as those of Aiken files.",
    )  # fmt: skip
    cognitive = forms.ChoiceField(
        label="Cognitive level", choices=Cognitive.choices, initial=Cognitive.APPLICATION,
        help_text="For questions whose file names none.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["task"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
        field.queryset = Task.objects.filter(domain__outline__is_current=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if file := cleaned.get("file"):
            if file.size > uploads.MOST_BYTES:
                raise ValidationError({"file": f"The file has {file.size / 1024**2:.0f} MB; split it, 20 MB fit."})
            cleaned["content"] = file.read()
            known = formats.BY_CODE.get(cleaned.get("format", ""))
            cleaned["one"] = known or formats.of_file(file.name, cleaned["content"])
            if cleaned["one"] is None:
                raise ValidationError({"format": f"The name {file.name!r} does not tell the format; choose it."})
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """For questions.exchange.uploads.receive."""
        said = self.cleaned_data
        task = said["task"].code if said["task"] else ""
        return {
            "name": said["file"].name,
            "content": said["content"],
            "one": said["one"],
            "defaults": Defaults(task, said["cognitive"]),
        }


class ExportForm(forms.Form):
    format = forms.ChoiceField(choices=[(one.code, one.name) for one in formats.FORMATS])
    domain = forms.ChoiceField(required=False)
    status = forms.ChoiceField(choices=[("", "all"), *ItemStatus.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        domains = Domain.objects.filter(outline__is_current=True).order_by("number").values_list("code", "name")
        self.fields["domain"].choices = [("", "all"), *domains]  # type: ignore[attr-defined]  # a ChoiceField's
