"""How often each door may be used: beyond that nothing happens, and the answer says when to try again."""

import hashlib
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_django
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import rate_limits
from accounts.models import User
from ciip_site import door_limits
from ciip_site import settings as our_settings
from ciip_site.door_limits import HOUR, LOOKING, MINUTE, SENDING, Limit
from exams import attempts
from exams.attempts import LedgerFull
from exams.models import Attempt, AttemptEvent, PracticeSession, Response
from tests.exams.test_races import at_once
from tests.factories import NOW, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
A_UUID = uuid.UUID("6f0a3f4e-5a3a-4d7e-9d2f-0d6f2a7c1b11")
ARGUMENTS = {"public_id": A_UUID, "number": 1, "pk": 1, "position": 1, "object_id": 1}


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    """Windows begin with the hour; no test may meet the end of one."""
    with time_machine.travel(NOW + timedelta(seconds=10), tick=False):
        yield


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user("alice")
    client.force_login(user)
    return user


def patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, prefix + (f"{one.namespace}:" if one.namespace else ""))
        elif one.name:
            yield prefix + one.name, one


DOORS = dict(patterns(get_resolver().url_patterns))


def url_of(door: str) -> str:
    pattern = DOORS[door].pattern
    names = [*pattern.converters, *pattern.regex.groupindex]
    return reverse(door, kwargs={name: ARGUMENTS[name] for name in names})


def everything_stored() -> str:
    """A digest of all rows of the site but sessions, which a visit may renew."""
    told = hashlib.sha256()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table not in ("django_session", "usersessions_usersession"):
            told.update(repr(list(model._base_manager.order_by("pk").values())).encode())
    return told.hexdigest()


def shrink(monkeypatch: pytest.MonkeyPatch, table: dict[str, Limit], door: str) -> None:
    monkeypatch.setitem(table, door, Limit("test", 2, MINUTE))


def test_tables_name_doors_that_exist_and_no_door_twice() -> None:
    named = [*SENDING, *LOOKING, *door_limits.AT_WORK, *door_limits.BEHIND_SECRETS]

    assert set(named) - DOORS.keys() == set()
    assert (door_limits.AT_WORK | door_limits.BEHIND_SECRETS) & (SENDING.keys() | LOOKING.keys()) == set()
    limits = {*SENDING.values(), *LOOKING.values(), door_limits.CHANGES, door_limits.STRANGERS_CHANGES}
    assert len({limit.name for limit in limits}) == len(limits)


