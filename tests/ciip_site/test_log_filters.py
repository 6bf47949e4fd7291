import logging
import re
from pathlib import Path

import pytest

from ciip_site.log_filters import WithoutTokens

ADDRESSES = [
    "/p/token", "/join/token/", "/calendar/token.ics", "/account/mail/off/token/",
    "/account/password/reset/key/token/", "/account/confirm-email/token/",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_log_tells_what_opens_an_account_or_a_page(address: str, root: Path) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "Not Found: %s", (address,), None)
    WithoutTokens().filter(record)
    assert "token" not in record.getMessage()

    pattern = re.search(r"request>uri regexp (\S+)", (root / "Caddyfile").read_text(encoding="utf-8"))
    assert pattern is not None
    assert "token" not in re.sub(pattern[1], r"\1", address)
