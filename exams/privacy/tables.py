"""Where a person is written down: found by walking the models, so that no new one can be forgotten.

What a person owns leads to them by cascades: their account takes it along. What they did leads to them directly and
stays without them, such as a version that they wrote.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from accounts.models import User
from questions.models import Item

# Tables that are left out of an export, and why.
LEFT_OUT = {
    "account.emailconfirmation": "secrets that confirm an address, of use for days only",
    "exams.formitem": "which questions a form held: your responses name them",
}
# Columns that are left out by name: secrets, and digests of secrets.
SECRET = re.compile(r"password|passphrase|secret|seed|digest|token|session_key|^key$")
# Others, and why.
LEFT_OUT_COLUMNS = {
    ("accounts.invitation", "email"): "other people's addresses",
    ("admin.logentry", "object_repr"): "may be the name of somebody else",
    ("admin.logentry", "change_message"): "may name somebody else",
    ("exams.formbuild", "result"): "seeds of forms that somebody may yet sit",
    ("exams.reviewcard", "key_text"): "the bank's words, and the answer",
    ("exams.personalexport", "file_name"): "where the file lies on the server",
    ("mfa.authenticator", "data"): "what second factors are checked with",
}
MOST_STEPS_TO_AN_ITEM = 3


@dataclass(frozen=True)
class Table:
    """A model with the lookups that lead from its rows to the person."""

    model: type[models.Model]
    owned_by: tuple[str, ...] = ()
    done_by: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def lookups(self) -> tuple[str, ...]:
        return self.owned_by + self.done_by

    @property
    def is_exported(self) -> bool:
        return self.label not in LEFT_OUT

    @property
    def item_lookups(self) -> list[str]:
        """How rows name a question of the bank."""
        return list(_to_item(self.model, MOST_STEPS_TO_AN_ITEM))

    @property
    def columns(self) -> list["models.Field[Any, Any]"]:
        return [field for field in self.model._meta.concrete_fields if not self._is_left_out(field)]

    def _is_left_out(self, field: "models.Field[Any, Any]") -> bool:
        return (
            isinstance(field, models.BinaryField)
            or bool(SECRET.search(field.name))
            or (self.label, field.name) in LEFT_OUT_COLUMNS
        )


@cache
def tables() -> tuple[Table, ...]:
    """The person's own row, then every table that leads to them."""
    found = (_table(model) for model in apps.get_models() if model is not User)
    return (Table(User, owned_by=("pk",)), *(table for table in found if table.lookups))


@cache
def _table(model: type[models.Model]) -> Table:
    direct = [field for field in _relations(model) if field.related_model is User]
    owned = [field.name for field in direct if _cascades(field)]
    return Table(
        model,
        owned_by=tuple(owned or _through_owners(model, frozenset())),
        done_by=tuple(field.name for field in direct if not _cascades(field)),
    )


def _through_owners(model: type[models.Model], seen: frozenset[type[models.Model]]) -> Iterator[str]:
    """Lookups by cascades over other tables. A row of several owners is found by each of them."""
    for field in _relations(model):
        owner = field.related_model
        if not _cascades(field) or owner in seen | {model, User}:
            continue
        direct = [one.name for one in _relations(owner) if one.related_model is User and _cascades(one)]
        for lookup in direct or _through_owners(owner, seen | {model}):
            yield f"{field.name}__{lookup}"


def _to_item(model: type[models.Model], steps: int) -> Iterator[str]:
    for field in _relations(model):
        other = field.related_model
        if other is Item:
            yield field.name
        elif steps > 1 and other not in (User, model):
            yield from (f"{field.name}__{lookup}" for lookup in _to_item(other, steps - 1))


def _relations(model: type[models.Model]) -> list[Any]:
    """Foreign keys and many-to-many fields, as they are written down in the model."""
    return [field for field in (*model._meta.fields, *model._meta.many_to_many) if field.is_relation]


def _cascades(field: Any) -> bool:
    return getattr(field.remote_field, "on_delete", None) is models.CASCADE
