"""Long reports may be read from a copy of the database, so that they take nothing from people who sit an exam.

With REPLICA_DATABASE_URL what is read within `reading` comes from there and may be some seconds old: only for figures
about many people, never for what somebody may do, nor for what they have just done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db.models import Model

ALIAS = "replica"
_is_reading: ContextVar[bool] = ContextVar("is_reading_replica", default=False)


@contextmanager
def reading() -> Iterator[None]:
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


class Router:
    """Named in DATABASE_ROUTERS. What is written, and what is read to be written, goes to the database itself."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return ALIAS if _is_reading.get() and ALIAS in settings.DATABASES else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Both are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != ALIAS
