"""A person's credential record is theirs alone, and the database keeps it sound."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams.credential import desk
from exams.credential.desk import NotPossible
from exams.models import CredentialRecord, CreditEntry, Duty, RealAttempt
from tests.exams.test_credential_pages import ATTEMPTS, DAY, DESK, MAINTENANCE, TODAY, look, sat, send
from tests.exams.test_races import at_once
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_user()
    client.force_login(alice)
    return alice


@pytest.fixture
def of_bob() -> dict[str, RealAttempt | CreditEntry | Duty]:
    bob = make_user("bob")
    CredentialRecord.objects.create(user=bob, renewed_through=2026)
    return {
        "attempt": sat(bob, TODAY - DAY, "planned"),
        "credits": CreditEntry.objects.create(user=bob, on=TODAY, title="Secret course", credits=2),
        "duty": Duty.objects.create(user=bob, text="Secret duty"),
    }


DOORS = [
    ("tell_result", "attempt", {"result": "passed"}),
    ("delete_real_attempt", "attempt", {}),
    ("delete_credits", "credits", {}),
    ("tick_duty", "duty", {"done": "yes"}),
    ("delete_duty", "duty", {}),
]


@pytest.mark.parametrize(("name", "kind", "data"), DOORS, ids=str)
def test_to_others_a_line_does_not_exist(
    client: Client,
    alice: User,
    of_bob: dict[str, RealAttempt | CreditEntry | Duty],
    name: str,
    kind: str,
    data: dict[str, object],
) -> None:
    row = of_bob[kind]
    before = type(row)._default_manager.values().get()

    assert send(client, reverse(f"exams:{name}", args=[row.pk]), data)[0] == 404
    assert type(row)._default_manager.values().get() == before


@pytest.mark.parametrize(("name", "kind", "data"), DOORS, ids=str)
def test_changing_needs_a_person_a_token_and_post(
    client: Client,
    of_bob: dict[str, RealAttempt | CreditEntry | Duty],
    name: str,
    kind: str,
    data: dict[str, object],
) -> None:
    row = of_bob[kind]
    door = reverse(f"exams:{name}", args=[row.pk])
    before = type(row)._default_manager.values().get()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(row.user)
    client.post(door, data)
    anonymous = client.post(door, data).status_code
    client.force_login(row.user)

    assert (anonymous, strict.post(door, data).status_code, client.get(door).status_code) == (302, 403, 405)
    assert type(row)._default_manager.values().get() == before


@pytest.mark.usefixtures("of_bob")
def test_pages_show_nothing_of_others(client: Client, alice: User) -> None:
    text = look(client, ATTEMPTS) + look(client, MAINTENANCE) + look(client, DESK)

    assert "Secret" not in text
    assert "November 1, 2026" not in text


@pytest.mark.usefixtures("of_bob")
def test_everything_goes_with_the_account() -> None:
    User.objects.get(email="bob@example.org").delete()

    assert [model.objects.count() for model in (RealAttempt, CreditEntry, Duty, CredentialRecord)] == [0] * 4


# --- The database -------------------------------------------------------------------------------------------------


def test_database_refuses_what_cannot_be() -> None:
    alice = make_user()
    sat(alice, TODAY, "planned")

    for wrong in (
        RealAttempt(user=alice, on=TODAY, result="failed"),
        RealAttempt(user=alice, on=TODAY + DAY, result="planned"),
        RealAttempt(user=alice, on=TODAY + DAY, result="aced"),
        RealAttempt(user=alice, on=date(2006, 12, 31), result="failed"),
        CreditEntry(user=alice, on=TODAY, title="x", credits=Decimal(0)),
        CreditEntry(user=alice, on=TODAY, title="x", credits=Decimal("200.01")),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong.save()


@pytest.mark.django_db(transaction=True)
def test_two_plans_at_once_leave_one() -> None:
    alice = make_user()

    def plan(on: date) -> str:
        try:
            desk.add_attempt(user=alice, on=on, result="planned")
        except NotPossible:
            return "refused"
        return "planned"

    said = at_once(*[lambda n=n: plan(TODAY + n * DAY) for n in range(1, 5)])

    assert sorted(said) == ["planned", "refused", "refused", "refused"]
    assert RealAttempt.objects.count() == 1
