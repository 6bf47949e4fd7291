"""What is recorded of those who have rights, who may read it, and that it cannot be altered."""

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts import audit, instructors, roles
from accounts.models import AuditEntry, User, Verb
from exams import attempts, regrading
from exams.models import Cohort, Extension
from questions.models import ItemVersion
from tests.exams.test_regrading import mend
from tests.factories import NOW, PASSWORD, make_bank, make_scored_mock, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> User:
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    client.force_login(root)
    return root


@pytest.fixture
def ivy(client: Client) -> User:
    ivy = make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    client.force_login(ivy)
    AuditEntry.objects.all().delete()
    return ivy


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def only() -> AuditEntry:
    return AuditEntry.objects.get()


def said(entry: AuditEntry) -> tuple[str, User | None, User | None, str, dict[str, object]]:
    return entry.verb, entry.actor, entry.subject, entry.target, entry.detail


def post_person(client: Client, user: User, **changes: object) -> None:
    fields = {
        "email": user.email, "name": user.name, "time_zone": "UTC", "extra_time_percent": 0, "break_minutes": 0,
        "text_size": "normal", "theme": "auto", "single_keys": "on", "is_active": "on",
    }  # fmt: skip
    wanted = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    answer = client.post(reverse("admin:accounts_user_change", args=[user.pk]), wanted)
    assert answer.status_code == 302


# --- Roles and accommodations ---------------------------------------------------------------------------------------


def test_roles_given_and_taken_in_the_admin_are_recorded(client: Client, root: User, alice: User) -> None:
    author = Group.objects.get(name="author")
    permission = Permission.objects.get(codename="view_auditentry")

    post_person(client, alice, is_staff="on", groups=[author.pk], user_permissions=[permission.pk])
    given = only()
    post_person(client, alice, is_active=None)
    taken = AuditEntry.objects.first()

    wanted = ["author", "permission view_auditentry", "staff"]
    assert said(given) == ("roles_changed", root, alice, "account", {"added": wanted, "removed": []})
    assert taken
    assert taken.detail == {"added": ["inactive"], "removed": wanted}


@pytest.mark.usefixtures("root")
def test_saving_a_person_without_a_change_records_nothing(client: Client, alice: User) -> None:
    post_person(client, alice, name="Al")

    assert not AuditEntry.objects.exists()


def test_extra_time_is_recorded(client: Client, ivy: User, alice: User) -> None:
    post_person(client, alice, extra_time_percent=50)

    granted = {"extra_time_percent": 50, "break_minutes": 0}
    assert said(only()) == ("extra_time_changed", ivy, alice, "account", granted)


def test_command_line_is_recorded_as_nobody(alice: User) -> None:
    instructors.create(email=alice.email)
    instructors.create(email=alice.email)

    assert said(only()) == ("roles_changed", None, alice, "account", {
        "added": ["author", "editor", "invigilator", "reviewer", "staff"], "removed": [],
    })  # fmt: skip


# --- Exams ----------------------------------------------------------------------------------------------------------


