"""A person's own progress links: made, listed, revoked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import progress_links, tokens
from accounts.models import ProgressLink, User
from accounts.progress_link_forms import PARTS
from tests.factories import NOW, make_progress_link, make_user

pytestmark = pytest.mark.django_db
LIST = "/progress-links/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_user()
    client.force_login(alice)
    return alice


def make(client: Client, **said: Any) -> str:
    """Fill the form in; the token of the link that the answer shows."""
    answer = client.post(LIST, {"shows_readiness": "on", "days": "30", **said})
    assert answer.status_code == 200
    return str(answer.context["address"]).rpartition("/")[2]


def test_link_is_what_was_chosen(client: Client, alice: User) -> None:
    token = make(client, shows_plan="on", shows_name="on", days="7", passphrase="open sesame")

    link = ProgressLink.objects.get()
    assert (link.user, link.digest) == (alice, tokens.digest_of(token))
    assert (link.created_at, link.expires_at, link.revoked_at) == (NOW, NOW + 7 * DAY, None)
    shown = {name for name in (*PARTS, "shows_name") if getattr(link, name)}
    assert shown == {"shows_readiness", "shows_plan", "shows_name"}
    assert progress_links.opens(link, "open sesame")
    assert not progress_links.opens(link, "Open sesame")
    assert (link.use_count, link.last_used_at) == (0, None)


def test_two_clicks_make_a_link_of_little_that_lasts_thirty_days(client: Client, alice: User) -> None:
    """What the form comes with, sent as it is."""
    form = client.get(LIST).context["form"]
    unchanged = {name: "on" for name, field in form.fields.items() if field.initial is True}
    client.post(LIST, {**unchanged, "days": str(form.fields["days"].initial), "passphrase": ""})

    link = ProgressLink.objects.get()
    assert link.shown == ["where a fresh form would end", "days I practised"]
    assert (link.name, link.passphrase, link.expires_at) == ("", "", NOW + 30 * DAY)


def test_address_is_shown_once_and_stored_nowhere_else(client: Client, alice: User) -> None:
    answer = client.post(LIST, {"shows_streak": "on", "days": "30"})
    token = str(answer.context["address"]).rpartition("/")[2]

    assert answer.context["address"] == f"http://testserver/p/{token}"
    assert len(token) == 43
    assert f"/p/{token}" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert token not in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"days": "30"}, "Tick at least one thing."),
        ({"shows_name": "on", "days": "30"}, "Tick at least one thing."),
        ({"shows_streak": "on", "days": "3650"}, "3650 is not one of the available choices."),
        ({"shows_streak": "on", "days": ""}, "This field is required."),
        ({"shows_streak": "on", "days": "30", "passphrase": "short"}, "at least 8 characters"),
        ({"shows_streak": "on", "days": "30", "passphrase": "x" * 129}, "at most 128 characters"),
    ],
)
def test_bad_input_is_told_and_makes_nothing(client: Client, alice: User, said: dict[str, str], reason: str) -> None:
    answer = client.post(LIST, said)

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not ProgressLink.objects.exists()


def test_twenty_open_links_are_enough(client: Client, alice: User) -> None:
    made = [make_progress_link(alice) for _ in range(20)]

    refused = client.post(LIST, {"shows_streak": "on", "days": "30"})
    assert "Revoke one first." in refused.content.decode()
    assert ProgressLink.objects.count() == 20
    progress_links.revoke(user=alice, pk=made[0].link.pk, now=NOW)
    make(client)


def test_list_says_what_until_and_how_often(client: Client, alice: User) -> None:
    link = make_progress_link(alice, "domains", "trend", name=True, passphrase="open sesame").link
    make_progress_link(alice, days=1, now=NOW - 3 * DAY)
    ProgressLink.objects.filter(pk=link.pk).update(use_count=3, last_used_at=NOW)

    text = " ".join(client.get(LIST).content.decode().split())

    for said in (
        "the ten domains, results of my mocks", "Alice", "asked for", "Dec 2, 2026, 3:00 PM",
        "Opened 3 times, last on Nov 2, 2026, 3:00 PM.", "Made on Oct 30, 2026, ended on Oct 31, 2026; opened 0 times.",
    ):  # fmt: skip
        assert said in text


def test_list_takes_the_same_statements_for_one_link_and_for_three(client: Client, alice: User) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_progress_link(alice)
            make_progress_link(alice, days=1, now=NOW - 3 * DAY)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))

    # Session, person, open links, ended ones, the banner's mock.
    assert counts == [5, 5]


def test_revoked_link_is_gone_at_once_and_for_good(client: Client, alice: User) -> None:
    made = make_progress_link(alice)
    assert client.get(f"/p/{made.token}").status_code == 200

    for _ in range(2):
        answer = client.post(f"{LIST}{made.link.pk}/revoke/", follow=True)
        assert "leads nowhere from now on" in answer.content.decode()
    assert client.get(f"/p/{made.token}").status_code == 404
    assert ProgressLink.objects.get().revoked_at == NOW


def test_revoking_again_keeps_the_moment_of_the_first(alice: User) -> None:
    made = make_progress_link(alice)
    progress_links.revoke(user=alice, pk=made.link.pk, now=NOW)

    progress_links.revoke(user=alice, pk=made.link.pk, now=NOW + DAY)

    assert ProgressLink.objects.get().revoked_at == NOW


def test_name_is_never_an_address(alice: User) -> None:
    link = make_progress_link(alice, name=True).link
    assert link.name == "Alice"
    for name, shown in [("", ""), ("alice@example.org", ""), ("  Ada \n Lovelace ", "Ada Lovelace")]:
        alice.name = name
        assert link.name == shown


@given(st.integers(min_value=-400, max_value=800))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_link_lasts_a_day_to_a_year_and_not_a_moment_longer(days: int) -> None:
    user = User.objects.filter(email="dora@example.org").first() or make_user("dora")
    ProgressLink.objects.all().delete()
    if not 1 <= days <= 365:
        with pytest.raises(ValueError, match="1 to 365 days"):
            make_progress_link(user, days=days)
        return
    made = make_progress_link(user, days=days)

    end = NOW + days * DAY
    assert progress_links.open_at(made.token, now=end - timedelta(microseconds=1)) == made.link
    assert progress_links.open_at(made.token, now=end) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"shows_streak": False},
        {"expires_at": NOW},
        {"use_count": 1},
        {"last_used_at": NOW},
    ],
)
def test_database_refuses_a_link_that_cannot_be(alice: User, wrong: dict[str, Any]) -> None:
    make_progress_link(alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressLink.objects.update(**wrong)


def test_links_go_with_their_owner(alice: User) -> None:
    make_progress_link(alice)

    alice.delete()

    assert not ProgressLink.objects.exists()
