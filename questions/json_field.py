import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

MOST_CHARACTERS = 50_000


class PlainJSONField(forms.JSONField):
    """JSON from a browser: what would crash the parser or a database is a validation error like any other."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > MOST_CHARACTERS:
            raise ValidationError(f"Over {MOST_CHARACTERS:,} characters.")
        try:
            found = super().to_python(value)
            text = json.dumps(found, ensure_ascii=False)
            # A lone surrogate has no bytes, and PostgreSQL stores no NUL.
            text.encode()
        except (ValueError, RecursionError) as error:
            raise ValidationError("Enter valid JSON.") from error
        if "\\u0000" in text:
            raise ValidationError("A NUL character cannot be stored.")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the page shows again: the text as it was sent, where it cannot be read."""
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)
