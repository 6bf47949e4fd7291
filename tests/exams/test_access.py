"""Owner, other candidate, instructor and anonymous at every URL of an attempt."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams import attempts
from exams.models import Attempt
from exams.urls import urlpatterns
from questions.models import FaultReport
from tests.factories import NOW, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db

SAVE = {"item": 1, "base": 0, "op_id": str(uuid.uuid4()), "chosen": 1}
# (url name, extra args, method, data, owner's status while open, owner's status when finished)
Door = tuple[str, list[int], str, dict[str, object], int, int]
DOORS: list[Door] = [
    ("room", [], "get", {}, 200, 302),
    ("save", [], "post", SAVE, 200, 410),
    ("heartbeat", [], "post", {}, 200, 410),
    ("plain_item", [1], "get", {}, 200, 302),
    ("plain_item", [1], "post", SAVE, 303, 302),
    ("plain_review", [], "get", {}, 200, 302),
    ("submit", [], "get", {}, 200, 302),
    ("submit", [], "post", {}, 302, 302),
    ("abandon", [], "get", {}, 200, 302),
    ("abandon", [], "post", {}, 302, 302),
    ("break", [], "get", {}, 302, 302),
    ("break", [], "post", {}, 302, 302),
    ("end_break", [], "post", {}, 302, 302),
    ("report", [], "get", {}, 302, 200),
    ("receipt", [], "get", {}, 404, 200),
    ("unsent", [], "get", {}, 200, 200),
    ("unsent", [], "post", {"text": "{}"}, 200, 200),
    ("report_pdf", [], "get", {}, 404, 200),
    ("report_pdf", [], "post", {}, 404, 302),
    ("report_file", [], "get", {}, 404, 404),
    ("triage", [], "get", {}, 404, 200),
    ("tell_miss", [1], "post", {"reason": "other"}, 400, 400),
    ("fault", [1], "get", {}, 404, 200),
    ("fault", [1], "post", {"message": "The second option is right too."}, 404, 302),
]
# Cohorts, appointments, the workshop, study plans and groups and progress links have matrices of their own.
WITHOUT_ATTEMPT = {
    "personal_export", "personal_export_file", "delete_account", "account_deleted",
    "mocks", "start", "verify_receipt", "cohorts", "watch", "extend", "cohort_results", "candidate_report",
    "cohort_csv",
    "start_appointment", "appointment", "practise", "practice_heartbeat", "to_agreement", "accept", "decline",
    "workshop", "pilots", "workshop_item", "move_item", "comment_item", "regrade_item", "coverage",
    "practice", "start_practice", "give_up_form", "practice_session", "practice_place", "practice_answer",
    "practice_flag", "practice_fault", "finish_practice", "practice_results",
    "readiness", "calibration", "guides", "guide",
    "credential", "eligibility", "real_attempts", "attempt_window", "tell_result", "delete_real_attempt",
    "maintenance", "delete_credits", "renewals", "add_duty", "suggest_duties", "tick_duty", "delete_duty",
    "exchange", "export", "upload", "import", "check_import", "apply_import",
    "forms", "form", "build_forms", "form_build", "freeze_forms",
    "groups", "make_group", "group", "group_settings", "close_group", "group_sharing", "leave_group", "group_members",
    "change_role", "admit_member", "remove_member", "hand_over", "group_invitations", "revoke_invitation",
    "send_invitation", "join", "invitation", "share_form", "group_form", "start_group_form", "move_group_form",
    "withdraw_form", "group_item", "write_comment", "group_comments", "report_comment", "hide_comment",
    "show_comment", "delete_comment",
    "plan", "make_plan", "tick_task", "catch_up", "delete_plan", "share_calendar", "end_calendar", "calendar",
    "progress_links", "revoke_progress_link", "progress", "progress_card",
}  # fmt: skip


@pytest.fixture
def attempt() -> Attempt:
    make_bank()
    publish_form_a()
    return start(make_user("alice"))


@pytest.fixture(autouse=True)
def during_the_exam() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


def make_instructor() -> User:
    user = make_user("ivy")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.set(Group.objects.all())
    return user


def knock(client: Client, attempt: Attempt, door: Door) -> int:
    name, args, method, data, *_ = door
    call: Callable[..., HttpResponse] = getattr(client, method)
    return call(reverse(f"exams:{name}", args=[attempt.public_id, *args]), data).status_code


def test_matrix_names_every_url_of_an_attempt() -> None:
    assert {door[0] for door in DOORS} | WITHOUT_ATTEMPT == {str(pattern.name) for pattern in urlpatterns}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[2]} {door[0]}")
@pytest.mark.parametrize("is_finished", [False, True])
def test_owner_opens_the_door(client: Client, attempt: Attempt, door: Door, is_finished: bool) -> None:
    if is_finished:
        attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)
    client.force_login(attempt.user)

    assert knock(client, attempt, door) == door[5 if is_finished else 4]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[2]} {door[0]}")
@pytest.mark.parametrize("who", ["bob", "instructor"])
@pytest.mark.parametrize("is_finished", [False, True])
def test_to_everybody_else_the_attempt_does_not_exist(
    client: Client,
    attempt: Attempt,
    door: Door,
    who: str,
    is_finished: bool,
) -> None:
    if is_finished:
        attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)
    client.force_login(make_user("bob") if who == "bob" else make_instructor())
    before = Attempt.objects.values().get()

    assert knock(client, attempt, door) == 404
    assert Attempt.objects.values().get() == before
    assert not attempt.events.filter(kind="saved").exists()
    assert not FaultReport.objects.exists()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[2]} {door[0]}")
def test_anonymous_is_sent_to_sign_in_and_fetch_is_told(client: Client, attempt: Attempt, door: Door) -> None:
    status = knock(client, attempt, door)

    assert status == (401 if door[0] in ("save", "heartbeat") else 302)
    assert not attempt.events.filter(kind="saved").exists()


@pytest.mark.parametrize("door", [door for door in DOORS if door[2] == "post"], ids=lambda door: door[0])
def test_every_change_needs_a_csrf_token(attempt: Attempt, door: Door) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(attempt.user)

    assert knock(client, attempt, door) == 403
    assert attempt.events.count() == 1


@pytest.mark.parametrize("visible", ["[" * 40_000, "1" * 5_000, '{"1": 1e999}', '{"x": 1}', '{"1": -5}', "x" * 60_000])
def test_hostile_heartbeat_is_refused_with_words(client: Client, attempt: Attempt, visible: str) -> None:
    client.force_login(attempt.user)

    answer = client.post(reverse("exams:heartbeat", args=[attempt.public_id]), {"visible": visible})

    assert (answer.status_code, answer.json()["result"]) == (400, "invalid")


@pytest.mark.parametrize("name", ["save", "heartbeat"])
def test_what_changes_an_attempt_needs_post(client: Client, attempt: Attempt, name: str) -> None:
    client.force_login(attempt.user)

    assert client.get(reverse(f"exams:{name}", args=[attempt.public_id])).status_code == 405
    assert client.get(reverse("exams:start")).headers["Location"] == reverse("exams:mocks")
    assert Attempt.objects.count() == 1
