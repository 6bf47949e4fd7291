"""What a progress link shows to whoever has its address, and that it tells nobody anything else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
import time_machine
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import progress_links
from accounts.models import ProgressLink, User
from accounts.progress_links import MadeLink
from exams import attempts, planning, tasks
from exams.views import progress_page
from tests.answers import headers_of
from tests.factories import (
    NOW,
    answer_all,
    make_bank,
    make_outline,
    make_progress_link,
    make_user,
    publish_form_a,
    start,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ALL = ("readiness", "domains", "trend", "streak", "plan")


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice() -> User:
    return make_user()


@pytest.fixture
def practised(alice: User) -> User:
    """Yesterday's mock of 150 scored items, 120 of them right, and a plan."""
    make_bank(scored_count=150, pilot_count=10, canary="CANARY")
    publish_form_a(now=NOW - DAY)
    attempt = start(alice, now=NOW - DAY)
    answer_all(attempt, right=120)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW - DAY + timedelta(hours=1))
    tasks.score_attempt(attempt.pk)
    planning.make(user=alice, exam_on=(NOW + 42 * DAY).date(), hours_per_week=6, now=NOW)
    return alice


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def look(made: MadeLink, **headers: str) -> Any:
    return Client().get(f"/p/{made.token}", headers=headers)


# --- What is shown ----------------------------------------------------------------------------------------------------


SHOWN = {
    "readiness": ["On a fresh 150-item form of this bank today: expected", "practice cut is 105", "150 fresh answers"],
    "domains": ["The ten domains", "Domain IM", "not enough yet: 6 of 25"],
    "trend": ["Mocks so far", "120 of 150", "109–128", "Nov 1, 2026"],
    "streak": ["Practised on <strong class=\"num\">1 of the last 28 days"],
    "plan": ["This week of the study plan", "tasks</strong> done"],
}  # fmt: skip


@pytest.mark.parametrize("part", ALL)
def test_each_part_is_shown_alone(practised: User, part: str) -> None:
    text = text_of(look(make_progress_link(practised, part)))

    found = {other for other in ALL if any(said in text for said in SHOWN[other])}
    assert found == {part}
    assert [said for said in SHOWN[part] if said not in text] == []


def test_page_shows_no_item_no_answer_and_no_address(practised: User) -> None:
    text = text_of(look(make_progress_link(practised, *ALL, name=True)))

    assert "Progress of Alice" in text
    for secret in ("CANARY", "Stem of", "Value ", "Reason ", "alice@", "example.org", "Form A", "Task "):
        assert secret not in text


def test_name_is_shown_only_where_it_was_chosen(practised: User) -> None:
    assert "Alice" not in text_of(look(make_progress_link(practised, *ALL)))


def test_somebody_who_has_done_nothing_yet_has_a_page_too(alice: User) -> None:
    make_outline()

    text = text_of(look(make_progress_link(alice, *ALL)))

    for said in (
        "Not enough yet for a forecast: 0 of 30 fresh answers, 0 of 5 domains.", "No mock is finished yet.",
        "No study plan for this week.", "0 of the last 28 days", "not enough yet: 0 of 25",
    ):  # fmt: skip
        assert said in text


def test_site_without_content_has_a_page_too(alice: User) -> None:
    assert look(make_progress_link(alice, *ALL)).status_code == 200


def test_dates_are_those_of_the_person(alice: User) -> None:
    alice.time_zone = "Pacific/Kiritimati"
    alice.save(update_fields=["time_zone"])

    assert "November 3, 2026" in text_of(look(make_progress_link(alice)))


def test_page_is_cheap_and_does_not_grow(practised: User) -> None:
    made = make_progress_link(practised, "streak", "trend")
    with CaptureQueriesContext(connection) as queries:
        look(made)

    # The link with its owner, scores, answers in mocks and in practice, and the count.
    assert len(queries) == 5


# --- Who looked -------------------------------------------------------------------------------------------------------


def test_looking_is_counted_by_the_moment_and_by_nothing_else(alice: User) -> None:
    made = make_progress_link(alice)

    look(made)
    look(made)

    link = ProgressLink.objects.get()
    assert (link.use_count, link.last_used_at) == (2, NOW)


