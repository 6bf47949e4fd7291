"""What instructors see and may change of a person in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def invigilator(client: Client) -> User:
    ivy = make_user("ivy")
    roles.make_instructor(user=ivy, roles=["invigilator"])
    client.force_login(ivy)
    return ivy


@pytest.fixture
def superuser(client: Client) -> User:
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    client.force_login(root)
    return root


def page_of(client: Client, user: User) -> str:
    return client.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()


@pytest.mark.usefixtures("invigilator")
def test_invigilator_sees_no_password_hash(client: Client, alice: User) -> None:
    page = page_of(client, alice)

    assert "alice@example.org" in page
    assert alice.password not in page
    assert alice.password.split("$")[-1] not in page


@pytest.mark.usefixtures("superuser")
def test_superuser_sees_no_whole_hash_either_but_may_reset(client: Client, alice: User) -> None:
    page = page_of(client, alice)

    assert alice.password.split("$")[-1] not in page
    assert "Reset password" in page


@pytest.mark.usefixtures("superuser")
def test_superuser_sets_a_password(client: Client, alice: User) -> None:
    new = "a brand new password"

    client.post(
        reverse("admin:auth_user_password_change", args=[alice.pk]),
        {"password1": new, "password2": new, "usable_password": "true"},
    )

    alice.refresh_from_db()
    assert alice.check_password(new)


@pytest.mark.usefixtures("superuser")
def test_superuser_adds_a_person(client: Client) -> None:
    client.post(
        reverse("admin:accounts_user_add"),
        {"email": "bob@example.org", "name": "Bob", "usable_password": "true", "password1": PASSWORD,
         "password2": PASSWORD},
    )  # fmt: skip

    bob = User.objects.get(email="bob@example.org")
    assert (bob.name, bob.check_password(PASSWORD), bob.is_staff) == ("Bob", True, False)


@pytest.mark.usefixtures("invigilator")
@pytest.mark.parametrize(("zone", "stored"), [("Asia/Tokyo", "Asia/Tokyo"), ("Nowhere/Else", "UTC")])
def test_time_zone_is_chosen_from_those_that_exist(client: Client, alice: User, zone: str, stored: str) -> None:
    path = reverse("admin:accounts_user_change", args=[alice.pk])

    client.post(
        path,
        {
            "name": "Alice",
            "time_zone": zone,
            "extra_time_percent": 0,
            "break_minutes": 0,
            "text_size": "large",
            "theme": "auto",
        },
    )

    alice.refresh_from_db()
    assert alice.time_zone == stored


def test_invigilator_has_no_way_to_add_or_delete_people(client: Client, invigilator: User, alice: User) -> None:
    paths = [reverse("admin:accounts_user_add"), reverse("admin:accounts_user_delete", args=[alice.pk])]

    assert [client.get(path).status_code for path in paths] == [403, 403]


def test_candidate_is_sent_from_the_admin_to_the_sign_in_page(client: Client, alice: User) -> None:
    client.force_login(alice)

    answer = client.get(reverse("admin:index"))

    assert answer.status_code == 302
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 302
