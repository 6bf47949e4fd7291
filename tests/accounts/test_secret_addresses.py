"""Where the address is the lock: no cookie comes in or goes out, whatever answers there."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.middleware import SecretAddressMiddleware


def careless(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(repr(request.COOKIES), headers={"Vary": "Accept-Encoding, Cookie", "Cache-Control": "public"})
    answer.set_cookie("known", "again")
    return answer


def ask(path: str) -> HttpResponse:
    return SecretAddressMiddleware(careless)(RequestFactory().get(path, headers={"Cookie": "sessionid=abc"}))


@pytest.mark.parametrize("path", ["/p/token", "/p/", "/p/token/card.png", "/calendar/token.ics"])
def test_careless_view_behind_a_secret_address_is_made_careful(path: str) -> None:
    answer = ask(path)

    assert answer.content == b"{}"
    assert not answer.cookies
    assert dict(answer.headers) == {
        "Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding", "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/plan/calendar/", "/practice/", "/progress-links/"])
def test_other_pages_are_left_alone(path: str) -> None:
    answer = ask(path)

    assert answer.content == b"{'sessionid': 'abc'}"
    assert "known" in answer.cookies
    assert answer.headers["Vary"] == "Accept-Encoding, Cookie"
