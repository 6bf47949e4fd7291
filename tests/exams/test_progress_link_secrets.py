"""Where a progress link's token and passphrase must never be: tables, caches, logs, messages, mail, other pages."""

import io
import logging
import logging.config
import re
import runpy
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import pytest_django
import time_machine
from celery.signals import before_task_publish, task_prerun
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import tokens
from accounts.models import ProgressLink, User
from ciip_site.log_filters import WithoutTokens
from exams import progress_pages
from exams.views import progress_page
from tests.factories import NOW, PASSWORD, make_outline, make_user

pytestmark = pytest.mark.django_db
PASSPHRASE = "open sesame, please"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice() -> User:
    make_outline()
    return make_user()


def live(client: Client) -> list[str]:
    """Two links from making to revoking, with everything that visitors do; their tokens."""
    client.post("/account/login/", {"login": "alice@example.org", "password": PASSWORD})
    tokens = []
    for passphrase in ("", PASSPHRASE):
        said = {"shows_readiness": "on", "shows_streak": "on", "days": "30", "passphrase": passphrase}
        token = str(client.post("/progress-links/", said).context["address"]).rpartition("/")[2]
        tokens.append(token)
        for visitor in (Client(), client):
            visitor.get(f"/p/{token}")
            visitor.get(f"/p/{token}/card.png")
            visitor.post(f"/p/{token}", {"passphrase": "wrong one"})
            visitor.post(f"/p/{token}", {"passphrase": PASSPHRASE})
            visitor.get(f"/p/{token}/nothing")
    client.post(f"/progress-links/{ProgressLink.objects.latest('pk').pk}/revoke/")
    Client().get(f"/p/{tokens[1]}")
    return tokens


def everything_stored() -> str:
    """Every row of every table, as text; sessions also as what they hold."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  (named by the database)
            found += [repr(row) for row in cursor.fetchall()]
    return "\n".join(found + [repr(session.get_decoded()) for session in Session.objects.all()])


def test_tables_hold_digests_alone(client: Client, alice: User, settings: pytest_django.Settings) -> None:
    """The cache among them, as where the site runs embedded."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
    call_command("createcachetable", verbosity=0)
    made = live(client)

    stored = everything_stored()

    assert ProgressLink.objects.filter(use_count__gt=0).count() == 2
    for token in made:
        assert tokens.digest_of(token) in stored
        assert token not in stored
    assert PASSPHRASE not in stored
    # The search does find what is there.
    assert "alice@example.org" in stored
    assert f"progress-card:{tokens.digest_of(made[0])}" in stored


def test_cache_knows_addresses_by_their_digest_and_no_picture_outlives_its_link(client: Client, alice: User) -> None:
    made = live(client)

    keys = " ".join(cache._cache)  # type: ignore[attr-defined]

    assert f"progress-card:{tokens.digest_of(made[0])}" in keys
    assert f"progress-card:{tokens.digest_of(made[1])}" not in keys
    assert not any(token in keys for token in made)
    values = repr([cache.get(key.split(":", 2)[2]) for key in list(cache._cache)])  # type: ignore[attr-defined]
    assert not any(secret in values for secret in (*made, PASSPHRASE))


def test_no_message_and_no_mail_carries_a_token(client: Client, alice: User) -> None:
    sent: list[str] = []

    def note(**message: Any) -> None:
        sent.append(repr(message))

    before_task_publish.connect(note)
    task_prerun.connect(note)
    try:
        made = live(client)
    finally:
        before_task_publish.disconnect(note)
        task_prerun.disconnect(note)

    letters = "\n".join(str(letter.message()) for letter in mail.outbox)
    for secret in (*made, PASSPHRASE):
        assert secret not in "\n".join(sent)
        assert secret not in letters


def test_no_page_of_ours_repeats_a_token(client: Client, alice: User) -> None:
    made = live(client)

    pages = [
        client.get(path).content.decode() for path in ("/", "/progress-links/", "/readiness/", "/account/settings/")
    ]

    assert not any(token in page for token in made for page in pages)


