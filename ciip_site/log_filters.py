import copy
import logging
import re
from typing import Any


class WithoutTokens(logging.Filter):
    """Whoever reads a log must not be able to open what its address alone locks: a calendar, somebody's progress, a
    group's door, the switch of a mail.
    """

    ADDRESS = re.compile(r"(/(?:calendar|join|mail/off|p|password/reset/key|confirm-email)/)[^\s\"']+")

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
