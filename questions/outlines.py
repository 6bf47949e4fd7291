"""Loading outline files: one YAML document per version of the Test Content Outline."""

from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django import forms
from django.db import models, transaction

from questions import bank_yaml
from questions.models import Domain, Outline, Task

Row = TypeVar("Row", bound=models.Model)


class BadOutline(Exception):
    """The file is not a sound outline; the message says where and how to mend it."""


# ModelForm is generic in its stubs alone, hence the ignores.
class OutlineForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Outline
        fields = (
            "code", "name", "scored_count", "pilot_count", "minutes", "practice_cut", "approved_on", "effective_on",
            "source", "checked_on",
        )  # fmt: skip


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Domain
        fields = ("number", "code", "name", "weight", "typical_tasks")


class TaskForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Task
        fields = ("code", "name", "basis")


@transaction.atomic
def load(path: Path) -> Outline:
    """Create or update an outline from its file; running twice changes nothing.

    The file's `is_current: true` makes it the current outline and takes that from the one before. Raises BadOutline,
    and changes nothing, for a file that is not sound.
    """
    try:
        document = bank_yaml.read(path)
    except bank_yaml.BadYaml as error:
        raise BadOutline(f"{path}:{error.line}: {error.message}") from error
    if not isinstance(document, dict) or not document.get("domains"):
        raise BadOutline(f"{path}: an outline file is a mapping with code, name, counts and domains.")
    outline: Outline = _saved(OutlineForm, document, f"{path}", code=document.get("code"))
    for row in document["domains"]:
        domain = _saved(DomainForm, row, f"{path}:{row.line}", outline=outline, code=row.get("code"))
        for task in row.get("tasks", []):
            _saved(TaskForm, task, f"{path}:{task.line}", domain=domain, code=task.get("code"))
    if document.get("is_current"):
        Outline.objects.exclude(pk=outline.pk).update(is_current=False)
        Outline.objects.filter(pk=outline.pk).update(is_current=True)
    return outline


def _saved(form_class: "type[forms.BaseModelForm[Row]]", row: Any, place: str, **key: Any) -> Row:
    """Validate one row as a form and save it on the row that `key` names."""
    model: type[Row] = form_class._meta.model
    instance = model._default_manager.filter(**key).first() or model(**key)
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    form = form_class(values, instance=instance)
    if not form.is_valid():
        field, messages = next(iter(form.errors.items()))
        raise BadOutline(f"{place}: {field}: {messages[0]}")
    return form.save()
