import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def sign_up(client: Client, **changes: str) -> str:
    fields = {
        "email": "alice@example.org",
        "password1": PASSWORD,
        "name": "Alice",
        "accept_terms": "on",
        "time_zone": "America/Chicago",
    }
    answer = client.post(reverse("account_signup"), {name: v for name, v in {**fields, **changes}.items() if v})
    return answer.content.decode()


def sign_in(client: Client, password: str = PASSWORD, email: str = "alice@example.org") -> bool:
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_sign_up_makes_a_candidate_who_accepted_the_terms(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_up(client)

    alice = User.objects.get()
    assert (alice.email, alice.name, alice.time_zone) == ("alice@example.org", "Alice", "America/Chicago")
    assert alice.terms_accepted_at == NOW
    assert (alice.is_staff, alice.is_superuser, roles.is_instructor(alice)) == (False, False, False)


def test_sign_up_signs_in(client: Client) -> None:
    sign_up(client)

    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accept_terms": ""}, "needs your consent"),
        ({"email": "nonsense"}, "valid email address"),
        ({"password1": "short"}, "too short"),
        ({"password1": "alice@example.org"}, "too similar"),
    ],
)
def test_sign_up_that_is_refused_says_why(client: Client, changes: dict[str, str], words: str) -> None:
    assert words in sign_up(client, **changes)
    assert not User.objects.exists()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc"])
def test_sign_up_with_an_unknown_zone_takes_utc(client: Client, zone: str) -> None:
    sign_up(client, time_zone=zone)

    assert User.objects.get().time_zone == "UTC"


def test_sign_up_grants_no_rights_whatever_is_sent(client: Client) -> None:
    sign_up(client, is_staff="1", is_superuser="1", groups="1", extra_time_percent="300")

    alice = User.objects.get()
    assert (alice.is_staff, alice.is_superuser, alice.extra_time_percent) == (False, False, 0)


def test_address_in_another_case_is_the_same_person(client: Client) -> None:
    make_user("alice")

    sign_up(client, email="ALICE@example.org")

    assert User.objects.count() == 1
    assert sign_in(client, email="Alice@Example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ALICE@EXAMPLE.ORG")


def test_sign_in_locks_after_five_failures_also_for_the_right_password(client: Client) -> None:
    make_user("alice")

    assert [sign_in(client, "wrong password") for _ in range(5)] == [False] * 5
    assert not sign_in(client)
    page = client.post(reverse("account_login"), {"login": "alice@example.org", "password": PASSWORD})
    assert "too many" in page.content.decode().lower()


def test_sign_in_after_four_failures_works(client: Client) -> None:
    make_user("alice")

    for _ in range(4):
        sign_in(client, "wrong password")

    assert sign_in(client)


def test_class_behind_one_address_is_not_locked_out(client: Client) -> None:
    make_user("alice")

    assert [sign_in(Client()) for _ in range(40)] == [True] * 40


def test_admin_has_the_same_door(client: Client) -> None:
    answer = client.get(reverse("admin:login"))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_sign_out_needs_post(client: Client) -> None:
    client.force_login(make_user())

    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_password_reset_by_mail(client: Client) -> None:
    make_user("alice")

    client.post(reverse("account_reset_password"), {"email": "alice@example.org"})
    found = re.search(r"http://[^/]+(/\S+)", str(mail.outbox[0].body))
    assert found
    page = client.get(found[1], follow=True)
    new = "another long password"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})

    assert sign_in(client, new)


def test_password_reset_tells_nothing_about_unknown_addresses(client: Client) -> None:
    make_user("alice")

    answers = [
        client.post(reverse("account_reset_password"), {"email": f"{name}@example.org"}) for name in ("alice", "bob")
    ]

    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_settings_change_name_and_zone_only(client: Client) -> None:
    alice = make_user("alice")
    client.force_login(alice)
    fields = {"name": "Al", "time_zone": "Asia/Tokyo", "email": "x@example.org", "extra_time_percent": "100"}

    client.post(reverse("accounts:settings"), fields)

    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.email, alice.extra_time_percent) == (
        "Al", "Asia/Tokyo", "alice@example.org", 0,
    )  # fmt: skip


