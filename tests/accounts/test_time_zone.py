"""Dates are shown in the signed-in person's zone, and a zone nobody knows harms nobody."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import TimeZoneMiddleware
from accounts.models import User
from tests.factories import make_user

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def shown_to(user: User | AnonymousUser) -> str:
    """Noon in UTC as a page of this person shows it."""

    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Template("{{ noon|date:'H:i' }}").render(Context({"noon": NOON})))

    request = RequestFactory().get("/")
    request.user = user
    return TimeZoneMiddleware(page)(request).content.decode()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", "12:00"), ("America/Chicago", "06:00"), ("Nowhere/Else", "12:00"), ("../etc/passwd", "12:00")],
)
def test_dates_are_in_the_zone_of_the_person(zone: str, shown: str) -> None:
    assert shown_to(User(time_zone=zone)) == shown


def test_dates_for_strangers_are_in_utc() -> None:
    assert shown_to(AnonymousUser()) == "12:00"


def test_zone_of_one_request_does_not_stay_for_the_next() -> None:
    shown_to(User(time_zone="Asia/Tokyo"))

    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.django_db
def test_person_with_an_unknown_zone_can_open_the_settings(client: Client) -> None:
    alice = make_user("alice")
    alice.time_zone = "Nowhere/Else"
    alice.save(update_fields=["time_zone"])
    client.force_login(alice)

    page = client.get(reverse("accounts:settings"))

    assert page.status_code == 200
    # Nothing is selected, so the browser shows and sends the first zone.
    assert "selected" not in str(page.context["form"]["time_zone"])
    assert page.context["form"].fields["time_zone"].choices[0] == ("UTC", "UTC")


@pytest.mark.django_db
def test_settings_refuse_a_zone_that_does_not_exist(client: Client) -> None:
    alice = make_user("alice")
    client.force_login(alice)

    client.post(reverse("accounts:settings"), {"name": "Al", "time_zone": "Mars/Olympus"})

    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice", "UTC")


@pytest.mark.django_db
def test_settings_need_a_sign_in(client: Client) -> None:
    answer = client.get(reverse("accounts:settings"))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/?next=/account/settings/")
