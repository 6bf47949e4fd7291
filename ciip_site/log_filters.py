import logging
import re


class WithoutTokens(logging.Filter):
    """Whoever reads the log must not be able to open what its address alone locks: a calendar, a group's door."""

    ADDRESS = re.compile(r"(/(?:calendar|join)/)\S+")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._hidden(value) if isinstance(value, str) else value for value in record.args)
        return True

    def _hidden(self, text: str) -> str:
        return self.ADDRESS.sub(r"\1…", text)
