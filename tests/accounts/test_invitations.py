"""Invitations: what is stored, what is mailed, whom they let in and how they end."""

import hashlib
import io
import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts import groups, invitations, mailing, tasks
from accounts.groups import NotPossible
from accounts.models import Invitation, MailKind, Membership, Role, Share, StudyGroup
from ciip_site.log_filters import WithoutTokens
from tests.answers import headers_of
from tests.factories import NOW, PASSWORD, join_group, make_group, make_user

pytestmark = pytest.mark.django_db
SITE = "https://exam.example.org/"


@pytest.fixture
def group() -> StudyGroup:
    return make_group(make_user("alice"))


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def link(group: StudyGroup, *, uses: int = 5, days: int = 7) -> str:
    return invitations.make_link(group=group, by=group.owner, days=days, uses=uses, now=NOW)


def mailed(group: StudyGroup, email: str) -> tuple[Invitation, str]:
    made = invitations.invite(group=group, by=group.owner, email=email, now=NOW)
    assert invitations.deliver(invitation=made, site=SITE, now=NOW)
    found = re.search(r"/join/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    return made, found[1]


def test_token_is_stored_as_its_digest_alone(group: StudyGroup) -> None:
    token = link(group)

    assert len(token) == 43
    assert Invitation.objects.get().digest == hashlib.sha256(token.encode()).hexdigest()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  our own tables
            assert token not in str(cursor.fetchall()), table


@pytest.mark.parametrize("way", ["demoted", "removed"])
def test_who_leads_no_longer_by_the_time_the_group_is_locked_invites_nobody(group: StudyGroup, way: str) -> None:
    """The page had let them in a moment before."""
    bob = make_user("bob")
    member = join_group(group, bob, instructor=True)
    if way == "demoted":
        groups.change_role(group=group, of=member, role=Role.MEMBER, by=group.owner)
    else:
        groups.remove(group=group, member=member, by=group.owner, ends_links=True, now=NOW)

    with pytest.raises(NotPossible, match="lead"):
        invitations.make_link(group=group, by=bob, days=7, uses=5, now=NOW)
    with pytest.raises(NotPossible, match="lead"):
        invitations.invite(group=group, by=bob, email="new@example.org", now=NOW)

    assert not Invitation.objects.exists()


def test_mail_goes_to_the_one_address_and_names_no_other(group: StudyGroup) -> None:
    invitation, token = mailed(group, "Bob@Example.org")

    sent = mail.outbox[0]
    assert (sent.to, sent.cc, sent.bcc) == (["bob@example.org"], [], [])
    assert sent.subject == "CIIP Practice: an invitation to the study group Evening group"
    assert f"Alice invites you to the study group “{group}”" in sent.body
    assert f"{SITE}join/{token}/" in sent.body
    assert group.owner.email not in str(sent.message())
    assert token not in str(sent.message().items())
    invitation.refresh_from_db()
    assert (invitation.digest, invitation.mailed_at) == (hashlib.sha256(token.encode()).hexdigest(), NOW)


def test_name_of_a_group_cannot_add_headers_to_a_mail(group: StudyGroup) -> None:
    StudyGroup.objects.update(name="Evening\r\nBcc: eve@example.org")
    group.refresh_from_db()

    mailed(group, "bob@example.org")

    assert mail.outbox[0].message()["Bcc"] is None
    assert mail.outbox[0].recipients() == ["bob@example.org"]


def test_broker_is_told_no_token(group: StudyGroup, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    told: list[Any] = []
    monkeypatch.setattr(tasks.send_invitation, "apply_async", lambda args, **kwargs: told.append(args))
    client.force_login(group.owner)

    client.post(f"/groups/{group.public_id}/invitations/", {"email": "bob@example.org"})

    made = Invitation.objects.get()
    assert json.dumps(told) == json.dumps([[made.pk, "http://testserver/"]])
    assert (made.digest, made.mailed_at) == (None, None)


def test_mail_sent_again_ends_the_one_before(group: StudyGroup, client: Client) -> None:
    made, first = mailed(group, "bob@example.org")
    client.force_login(group.owner)
    again = f"/groups/{group.public_id}/invitations/{made.pk}/send/"

    client.post(again)
    assert len(mail.outbox) == 1
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        client.post(again)

    assert len(mail.outbox) == 2
    assert invitations.open_at(first, now=NOW) is None


def test_two_tasks_for_one_invitation_send_one_mail(group: StudyGroup) -> None:
    made, token = mailed(group, "bob@example.org")

    assert not invitations.deliver(invitation=made, site=SITE, now=NOW + timedelta(minutes=59))
    assert len(mail.outbox) == 1
    assert invitations.open_at(token, now=NOW) == made


def test_mail_that_waits_while_its_invitation_is_revoked_is_not_sent(group: StudyGroup) -> None:
    made = invitations.invite(group=group, by=group.owner, email="bob@example.org", now=NOW)
    invitations.revoke(group=group, pk=made.pk, now=NOW)

    assert not invitations.deliver(invitation=made, site=SITE, now=NOW)
    assert mail.outbox == []


def test_nobody_mails_more_than_twenty_addresses_a_day(group: StudyGroup) -> None:
    for n in range(invitations.MOST_MAILS_A_DAY):
        invitations.invite(group=group, by=group.owner, email=f"person-{n}@example.org", now=NOW)

    with pytest.raises(NotPossible, match="20 addresses"):
        invitations.invite(group=group, by=group.owner, email="one-more@example.org", now=NOW)
    invitations.invite(group=group, by=group.owner, email="one-more@example.org", now=NOW + timedelta(days=1))


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@example.org", "bob@example.org"])
def test_address_is_not_invited_twice_nor_when_it_is_in_the_group(group: StudyGroup, email: str) -> None:
    invitations.invite(group=group, by=group.owner, email="bob@example.org", now=NOW)

    with pytest.raises(NotPossible, match=r"already|open invitation"):
        invitations.invite(group=group, by=group.owner, email=email, now=NOW)


# --- The door -------------------------------------------------------------------------------------------------------

OVER: dict[str, Callable[[StudyGroup], object]] = {
    "revoked": lambda group: group.invitations.update(revoked_at=NOW),
    "expired": lambda group: group.invitations.update(made_at=NOW - timedelta(2), expires_at=NOW),
    "used up": lambda group: group.invitations.update(uses=5),
    "group closed": lambda group: group.delete(),
}


@pytest.mark.parametrize("way", OVER)
@pytest.mark.parametrize("signed_in", [True, False])
def test_what_is_over_answers_as_what_never_was(client: Client, group: StudyGroup, way: str, signed_in: bool) -> None:
    token = link(group)
    if signed_in:
        client.force_login(make_user("bob"))
    unknown = client.get("/join/unknown/")
    assert client.get(f"/join/{token}/").status_code == (302 if signed_in else 200)
    OVER[way](group)

    over = client.get(f"/join/{token}/")

    assert (over.status_code, unknown.status_code) == (404, 404)
    assert _without_nonces(over.content) == _without_nonces(unknown.content)
    assert headers_of(over) == headers_of(unknown)
    if signed_in:
        assert client.get("/join/").status_code == client.post("/join/", {"share": "scores"}).status_code == 404
    assert not Membership.objects.filter(user__email="bob@example.org").exists()


def _without_nonces(content: bytes) -> bytes:
    return re.sub(rb'"x-csrftoken": "\w+"|value="\w{64}"', b"", content)


@pytest.mark.parametrize("token", ["known", "unknown", "a/b", "%00", "ü", "x" * 3000])
def test_door_tells_its_address_to_nobody(client: Client, group: StudyGroup, token: str) -> None:
    answer = client.get(f"/join/{link(group) if token == 'known' else token}/")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_somebody_without_an_account_signs_up_and_joins(client: Client, group: StudyGroup) -> None:
    token = link(group)

    door = client.get(f"/join/{token}/")
    assert b"Alice invites you to the study group" in door.content
    assert token.encode() not in door.content
    assert b"/account/signup/?next=/join/" in door.content
    person = {"email": "bob@example.org", "password1": PASSWORD, "accept_terms": "on", "next": "/join/"}
    assert client.post("/account/signup/?next=/join/", person).headers["Location"] == "/join/"
    assert b"What this group sees of you" in client.get("/join/").content
    answer = client.post("/join/", {"share": "domains"})

    assert answer.headers["Location"] == f"/groups/{group.public_id}/"
    joined = Membership.objects.get(user__email="bob@example.org")
    assert (joined.share, joined.joined_at, joined.is_instructor) == ("domains", NOW, False)
    assert Invitation.objects.get().uses == 1
    assert client.get(f"/join/{token}/").headers["Location"] == "/join/"
    assert client.get("/join/").headers["Location"] == f"/groups/{group.public_id}/"


def test_sharing_has_to_be_said_and_the_page_offers_that_one_practises(client: Client, group: StudyGroup) -> None:
    client.force_login(make_user("bob"))
    client.get(f"/join/{link(group)}/")

    assert client.get("/join/").context["form"]["share"].initial == "practice"
    assert client.post("/join/", {"share": "everything"}).status_code == 422
    assert group.memberships.count() == 1


def test_group_that_asks_lets_nobody_in_by_a_link_alone(client: Client, group: StudyGroup) -> None:
    StudyGroup.objects.update(asks_for_approval=True)
    bob = make_user("bob")
    client.force_login(bob)
    client.get(f"/join/{link(group)}/")

    assert client.post("/join/", {"share": "practice"}).headers["Location"] == "/groups/"
    assert client.get(f"/groups/{group.public_id}/members/").status_code == 404
    assert b"Waiting to be let in" in client.get("/groups/").content
    _, token = mailed(group, "bob@example.org")
    client.get(f"/join/{token}/")
    client.post("/join/", {"share": "practice"})

    assert Membership.objects.get(user=bob).has_joined


def test_invitation_by_mail_is_for_its_address_alone(client: Client, group: StudyGroup) -> None:
    made, token = mailed(group, "bob@example.org")
    client.force_login(make_user("charlie"))
    client.get(f"/join/{token}/")

    page = client.get("/join/")
    assert b"to another e-mail address than yours, charlie@example.org" in page.content
    assert b"bob@example.org" not in page.content
    assert client.post("/join/", {"share": "practice"}).status_code == 422
    invitations.accept(invitation=made, user=make_user("bob"), share=Share.PRACTICE, now=NOW)

    assert {m.user.name for m in group.memberships.select_related("user")} == {"Alice", "Bob"}


def test_limit_of_knocks_is_counted_for_each_network(client: Client, group: StudyGroup) -> None:
    token = link(group)
    for _ in range(120):
        client.get("/join/unknown/", REMOTE_ADDR="192.0.2.1")

    assert client.get(f"/join/{token}/", REMOTE_ADDR="192.0.2.1").status_code == 429
    assert client.get("/join/unknown/", REMOTE_ADDR="192.0.2.1").status_code == 429
    assert client.get(f"/join/{token}/", REMOTE_ADDR="192.0.2.2").status_code == 200
    assert token not in str(vars(cache._connections))  # type: ignore[attr-defined]


def test_logs_hide_the_token_of_a_door(client: Client) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(WithoutTokens())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        client.get("/join/secret-token/")
    finally:
        logger.removeHandler(handler)

    assert "/join/" in lines.getvalue()
    assert "secret-token" not in lines.getvalue()


def test_proxy_hides_the_token_of_a_door(root: Path) -> None:
    pattern = re.search(r"request>uri regexp (\S+)", (root / "Caddyfile").read_text(encoding="utf-8"))

    assert pattern
    assert re.sub(pattern[1], r"\1…", "/join/secret-token/?x") == "/join/…"


def test_new_link_is_shown_once(client: Client, group: StudyGroup) -> None:
    client.force_login(group.owner)
    path = f"/groups/{group.public_id}/invitations/"

    made = client.post(path, {"days": 30, "uses": 3})

    token = re.search(r"http://testserver/join/([\w-]{43})/", made.content.decode())
    assert token
    assert token[1] not in client.get(path).content.decode()
    found = Invitation.objects.get()
    assert (found.most_uses, found.expires_at) == (3, NOW + timedelta(days=30))
    client.post(f"{path}{found.pk}/revoke/")
    assert invitations.open_at(token[1], now=NOW) is None
    assert b"revoked" in client.get(path).content


@pytest.mark.parametrize(
    "said", [{"days": 8, "uses": 3}, {"days": 7, "uses": 0}, {"days": 7, "uses": 201}, {"email": "x"}]
)
def test_bad_invitation_is_refused_with_words(client: Client, group: StudyGroup, said: dict[str, Any]) -> None:
    client.force_login(group.owner)

    answer = client.post(f"/groups/{group.public_id}/invitations/", said)

    assert (answer.status_code, Invitation.objects.count()) == (422, 0)
    assert b"errorlist" in answer.content


def test_member_who_comes_again_stays_as_they_are(group: StudyGroup) -> None:
    bob = make_user("bob")
    join_group(group, bob, share=Share.SCORES)
    found = invitations.open_at(link(group), now=NOW)
    assert found

    invitations.accept(invitation=found, user=bob, share=Share.NOTHING, now=NOW)

    assert (Membership.objects.get(user=bob).share, Invitation.objects.get().uses) == ("scores", 0)


def test_address_that_refused_gets_none_and_nobody_is_told(group: StudyGroup) -> None:
    mailing.refuse(kind=MailKind.INVITATION, digest=mailing.digests_of("bob@example.org")[0], now=NOW)
    made = invitations.invite(group=group, by=group.owner, email="bob@example.org", now=NOW)

    assert invitations.deliver(invitation=made, site=SITE, now=NOW)

    made.refresh_from_db()
    assert (mail.outbox, made.mailed_at) == ([], NOW)
