"""The two shapes of a log line; neither holds secret addresses, e-mail addresses or what somebody answered."""

import json
import logging
from datetime import UTC, datetime

from ciip_site.log_filters import hidden
from ciip_site.watching import work

# What a caller may add to a line with `extra`.
ADDED = ("route", "status", "duration_ms")


class Lines(logging.Formatter):
    """For people: `time LEVEL logger: message [request]`."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        about = work.of(record)
        return super().formatMessage(record) + (f" [{about.request_id}]" if about else "")

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


class JsonLines(logging.Formatter):
    """For machines: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        about = work.of(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hidden(record.getMessage()),
            **(about.fields() if about else {}),
            **{name: getattr(record, name) for name in ADDED if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = hidden(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = hidden(record.stack_info)
        return json.dumps(line, default=str)
