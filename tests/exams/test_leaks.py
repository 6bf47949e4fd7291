"""Nothing that an open attempt sends may depend on keys, rationales, references or pilot flags.

The strongest form of the rule: change all of them in the database, and every response stays the same, byte for byte.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.urls import reverse

from exams import attempts
from exams.models import Attempt, FormItem, Response
from questions.models import Item, ItemVersion, Option
from tests.answers import headers_of
from tests.factories import NOW, make_bank, make_user, start

pytestmark = pytest.mark.django_db
CANARY = "c4n4ry"
OPERATION = "6f0a3f4e-5a3a-4d7e-9d2f-0d6f2a7c1b1{}"
# What differs between any two responses: CSRF tokens, fresh operation ids, revisions' times, entries of the ledger.
NOISE = re.compile(
    rb"(csrfmiddlewaretoken\" value=\"|x-csrftoken\": \"|csrftoken=)[\w]+|[0-9a-f]{8}-[0-9a-f-]{27}"
    rb"|ledger\"?[=:] ?\"?\d+"
)


@pytest.fixture
def attempt(client: Client) -> Iterator[Attempt]:
    make_bank(forms=2, canary=CANARY)
    alice = make_user()
    client.force_login(alice)
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        yield start(alice)


def unguard(model: type[Option | FormItem]) -> None:
    """Lift the append-only trigger inside this test's transaction."""
    table = model._meta.db_table
    on_table = "" if connection.vendor == "sqlite" else f'ON "{table}"'
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{table}_append_only" {on_table}')


def responses_of(client: Client, attempt: Attempt, *, base: int) -> dict[str, bytes]:
    """Every door of an open attempt: status, headers and body, without the noise."""
    url = {name: reverse(f"exams:{name}", args=[attempt.public_id]) for name in (
        "room", "save", "heartbeat", "plain_review", "submit", "abandon", "report",
    )}  # fmt: skip
    plain = [reverse("exams:plain_item", args=[attempt.public_id, position]) for position in range(1, 31)]
    save = {"item": 1, "base": base, "op_id": OPERATION.format(base), "chosen": 1}
    answers = {
        **{name: client.get(url[name]) for name in ("room", "plain_review", "submit", "abandon", "report")},
        **{path: client.get(path) for path in plain},
        "saved": client.post(url["save"], save),
        "stale": client.post(url["save"], {**save, "op_id": OPERATION.format(9)}),
        "invalid": client.post(url["save"], {**save, "chosen": 9}),
        "heartbeat": client.post(url["heartbeat"], {"visible": '{"1": 50}'}),
        "plain save": client.post(plain[1], {**save, "item": 2, "op_id": OPERATION.format(f"{base}")}),
        "mocks": client.get(reverse("exams:mocks")),
        "home": client.get("/"),
    }
    return {
        name: NOISE.sub(b"", b"%d %r " % (answer.status_code, sorted(headers_of(answer).items())) + answer.content)
        for name, answer in answers.items()
    }


def test_responses_are_the_same_whatever_the_keys_and_pilot_flags_are(client: Client, attempt: Attempt) -> None:
    before = responses_of(client, attempt, base=0)
    unguard(Option)
    unguard(FormItem)
    keys = list(Option.objects.filter(is_key=True))
    Option.objects.update(is_key=False)
    for option in keys:
        Option.objects.filter(version=option.version, position=option.position % 4 + 1).update(is_key=True)
    Option.objects.update(rationale="quite another reason of another length")
    flags = {item.pk: not item.is_scored for item in FormItem.objects.all()}
    for pk, is_scored in flags.items():
        FormItem.objects.filter(pk=pk).update(is_scored=is_scored)
    Response.objects.update(revision=0, chosen=None, last_op_id=None, visible_ms=0, first_seen_at=None)
    attempt.events.filter(kind="saved").delete()

    after = responses_of(client, attempt, base=0)
    assert {name for name in after if after[name] != before[name]} == set()


def test_responses_hold_no_canary_and_no_word_for_a_secret(client: Client, attempt: Attempt) -> None:
    secret = re.compile(
        rf"{CANARY}|is_key|is_scored|rationale|operational|\bpilot\b|{attempt.exam_form.seed}|Reason \d"
    )

    for name, response in responses_of(client, attempt, base=0).items():
        text = response.decode()
        if name in ("mocks", "home"):
            # These two pages explain in general words what pilots are.
            text = re.sub(r"pilots?\b", "", text)
        assert not secret.findall(text), name


def test_items_markup_differs_in_nothing_but_text_and_numbers(client: Client, attempt: Attempt) -> None:
    html = client.get(reverse("exams:room", args=[attempt.public_id])).content.decode()

    for item in Item.objects.filter(pk__in=attempt.exam_form.form_items.values("item")):
        html = html.replace(item.code, "CODE")
    start_of_items = [found.start() for found in re.finditer("Stem of CODE", html)]
    pieces = [html[a:b] for a, b in pairwise(start_of_items)]
    assert len(pieces) == 29
    assert len({re.sub(r"\d+", "0", piece) for piece in pieces}) == 1


def test_ids_in_the_room_are_positions_never_primary_keys(client: Client, attempt: Attempt) -> None:
    """Options are inserted key last here, so a primary key in the page would tell."""
    html = client.get(reverse("exams:room", args=[attempt.public_id])).content.decode()

    values = {int(value) for value in re.findall(r'value="(\d+)"', html)}
    assert values <= set(range(31))


def test_older_report_hides_the_key_of_an_item_that_is_being_asked_now(client: Client, attempt: Attempt) -> None:
    alice = attempt.user
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW)
    second = start(alice, now=NOW + timedelta(minutes=1))
    attempts.submit(user=alice, public_id=second.public_id, now=NOW + timedelta(minutes=2))
    # Both forms are used up: the third mock reuses what the first one served.
    again = start(alice, now=NOW + timedelta(minutes=9))
    reused = ItemVersion.objects.filter(form_items__exam_form=again.exam_form)
    url = reverse("exams:report", args=[attempt.public_id])

    while_open = client.get(url).content.decode()
    attempts.submit(user=alice, public_id=again.public_id, now=NOW + timedelta(minutes=9))
    afterwards = client.get(url).content.decode()

    served_then = set(attempt.exam_form.form_items.values_list("version", flat=True))
    assert served_then == set(reused.values_list("pk", flat=True))
    assert CANARY not in while_open
    assert "Stem of" not in while_open
    assert "30 items of this form are also in the exam you have open" in " ".join(while_open.split())
    assert afterwards.count("✓ key") == 30
    assert CANARY in afterwards


@pytest.mark.parametrize("name", ["room", "plain_review", "submit", "abandon"])
def test_pages_of_an_attempt_are_kept_in_no_cache(client: Client, attempt: Attempt, name: str) -> None:
    answer = client.get(reverse(f"exams:{name}", args=[attempt.public_id]))

    assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))


def test_static_files_of_the_room_know_nothing_of_items() -> None:
    for name in ("js/room/room.js", "js/room/save_queue.js", "css/room.css"):
        path = finders.find(name)
        assert path
        with open(str(path), encoding="utf-8") as file:  # noqa: PTH123  finders gives plain paths
            assert not re.search(r"is_key|is_scored|rationale|pilot", file.read())