def test_roles_are_groups_with_their_permissions() -> None:
    names = {
        group.name: set(group.permissions.values_list("content_type__app_label", "codename"))
        for group in Group.objects.all()
    }

    assert names == {role: {tuple(name.split(".")) for name in wanted} for role, wanted in roles.ROLES.items()}


def test_create_instructor_prints_a_password_once_and_stores_its_hash(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_instructor", "ivy@example.org")

    password = re.search(r"password (\S+)", capsys.readouterr().out)
    ivy = User.objects.get()
    assert password
    assert password[1] not in ivy.password
    assert (ivy.is_staff, ivy.is_superuser, roles.is_instructor(ivy)) == (True, False, True)
    assert sign_in(client, password[1], "ivy@example.org")


def test_invigilator_grants_extra_time_but_no_rights(client: Client) -> None:
    ivy, alice = make_user("ivy"), make_user("alice")
    roles.make_instructor(user=ivy, roles=["invigilator"])
    client.force_login(ivy)
    path = reverse("admin:accounts_user_change", args=[alice.pk])

    rights = {"is_superuser": "on", "is_staff": "on"}
    granted = {
        "time_zone": "UTC",
        "extra_time_percent": 50,
        "break_minutes": 10,
        "text_size": "normal",
        "theme": "auto",
    }
    client.post(path, {"name": "Alice", **granted, **rights})
    own_path = reverse("admin:accounts_user_change", args=[ivy.pk])
    client.post(own_path, {"name": "Ivy", **granted, **rights, "email": "root@example.org"})

    alice.refresh_from_db()
    ivy.refresh_from_db()
    assert (alice.extra_time_percent, alice.break_minutes, alice.is_superuser, alice.is_staff) == (50, 10, False, False)
    assert (ivy.is_superuser, ivy.email) == (False, "ivy@example.org")


def test_invigilator_cannot_set_another_persons_password(client: Client) -> None:
    ivy, alice = make_user("ivy"), make_user("alice")
    roles.make_instructor(user=ivy, roles=["invigilator"])
    client.force_login(ivy)
    new = "taken over by ivy"

    client.post(reverse("admin:auth_user_password_change", args=[alice.pk]), {
        "password1": new, "password2": new, "usable_password": "true", "set-password": "1",
    })  # fmt: skip

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_display_is_chosen_in_the_settings_and_marks_every_page(client: Client) -> None:
    client.force_login(make_user())

    client.post("/account/settings/display/", {"theme": "dark", "text_size": "large", "high_contrast": "on"})

    page = client.get("/about/").content.decode()
    assert 'data-bs-theme="dark" data-theme="dark" data-text="large" data-contrast="high" data-keys="off"' in page
    assert "data-motion" not in page


def test_display_of_no_known_size_changes_nothing(client: Client) -> None:
    client.force_login(make_user())

    page = client.post(
        "/account/settings/display/", {"theme": "auto", "text_size": "huge", "high_contrast": "on"}, follow=True
    )

    assert b"none of the choices" in page.content
    assert User.objects.get().display == {"theme": "", "text": "normal", "contrast": "", "motion": "", "keys": ""}


def test_display_by_fetch_is_told_in_json(client: Client) -> None:
    client.force_login(make_user())
    accept = {"Accept": "application/json"}

    wanted = {"theme": "light", "text_size": "largest", "single_keys": "on"}
    good = client.post("/account/settings/display/", wanted, headers=accept)
    bad = client.post("/account/settings/display/", wanted | {"theme": "pink"}, headers=accept)

    assert good.json()["display"] == {"theme": "light", "text": "largest", "contrast": "", "motion": "", "keys": ""}
    assert (bad.status_code, bad.json()) == (400, {"result": "invalid"})
