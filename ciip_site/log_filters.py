import copy
import logging
import re
from typing import Any

E_MAIL = re.compile(r"[^\s\"'<>()=,:;]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# What PostgreSQL adds when a row breaks a rule: all of the row, notes and answers too.
ROW = re.compile(r"(Failing row contains ).*")


class WithoutTokens(logging.Filter):
    """Whoever reads a log must not be able to open what its address alone locks: a calendar, somebody's progress, a
    group's door, the switch of a mail, a new password.
    """

    ADDRESS = re.compile(r"(/(?:calendar|join|mail/off|p|account/confirm-email|account/password/reset/key)/)[^\s\"']+")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(self._hidden(value) for value in record.args)
        elif isinstance(record.args, dict):
            # gunicorn's access log, in a dictionary of its own kind.
            args = copy.copy(record.args)
            args.update({name: self._hidden(value) for name, value in args.items()})
            record.args = args
        return True

    def _hidden(self, value: Any) -> Any:
        return self.ADDRESS.sub(r"\1…", value) if isinstance(value, str) else value


def hidden(text: str) -> str:
    """A finished line, traces of errors included, without what names a person, opens a door or tells an answer."""
    return ROW.sub(r"\1…", E_MAIL.sub("…@…", WithoutTokens.ADDRESS.sub(r"\1…", text)))
