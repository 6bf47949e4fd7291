"""What this thread is at work on, so that every line of the log can name the request, the person and the attempt."""

import logging
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

# What a proxy may call a request: nothing that could break a line or fill a disk.
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Under these stands the public id of an attempt; practice and appointments have ids of their own.
OF_ATTEMPTS = "attempts/"


@dataclass(frozen=True)
class Work:
    """One request or one task. What a request comes to know later, its person and its address, is read when asked."""

    request_id: str
    request: HttpRequest | None = None
    task: str = ""
    user_id: int | None = None
    attempt: str = ""

    def fields(self) -> dict[str, Any]:
        """For a log line; costs no statement, because nobody is looked up here."""
        found = {
            "request_id": self.request_id,
            "user": self.user_id or _user_id(self.request),
            "attempt": self.attempt or _attempt(self.request),
            "task": self.task,
        }
        return {name: value for name, value in found.items() if value}


current: ContextVar[Work | None] = ContextVar("work", default=None)


def of(record: logging.LogRecord) -> Work | None:
    """What a line is about. Django tells of an answer that is an error when the request is over, and names it then."""
    return current.get() or getattr(getattr(record, "request", None), "work", None)


def new_id() -> str:
    return secrets.token_hex(8)


def usable_id(told: str | None) -> str | None:
    """A request id from outside, if it is one."""
    return told if told and REQUEST_ID.fullmatch(told) else None


def _user_id(request: HttpRequest | None) -> int | None:
    # `request.user` would read the session; this is there once somebody else has read it.
    return getattr(getattr(request, "_cached_user", None), "pk", None)


def _attempt(request: HttpRequest | None) -> str:
    match = getattr(request, "resolver_match", None)
    if match is None or not match.route.startswith(OF_ATTEMPTS):
        return ""
    return str(match.kwargs.get("public_id", ""))
