from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import instructors
from accounts.models import User
from accounts.roles import ROLES

pytestmark = pytest.mark.django_db


def create(email: str) -> str:
    """Runs the command and returns the password it prints."""
    output = StringIO()
    call_command("create_instructor", email, stdout=output)
    return output.getvalue().split("password ")[1].split()[0]


def test_create_instructor_makes_a_person_who_can_sign_in(client: Client) -> None:
    password = create("alice@example.org")

    client.post("/account/login/", {"login": "alice@example.org", "password": password})

    alice = User.objects.get()
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert (alice.is_staff, alice.is_superuser, alice.groups.count()) == (True, False, len(ROLES))
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (alice.pk, "alice@example.org", True, True)
    ]


def test_create_instructor_stores_no_password_in_clear() -> None:
    password = create("alice@example.org")

    # 128 random bits.
    assert len(password) == 22
    assert password not in User.objects.get().password


def test_create_instructor_promotes_a_person_in_any_spelling_of_the_address() -> None:
    bob = User.objects.create_user("bob@example.org", "the old one", name="Bob")

    password = instructors.create(email="Bob@Example.org")

    bob.refresh_from_db()
    assert User.objects.count() == 1
    assert (bob.name, bob.is_staff, bob.check_password(password)) == ("Bob", True, True)
    assert EmailAddress.objects.get().email == "bob@example.org"


def test_create_instructor_run_twice_sets_another_password() -> None:
    assert create("alice@example.org") != create("alice@example.org")
    assert (User.objects.count(), EmailAddress.objects.count()) == (1, 1)


def test_create_instructor_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="'alice' is no e-mail address"):
        call_command("create_instructor", "alice")

    assert User.objects.count() == 0
