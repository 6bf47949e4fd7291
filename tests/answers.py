"""Comparing answers that must not differ."""

from typing import Any

from ciip_site.watching import work


def headers_of(answer: Any) -> dict[str, str]:
    """All but the request's own id, which is drawn by lot for each and tells nothing."""
    headers = dict(answer.headers)
    assert work.usable_id(headers.pop("X-Request-ID"))
    return headers