def test_every_limit_is_documented_as_it_is(root: Path) -> None:
    text = (root / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)`[^|]*\| (\d+) (an hour|a minute)", text, re.MULTILINE)
    limits = {*SENDING.values(), *LOOKING.values(), door_limits.CHANGES, door_limits.STRANGERS_CHANGES}
    words = {MINUTE: "a minute", HOUR: "an hour"}

    assert sorted(rows) == sorted((limit.name, str(limit.most), words[limit.window]) for limit in limits)
    assert f"{attempts.MOST_ENTRIES:,} entries" in text


@pytest.mark.parametrize("door", [*SENDING, *LOOKING])
def test_beyond_its_limit_a_door_is_shut_and_says_until_when(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    make_bank()
    publish_form_a()
    table = SENDING if door in SENDING else LOOKING
    ask = client.post if door in SENDING else client.get
    shrink(monkeypatch, table, door)
    statuses = [ask(url_of(door)).status_code for _ in range(2)]
    before = everything_stored()

    refused = ask(url_of(door))

    assert 429 not in statuses
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "50")
    assert "Nothing was changed. Try again in 1 min." in refused.content.decode()
    assert everything_stored() == before
    with time_machine.travel(NOW + timedelta(seconds=61)):
        assert ask(url_of(door)).status_code != 429


def test_real_limit_of_starting_drills_holds_and_is_each_persons_own(client: Client, alice: User) -> None:
    make_bank()
    drills = SENDING["exams:start_practice"]
    for _ in range(drills.most):
        rate_limits.count(f"door:drills:{alice.pk}", window=drills.window, now=NOW)

    refused = client.post(reverse("exams:start_practice"), {"size": "20"})

    assert refused.status_code == 429
    assert "Try again in 1 h." in refused.content.decode()
    assert PracticeSession.objects.count() == 0
    client.force_login(make_user("bob"))
    assert client.post(reverse("exams:start_practice"), {"size": "20"}).status_code == 302


def test_whatever_else_changes_something_is_counted_together(client: Client, alice: User) -> None:
    theme = reverse("accounts:display")
    doors = [theme, reverse("accounts:notifications")]

    statuses = [client.post(doors[n % 2]).status_code for n in range(door_limits.CHANGES.most)]
    refused = client.post(theme, {"theme": "dark"})

    assert (429 in statuses, refused.status_code) == (False, 429)
    assert User.objects.get(pk=alice.pk).theme != "dark"
    assert client.get(reverse("accounts:settings")).status_code == 200


def test_strangers_are_counted_by_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_limits, "STRANGERS_CHANGES", Limit("strangers-changes", 3, MINUTE))
    path = reverse("account_reset_password")

    statuses = [client.post(path, {"email": f"{n}@example.org"}).status_code for n in range(4)]

    assert statuses == [302, 302, 302, 429]
    assert client.post(path, {"email": "5@example.org"}, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_lists_of_the_admin_are_searched_so_often_and_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_limits, "_SEARCHES", Limit("searches", 3, MINUTE))
    ivy = make_user("ivy")
    ivy.is_staff = ivy.is_superuser = True
    ivy.save()
    client.force_login(ivy)
    lists = [door for door in DOORS if door.endswith("_changelist")]

    statuses = [client.get(reverse(door), {"q": "x"}).status_code for door in lists[:4]]

    assert statuses == [200, 200, 200, 429]


def test_program_is_told_in_its_own_words(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, SENDING, "exams:start_practice")

    answers = [client.post(reverse("exams:start_practice"), headers={"Accept": "application/json"}) for _ in range(3)]

    assert answers[2].json()["result"] == "too_often"
    assert answers[2].headers["Cache-Control"] == "no-store"


def test_refused_form_counts_for_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another site cannot use up somebody's share."""
    shrink(monkeypatch, SENDING, "exams:start_practice")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    statuses = {strict.post(reverse("exams:start_practice")).status_code for _ in range(5)}

    assert statuses == {403}


def test_candidate_at_work_is_never_counted(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bank()
    attempt = start(alice)
    for name in ("CHANGES", "STRANGERS_CHANGES"):
        monkeypatch.setattr(door_limits, name, Limit(name, 0, MINUTE))
    fields = {"item": 1, "base": 0, "op_id": str(A_UUID), "chosen": 1}

    def ask(door: str, **said: object) -> int:
        return client.post(reverse(f"exams:{door}", args=[attempt.public_id]), said).status_code

    assert ask("save", **fields) == 200
    assert ask("heartbeat", visible="{}") == 200
    assert ask("submit") == 302
    assert client.post(reverse("accounts:display")).status_code == 429


def fill(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave room for one entry."""
    monkeypatch.setattr(attempts, "MOST_ENTRIES", AttemptEvent.objects.filter(attempt=attempt).count() + 1)


def test_full_ledger_takes_nothing_more_and_says_so(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bank()
    attempt = start(alice)
    fill(attempt, monkeypatch)
    save(attempt, 1, chosen=2)
    before = everything_stored()

    fields = {"item": 2, "base": 0, "op_id": str(A_UUID), "chosen": 1}
    answer = client.post(reverse("exams:save", args=[attempt.public_id]), fields)
    plain = client.post(reverse("exams:plain_item", args=[attempt.public_id, 2]), {**fields, "go": "next"})

    assert (answer.status_code, answer.json()["result"]) == (429, "too_often")
    assert "More was saved in this exam than any person can" in plain.content.decode()
    with pytest.raises(LedgerFull):
        save(attempt, 2)
    assert not Response.objects.filter(position=2, chosen__isnull=False).exists()
    assert AttemptEvent.objects.filter(kind="saved").count() == 1
    assert everything_stored() != before, "the page that was looked at is told as seen, and nothing else"
    client.post(reverse("exams:submit", args=[attempt.public_id]))
    assert Attempt.objects.get().is_finished


def test_full_ledger_is_no_longer_told_of_reloads(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bank()
    attempt = start(alice)
    fill(attempt, monkeypatch)

    for _ in range(4):
        assert client.get(reverse("exams:room", args=[attempt.public_id])).status_code == 200

    assert AttemptEvent.objects.count() <= 2


def test_nobody_can_click_a_ledger_full() -> None:
    """Double time, breaks and granted minutes: seven hours of two changes a second."""
    assert attempts.MOST_ENTRIES / timedelta(hours=6, minutes=50).total_seconds() > 2


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_let_in(settings: pytest_django.Settings) -> None:
    def one() -> int:
        return rate_limits.count("x", window=MINUTE, now=NOW)

    assert sorted(at_once(*[one] * 20)) == list(range(1, 21))


def test_count_outlives_the_caches_usual_time_where_it_is_a_table(settings: pytest_django.Settings) -> None:
    """A count of an hour, renewed by each use, in the cache that an embedded site has."""
    settings.CACHES = our_settings.CACHES
    call_command("createcachetable", verbosity=0)
    hour = timedelta(hours=1)
    at_six = NOW + timedelta(minutes=1)
    with time_machine.travel(at_six, tick=False):
        rate_limits.count("x", window=hour, now=at_six)

    with time_machine.travel(at_six + timedelta(minutes=50), tick=False):
        assert rate_limits.count("x", window=hour, now=at_six + timedelta(minutes=50)) == 2

    for n in range(400):
        rate_limits.count(f"other-{n}", window=hour, now=at_six)
    with time_machine.travel(at_six + timedelta(minutes=51), tick=False):
        assert rate_limits.count("x", window=hour, now=at_six + timedelta(minutes=51)) == 3
    cache.clear()