def test_granted_minutes_are_recorded_with_the_deed_or_not_at_all(
    ivy: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bank()
    publish_form_a()
    attempt = start(alice)
    wish = {"public_id": attempt.public_id, "seconds": 600, "reason": "Alice's computer", "by": ivy, "now": NOW}

    attempts.extend(**wish)  # type: ignore[arg-type]
    assert said(only()) == ("time_extended", ivy, alice, f"attempt {attempt.public_id}", {"seconds": 600})

    def fail(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        attempts.extend(**wish)  # type: ignore[arg-type]
    assert Extension.objects.count() == 1


def test_regrade_is_recorded_without_the_key(ivy: User) -> None:
    make_bank()
    version = ItemVersion.objects.all()[0]
    key = version.options.get(is_key=True).position
    mended = mend(version, key % 4 + 1)
    regrading.start(version=version, mended=mended, by=ivy, reason="The key was wrong.", now=NOW)

    assert said(only()) == ("regraded", ivy, None, f"item {version.item.code}", {"version": 1, "mended": 2})


@pytest.fixture
def cohort(ivy: User, alice: User) -> Cohort:
    """Alice and Ivy have each finished a mock."""
    make_bank(forms=2)
    publish_form_a()
    cohort = Cohort.objects.create(name="Class")
    cohort.instructors.add(ivy)
    cohort.members.add(alice, ivy)
    make_scored_mock(alice, raw=15)
    make_scored_mock(ivy, raw=15)
    return cohort


def test_export_of_a_cohort_is_recorded(client: Client, ivy: User, cohort: Cohort) -> None:
    client.get(reverse("exams:cohort_csv", args=[cohort.pk]))

    assert said(only()) == ("cohort_exported", ivy, None, f"cohort {cohort.pk}", {"results": 2, "people": 2})


def test_result_that_is_viewed_is_recorded_once_for_each_viewer_and_day(
    client: Client, ivy: User, alice: User, cohort: Cohort
) -> None:
    path = reverse("exams:cohort_results", args=[cohort.pk])
    target = f"attempt {alice.attempts.get().public_id}"
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(ivy)
        client.get(path)
        client.get(path)
        clock.shift(timedelta(days=1))
        client.get(path)

    # Ivy's own result is hers to see.
    assert [said(entry) for entry in AuditEntry.objects.all()] == [("result_viewed", ivy, alice, target, {})] * 2


def test_refused_visitor_leaves_no_entry(client: Client, cohort: Cohort) -> None:
    client.force_login(make_user("bob"))

    statuses = [
        client.get(reverse(f"exams:{name}", args=[cohort.pk])).status_code for name in ("cohort_results", "cohort_csv")
    ]

    assert statuses == [404, 404]
    assert not AuditEntry.objects.exists()


def test_export_of_the_bank_is_recorded(client: Client, ivy: User, capsys: pytest.CaptureFixture[str]) -> None:
    make_bank()
    path = reverse("exams:export")

    client.get(path, {"format": "yaml", "domain": "IM", "status": ""})
    assert not AuditEntry.objects.exists()
    client.get(path, {"format": "yaml", "domain": "IM", "status": "", "file": ""})
    by_page = only()
    call_command("export_bank")
    by_command = AuditEntry.objects.first()

    assert said(by_page)[:4] == ("bank_exported", ivy, None, "item bank")
    assert (by_page.detail["format"], by_page.detail["domain"]) == ("yaml", "IM")
    assert by_command
    assert said(by_command) == ("bank_exported", None, None, "item bank", {"format": "yaml"})
    assert capsys.readouterr().out


# --- Resets ---------------------------------------------------------------------------------------------------------


def run_action(client: Client, name: str, user: User) -> int:
    fields = {"action": name, "_selected_action": [user.pk]}
    return client.post(reverse("admin:accounts_user_changelist"), fields).status_code


def test_superuser_resets_a_second_factor(client: Client, root: User, alice: User) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")

    run_action(client, "reset_second_factor", alice)

    assert not Authenticator.objects.exists()
    assert said(only()) == ("second_factor_reset", root, alice, "account", {"removed": 1})


def test_superuser_signs_somebody_out_everywhere(client: Client, root: User, alice: User) -> None:
    there = Client()
    there.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})

    run_action(client, "sign_out", alice)

    assert there.get(reverse("accounts:settings")).status_code == 302
    assert not UserSession.objects.filter(user=alice).exists()
    assert said(only()) == ("signed_out", root, alice, "account", {"sessions": 1})


def test_superuser_sets_a_password(client: Client, root: User, alice: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[alice.pk])

    client.post(path, {"password1": "short", "password2": "short", "usable_password": "true"})
    assert not AuditEntry.objects.exists()
    new = "a brand new password"
    client.post(path, {"password1": new, "password2": new, "usable_password": "true"})

    assert said(only()) == ("password_set", root, alice, "account", {})


@pytest.mark.usefixtures("ivy")
@pytest.mark.parametrize("name", ["reset_second_factor", "sign_out"])
def test_other_instructors_reset_nothing(client: Client, alice: User, name: str) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")

    run_action(client, name, alice)

    assert Authenticator.objects.count() == 1
    assert not AuditEntry.objects.exists()


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("path", ["/admin/mfa/authenticator/", "/admin/usersessions/usersession/"])
def test_factors_and_sessions_have_no_page_that_records_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


# --- Reading --------------------------------------------------------------------------------------------------------


def test_record_is_read_by_superusers_and_by_permission_and_written_by_nobody(client: Client, root: User) -> None:
    alice = make_user("alice")
    audit.record(verb=Verb.REGRADED, by=root, target="item IM-0042", subject=alice)
    listed, entry = reverse("admin:accounts_auditentry_changelist"), only()
    one = reverse("admin:accounts_auditentry_change", args=[entry.pk])
    delete = reverse("admin:accounts_auditentry_delete", args=[entry.pk])

    found = client.get(listed, {"q": "IM-0042"}).content.decode()
    not_found = client.get(listed, {"q": "alice", "verb__exact": "signed_out"}).content.decode()
    by_root = [client.get(path).status_code for path in (listed, one, delete)]
    client.post(one, {"target": "item IM-0001"})
    client.force_login(ivy := make_user("ivy"))
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    without = client.get(listed).status_code
    ivy.user_permissions.add(Permission.objects.get(codename="view_auditentry"))

    assert ("item IM-0042" in found, "item IM-0042" in not_found) == (True, False)
    assert by_root == [200, 200, 403]
    assert (without, client.get(listed).status_code) == (403, 200)
    assert AuditEntry.objects.get(pk=entry.pk).target == "item IM-0042"


@pytest.mark.parametrize("change", [{"verb": "signed_out"}, {"target": "x"}, {"detail": {"a": 1}}, {"at": NOW}])
def test_database_refuses_to_alter_an_entry(change: dict[str, object]) -> None:
    audit.record(verb=Verb.REGRADED, by=None, target="item IM-0042")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(**change)


def test_entries_outlive_people_without_naming_them(root: User, alice: User) -> None:
    audit.record(verb=Verb.SIGNED_OUT, by=root, target="account", subject=alice, detail={"sessions": 1})
    alice.delete()
    root.delete()

    assert said(only()) == ("signed_out", None, None, "account", {"sessions": 1})
    row = AuditEntry.objects.values().get()
    assert [word for word in ("alice", "root") if word in json.dumps(row, default=str).lower()] == []
