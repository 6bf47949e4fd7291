"""What a log line holds, and what it must not."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import pytest_django
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from hypothesis import given
from hypothesis import strategies as st

from ciip_site.celery import app
from ciip_site.watching import task_work, work
from ciip_site.watching.log_lines import JsonLines, Lines
from ciip_site.watching.middleware import WatchMiddleware
from exams.tasks import score_attempt, sweep_attempts
from tests.factories import make_bank, make_user, start

Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told() -> Iterator[Told]:
    """The lines written so far, as the JSON that they must be."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_line_of_a_save_names_request_person_attempt_route_and_time(
    client: Client, told: Told, settings: pytest_django.Settings
) -> None:
    settings.SLOW_REQUEST_MS = 0
    make_bank()
    alice = make_user()
    attempt = start(alice)
    client.force_login(alice)

    response = client.post(reverse("exams:save", args=[attempt.public_id]), {"item": "x"})

    line = next(one for one in told() if one["logger"] == "ciip_site.watching.middleware")
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["user"], line["attempt"], line["level"]) == (alice.pk, str(attempt.public_id), "WARNING")
    assert (line["route"], line["status"]) == ("exams:save", 400)
    assert line["duration_ms"] >= 0
    assert line["time"].endswith("+00:00")


@pytest.mark.django_db
def test_quick_request_writes_no_line(client: Client, told: Told, settings: pytest_django.Settings) -> None:
    settings.SLOW_REQUEST_MS = 60_000

    client.get("/about/")

    assert told() == []


@pytest.mark.parametrize(
    ("proxies", "header", "is_taken"),
    [
        (1, "3f2c9d1e-7a", True),
        (0, "3f2c9d1e-7a", False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, 'forged"\n{"level"', False),
        (1, "", False),
    ],
)
def test_request_id_is_taken_from_a_trusted_proxy_alone_and_only_if_it_is_one(
    client: Client, settings: pytest_django.Settings, proxies: int, header: str, is_taken: bool
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    answered = client.get("/healthz", headers={"X-Request-ID": header})["X-Request-ID"]

    assert (answered == header) is is_taken
    assert work.usable_id(answered) == answered


def test_each_request_has_an_id_of_its_own_and_none_is_left_behind(client: Client) -> None:
    ids = {client.get("/healthz")["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3
    assert work.current.get() is None


def test_id_ends_with_the_request_also_when_it_fails(rf: RequestFactory) -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise Http404

    with pytest.raises(Http404):
        WatchMiddleware(fail)(rf.get("/"))

    assert work.current.get() is None


def test_nobody_is_looked_up_for_a_line(rf: RequestFactory) -> None:
    def fail() -> None:
        pytest.fail("The log has read the session.")

    request = rf.get("/")
    request.user = SimpleLazyObject(fail)  # type: ignore[assignment]

    assert work.Work("1234abcd", request).fields() == {"request_id": "1234abcd"}


def record(message: str, *args: object, error: Exception | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("a", logging.ERROR, "a.py", 1, message, args, exc_info)


@pytest.mark.django_db
def test_line_that_django_writes_when_the_request_is_over_names_it_as_well(client: Client, told: Told) -> None:
    response = client.get("/nothing-at-all/")

    (line,) = told()
    assert (line["logger"], line["message"]) == ("django.request", "Not Found: /nothing-at-all/")
    assert line["request_id"] == response["X-Request-ID"]


SECRETS = [
    ("Mail to alice@example.org failed", "alice@example.org"),
    ("Key (email)=(alice.b+c@mail.example.org) already exists.", "alice.b"),
    ("Not Found: /p/dG9rZW4", "dG9rZW4"),
    ("Not Found: /join/dG9rZW4/", "dG9rZW4"),
    ("Gone: /account/password/reset/key/1-cx2-dG9rZW4/", "dG9rZW4"),
    ("Gone: /account/confirm-email/dG9rZW4/", "dG9rZW4"),
    ("DETAIL:  Failing row contains (7, 3, my private note, 4).", "my private note"),
]


@pytest.mark.parametrize("formatter", [Lines(), JsonLines()])
@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_line_tells_no_secret_neither_as_message_nor_as_argument_nor_in_a_trace(
    formatter: logging.Formatter, text: str, secret: str
) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        traced = record("It failed", error=error)

    lines = [formatter.format(one) for one in (record(text), record("%s", text), traced)]

    assert [line for line in lines if secret in line] == []
    assert all("…" in line or "\\u2026" in line for line in lines)


@given(st.text(), st.text())
def test_every_record_becomes_one_json_line(message: str, argument: str) -> None:
    line = JsonLines().format(record("%s %s", message, argument))

    assert "\n" not in line
    assert json.loads(line)["message"].count(" ") >= 1


@pytest.mark.django_db
def test_trace_of_an_error_is_part_of_its_line(client: Client, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ciip_site.views._checks", lambda: {"database": lambda: 1 / 0})

    client.get("/readyz")

    line = next(one for one in told() if one["logger"] == "ciip_site.views")
    assert "ZeroDivisionError" in line["exception"]
    assert "request_id" in line


def test_queued_task_carries_request_person_attempt_and_the_moment(rf: RequestFactory) -> None:
    headers: dict[str, Any] = {}
    token = work.current.set(work.Work("1234abcd", user_id=7, attempt="a-b"))
    try:
        task_work._carry(headers=headers)
    finally:
        work.current.reset(token)

    assert headers.pop(task_work.QUEUED_AT) > 0
    assert headers == {"request_id": "1234abcd", "user": 7, "attempt": "a-b"}


@pytest.mark.django_db
def test_task_run_by_the_request_itself_keeps_the_requests_id(settings: pytest_django.Settings, told: Told) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    token = work.current.set(work.Work("1234abcd"))
    try:
        score_attempt.apply((999_999,))
        assert work.current.get() == work.Work("1234abcd")
    finally:
        work.current.reset(token)

    assert {line["request_id"] for line in told() if line["logger"] == "exams.tasks"} == {"1234abcd"}


def test_every_task_of_ours_has_a_queue_of_its_kind(settings: pytest_django.Settings) -> None:
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if name.split(".")[0] in ("accounts", "questions", "exams")]
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}

    assert sweep_attempts.name in queues
    assert [name for name, queue in queues.items() if queue == settings.CELERY_TASK_DEFAULT_QUEUE] == []
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} >= {
        "scoring",
        "statistics",
        "mail",
        "exports",
        "celery",
    }


def test_task_is_handed_on_only_after_it_would_have_been_ended(settings: pytest_django.Settings) -> None:
    patience = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]

    assert patience > settings.CELERY_TASK_TIME_LIMIT > settings.CELERY_TASK_SOFT_TIME_LIMIT
    # A search for forms, and as long again for the reason why there are none.
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT > 2 * settings.FORM_BUILD_SECONDS


def test_watching_costs_a_request_less_than_a_tenth_of_a_millisecond(rf: RequestFactory) -> None:
    """Around a view that does nothing, the best of several rounds; a save takes some two milliseconds."""
    request, answer = rf.post("/"), HttpResponse()
    watched = WatchMiddleware(lambda _: answer)

    def seconds() -> float:
        began = time.perf_counter()
        for _ in range(200):
            watched(request)
        return (time.perf_counter() - began) / 200

    assert min(seconds() for _ in range(5)) < 0.0001