@pytest.mark.parametrize(
    "agent",
    [
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Twitterbot/1.0", "TelegramBot (like TwitterBot)",
        "facebookexternalhit/1.1", "WhatsApp/2.23.20.0", "Mozilla/5.0 (compatible; Discordbot/2.0)",
        "LinkedInBot/1.0", "Mozilla/5.0 SkypeUriPreview Preview/0.5",
    ],
)  # fmt: skip
def test_previews_are_not_counted(alice: User, agent: str) -> None:
    made = make_progress_link(alice)

    assert look(made, user_agent=agent).status_code == 200
    assert Client().head(f"/p/{made.token}").status_code == 200
    assert Client().get(f"/p/{made.token}/card.png").status_code == 200

    assert ProgressLink.objects.get().use_count == 0
    look(made, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    assert ProgressLink.objects.get().use_count == 1


def test_page_is_shown_though_the_count_cannot_be_written(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_progress_link(alice)

    def full(*args: object, **kwargs: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(QuerySet, "update", full)

    assert look(made).status_code == 200


# --- Nothing for visitors to carry, nothing to keep -----------------------------------------------------------------


def every_answer(made: MadeLink, locked: MadeLink, client: Client) -> list[Any]:
    """Page, picture, nothing, a refused method, and all that comes of a passphrase."""
    return [
        client.get(f"/p/{made.token}"),
        client.get(f"/p/{made.token}/card.png"),
        client.get("/p/unknown"),
        client.put(f"/p/{made.token}"),
        client.get(f"/p/{locked.token}"),
        client.post(f"/p/{locked.token}", {"passphrase": "wrong one"}),
        client.post(f"/p/{locked.token}", {"passphrase": "open sesame"}),
    ]


def test_no_cookie_is_set_or_read_and_nobody_keeps_the_page(alice: User) -> None:
    links = make_progress_link(alice), make_progress_link(alice, passphrase="open sesame")
    visitor, owner = Client(), Client()
    owner.force_login(alice)

    with_cookies = every_answer(*links, owner)
    without = every_answer(*links, visitor)

    assert [answer.status_code for answer in without] == [200, 200, 404, 405, 200, 403, 200]
    assert dict(visitor.cookies) == {}
    for answer, same in zip(without, with_cookies, strict=True):
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies
        assert "cookie" not in answer.headers.get("Vary", "").lower()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        # Whoever looks, even the owner: the same.
        assert (same.content, headers_of(same)) == (answer.content, headers_of(answer))


def test_page_asks_no_session(alice: User) -> None:
    owner = Client()
    owner.force_login(alice)
    made = make_progress_link(alice)

    with CaptureQueriesContext(connection) as queries:
        owner.get(f"/p/{made.token}")

    assert "django_session" not in " ".join(query["sql"] for query in queries)


def test_page_has_no_link_to_another_host(practised: User) -> None:
    text = look(make_progress_link(practised, *ALL)).content.decode()

    assert "http://" not in text.replace("http://testserver/p/", "")
    assert "https://" not in text


# --- All that lead nowhere are alike ----------------------------------------------------------------------------------


def dead_tokens(alice: User) -> dict[str, str]:
    expired = make_progress_link(alice, days=1, now=NOW - DAY)
    revoked = make_progress_link(alice)
    progress_links.revoke(user=alice, pk=revoked.link.pk, now=NOW)
    locked = make_progress_link(alice, passphrase="open sesame")
    progress_links.revoke(user=alice, pk=locked.link.pk, now=NOW)
    bob = make_user("bob")
    inactive = make_progress_link(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    deleted = make_progress_link(alice)
    deleted.link.delete()
    open_one = make_progress_link(alice)
    return {
        "expired": expired.token, "revoked": revoked.token, "revoked with a passphrase": locked.token,
        "inactive": inactive.token, "deleted": deleted.token, "unknown": "A" * 43, "empty name": " ",
        "digest": open_one.link.digest, "with more": open_one.token + "x", "with a slash": open_one.token + "/",
        "in capitals": open_one.token.swapcase(), "short": "x", "long": "A" * 5000, "path": "../../etc/passwd",
        "nul": "%00", "end of line": "a%0Ab", "not latin": "é" * 40, "markup": "<script>alert(1)</script>",
        "half a character": "%ff%fe", "query": "x?token=y", "picture": "card.png",
    }  # fmt: skip


def test_whatever_leads_nowhere_is_answered_alike(alice: User) -> None:
    tokens = dead_tokens(alice)
    gets = {name: Client().get(f"/p/{token}") for name, token in tokens.items()}
    pictures = {f"picture of {name}": Client().get(f"/p/{token}/card.png") for name, token in tokens.items()}
    posts = {
        f"passphrase for {name}": Client().post(f"/p/{token}", {"passphrase": "x"}) for name, token in tokens.items()
    }

    answers = {**gets, **pictures, **posts}
    expected = gets["unknown"]
    assert expected.status_code == 404
    assert "There is nothing here" in expected.content.decode()
    for name, answer in answers.items():
        found = (answer.status_code, answer.content, headers_of(answer))
        assert (name, *found) == (name, 404, expected.content, headers_of(expected))


def test_whatever_leads_nowhere_takes_one_statement_by_the_index(alice: User) -> None:
    for token in dead_tokens(alice).values():
        with CaptureQueriesContext(connection) as queries:
            Client().get(f"/p/{token}")
        assert len(queries) == 1
        assert '"digest" = ' in queries[0]["sql"]


# --- Passphrase -------------------------------------------------------------------------------------------------------


def test_passphrase_page_gives_away_nothing(practised: User) -> None:
    made = make_progress_link(practised, *ALL, name=True, passphrase="open sesame")
    other = make_progress_link(make_user("bob"), passphrase="another one")

    page, others = look(made), look(other)

    assert "asks for a passphrase" in text_of(page)
    assert page.content.replace(made.token.encode(), b"") == others.content.replace(other.token.encode(), b"")
    assert ProgressLink.objects.get(pk=made.link.pk).use_count == 0


def test_right_passphrase_opens_without_a_cookie_and_is_counted_once(practised: User) -> None:
    made = make_progress_link(practised, "streak", name=True, passphrase="open sesame")
    visitor = Client(enforce_csrf_checks=True)

    answer = visitor.post(f"/p/{made.token}", {"passphrase": " open sesame "})

    assert "Progress of Alice" in text_of(answer)
    assert ProgressLink.objects.get().use_count == 1
    assert "asks for a passphrase" in text_of(visitor.get(f"/p/{made.token}"))


def test_wrong_and_missing_passphrases_are_told(alice: User) -> None:
    made = make_progress_link(alice, passphrase="open sesame")

    wrong = Client().post(f"/p/{made.token}", {"passphrase": "open sesam"})
    missing = Client().post(f"/p/{made.token}", {"passphrase": ""})

    assert (wrong.status_code, missing.status_code) == (403, 422)
    assert "This is not the passphrase of this link." in text_of(wrong)
    assert "Type the passphrase." in text_of(missing)
    assert "open sesam" not in text_of(wrong)


def test_ten_wrong_passphrases_close_a_link_for_ten_minutes_and_no_other(alice: User) -> None:
    made, other = (make_progress_link(alice, passphrase="open sesame") for _ in range(2))

    def say(link: MadeLink, passphrase: str) -> int:
        return Client().post(f"/p/{link.token}", {"passphrase": passphrase}).status_code

    # What was right is not counted, or a class could not come in.
    assert [say(made, "open sesame") for _ in range(12)] == [200] * 12
    assert [say(made, "wrong one") for _ in range(11)] == [403] * 10 + [429]
    assert say(made, "open sesame") == 429
    assert say(other, "open sesame") == 200
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        assert say(made, "open sesame") == 200


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_who_asks_too_often_waits_a_minute_whatever_they_ask_for(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_page, "MOST_A_MINUTE", 3)
    made = make_progress_link(alice)
    paths = ["/p/unknown", f"/p/{made.token}", f"/p/{made.token}/card.png"]
    assert [Client().get(path).status_code for path in paths] == [404, 200, 200]

    refused = [Client().get(path) for path in paths]

    assert {answer.status_code for answer in refused} == {429}
    assert len({answer.content for answer in refused}) == 1
    assert {answer.headers["Retry-After"] for answer in refused} == {"60"}
    assert ProgressLink.objects.get().use_count == 1
    # Others are not concerned; of an IPv6 network one household is one visitor.
    assert Client(REMOTE_ADDR="192.0.2.7").get(paths[1]).status_code == 200
    neighbours = [f"2001:db8:1:2::{number:x}" for number in range(1, 5)]
    statuses = [Client(REMOTE_ADDR=address).get(paths[1]).status_code for address in neighbours]
    assert statuses == [200, 200, 200, 429]
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").get(paths[1]).status_code == 200
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert Client().get(paths[1]).status_code == 200


def test_page_is_there_without_a_cache(alice: User, settings: pytest_django.Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    made = make_progress_link(alice)

    assert look(made).status_code == 200
    assert Client().get(f"/p/{made.token}/card.png").status_code == 200
