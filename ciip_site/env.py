"""Typed reads of environment variables that fail loudly on a bad value.

`NAME_FILE` names a file that holds the value, as container secrets do.
"""

import os
from collections.abc import Collection
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# As many as Django's own check asks for.
LEAST_KEY_LENGTH, LEAST_KEY_CHARACTERS = 50, 5
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in TRUE


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}.")
    return number


def choice(name: str, default: str, *, of: Collection[str]) -> str:
    value = text(name, default).lower()
    if value not in of:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(of)}, not {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def refuse_weak_key(key: str, advice: str) -> None:
    """What an example or a hurry leaves behind: whoever guesses the key can sign in as anybody."""
    if len(key) < LEAST_KEY_LENGTH or len(set(key)) < LEAST_KEY_CHARACTERS or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(f"SECRET_KEY is too short or too plain for a site that others use. {advice}")
