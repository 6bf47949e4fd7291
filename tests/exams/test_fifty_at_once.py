"""A finger that hits fifty times, or a script: of start, save and submit over HTTP one counts."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ciip_site import door_limits
from ciip_site.door_limits import Limit
from exams.models import Attempt, AttemptEvent, Response, Score
from tests.exams.test_races import at_once
from tests.factories import make_bank, make_user, publish_form_a

pytestmark = pytest.mark.django_db(transaction=True)
FIFTY = 50


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Send forms as alice, each with a client of its own; limits would refuse some before they meet."""
    monkeypatch.setitem(door_limits.SENDING, "exams:start", Limit("starts", FIFTY * 2, timedelta(hours=1)))
    make_bank()
    publish_form_a()
    signed_in = Client()
    signed_in.force_login(make_user("alice"))

    def send(door: str, attempt: Attempt | None = None, **fields: Any) -> Any:
        client = Client()
        client.cookies = signed_in.cookies
        return client.post(reverse(f"exams:{door}", args=[attempt.public_id] if attempt else []), fields)

    return send


def test_fifty_starts_give_one_attempt(ask: Callable[..., Any]) -> None:
    answers = at_once(*[lambda: ask("start")] * FIFTY)

    attempt = Attempt.objects.get()
    assert {answer.status_code for answer in answers} == {302}
    assert {answer.headers["Location"] for answer in answers} == {reverse("exams:room", args=[attempt.public_id])}
    assert AttemptEvent.objects.filter(kind="started").count() == 1


def test_of_fifty_saves_of_an_item_one_is_stored(ask: Callable[..., Any]) -> None:
    ask("start")
    attempt = Attempt.objects.get()

    def save(n: int) -> Callable[[], Any]:
        return lambda: ask("save", attempt, item=1, base=0, op_id=str(uuid.uuid4()), chosen=n % 4 + 1)

    answers = at_once(*[save(n) for n in range(FIFTY)])

    assert Counter(answer.json()["result"] for answer in answers) == {"saved": 1, "stale": FIFTY - 1}
    (saved,) = [answer.json() for answer in answers if answer.status_code == 200]
    response = Response.objects.get(attempt=attempt, position=1)
    assert (response.chosen, response.revision) == (saved["chosen"], 1)
    assert AttemptEvent.objects.filter(kind="saved").count() == 1


def test_one_save_sent_fifty_times_is_stored_once_and_acknowledged_each_time(ask: Callable[..., Any]) -> None:
    ask("start")
    attempt, op_id = Attempt.objects.get(), str(uuid.uuid4())

    answers = at_once(*[lambda: ask("save", attempt, item=1, base=0, op_id=op_id, chosen=2)] * FIFTY)

    assert Counter(answer.json()["result"] for answer in answers) == {"saved": FIFTY}
    assert AttemptEvent.objects.filter(kind="saved").count() == 1


def test_fifty_submits_end_once_with_one_score(ask: Callable[..., Any]) -> None:
    ask("start")
    attempt = Attempt.objects.get()

    answers = at_once(*[lambda: ask("submit", attempt)] * FIFTY)

    assert {answer.status_code for answer in answers} == {302}
    assert AttemptEvent.objects.filter(kind="submitted").count() == 1
    assert Score.objects.count() == 1