# --- Logs -------------------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_the_log(
    client: Client, alice: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    # What the library of pictures says of itself.
    logging.getLogger("PIL").setLevel(logging.INFO)
    made = live(client)
    client.raise_request_exception = False
    monkeypatch.setattr(progress_page, "MOST_A_MINUTE", 0)
    assert client.get(f"/p/{made[0]}").status_code == 429
    monkeypatch.setattr(progress_page, "MOST_A_MINUTE", 1000)
    monkeypatch.setattr(progress_pages, "streaks", None)
    assert client.get(f"/p/{made[0]}").status_code == 500
    assert client.delete(f"/p/{made[0]}").status_code == 405

    told = "\n".join([caplog.text, *(record.getMessage() for record in caplog.records)])

    for said in ("Not Found: /p/…", "Forbidden: /p/…", "Internal Server Error: /p/…", "Too Many Requests: /p/…"):
        assert said in told
    # The database's own log in debugging names digests; no settings of ours switch it on.
    assert not any(secret in told for secret in (*made, PASSPHRASE))


@pytest.mark.parametrize("logger", ["django.request", "django.server", "anything.else"])
def test_console_hides_secret_addresses_whoever_logs_them(settings: pytest_django.Settings, logger: str) -> None:
    """In words, in arguments, and in a dictionary."""
    out = io.StringIO()
    configured = settings.LOGGING
    handlers = {name: {**handler, "stream": out} for name, handler in configured["handlers"].items()}
    try:
        logging.config.dictConfig({**configured, "handlers": handlers})
        logging.getLogger(logger).warning('"%s" %s', "GET /p/token-token HTTP/1.1", 200)
        logging.getLogger(logger).warning(
            "%(r)s from %(f)s", {"r": "GET /p/token-token", "f": "http://x/p/token-token?a"}
        )
        logging.getLogger(logger).warning("Broken pipe from /p/token-token/card.png")
        logging.getLogger(logger).warning("See %s", "/plan/ and /help/")
    finally:
        logging.config.dictConfig(configured)

    lines = [line.partition(f"WARNING {logger}: ")[2] for line in out.getvalue().splitlines()]
    assert lines == [
        '"GET /p/… HTTP/1.1" 200', "GET /p/… from http://x/p/…", "Broken pipe from /p/…", "See /plan/ and /help/",
    ]  # fmt: skip


def test_access_log_of_gunicorn_leaves_the_addresses_out(root: Path) -> None:
    """Its own record, with every field that an installation may ask for."""
    config = import_module("gunicorn.config").Config()
    config.set("accesslog", "-")
    config.set("access_log_format", '%(r)s %(U)s %(f)s %({referer}i)s %({raw_uri}e)s "%(a)s" %(s)s')
    log = import_module("gunicorn.glogging").Logger(config)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    loggers = [logging.getLogger(name) for name in ("gunicorn.access", "gunicorn.error")]
    try:
        runpy.run_path(str(root / "gunicorn.conf.py"))["on_starting"](None)
        for logger in loggers:
            logger.handlers = [handler]
        environ = {
            "REQUEST_METHOD": "GET", "RAW_URI": "/p/token-token?x", "PATH_INFO": "/p/token-token",
            "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": "http://h/calendar/token-token.ics",
            "HTTP_USER_AGENT": "curl",
        }  # fmt: skip
        response = type("Answer", (), {"status": "200 OK", "headers": [], "sent": 5})()
        request = type("Asked", (), {"headers": [("Referer", "http://h/p/token-token")]})()
        log.access(response, request, environ, type("Took", (), {"seconds": 0, "microseconds": 1})())
        log.error("Error handling request %s", "/p/token-token")
    finally:
        for logger in loggers:
            logger.handlers = []
            logger.filters = []

    assert out.getvalue().splitlines() == [
        'GET /p/… HTTP/1.1 /p/… http://h/calendar/… http://h/p/… /p/… "curl" 200',
        "Error handling request /p/…",
    ]


def test_every_secret_address_is_hidden_by_the_site_and_by_its_proxy(
    root: Path, settings: pytest_django.Settings
) -> None:
    proxy = (root / "Caddyfile").read_text(encoding="utf-8")
    pattern = re.search(r"request>uri regexp (\S+)", proxy)
    assert pattern
    for prefix in settings.SECRET_ADDRESSES:
        assert re.sub(pattern[1], r"\1…", f"{prefix}token-token?x") == f"{prefix}…"
        assert WithoutTokens.ADDRESS.sub(r"\1…", f"{prefix}token-token") == f"{prefix}…"
    assert "request>headers>Referer delete" in proxy
