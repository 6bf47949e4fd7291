"""Who is let in where: every URL of the site but those of one attempt (tests/exams/test_access.py)."""

from collections.abc import Callable

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import roles
from accounts.models import User
from exams.urls import urlpatterns as exam_urls
from tests.factories import PASSWORD, make_bank, make_sample, make_user, publish_form_a

pytestmark = pytest.mark.django_db

# Status of a GET for anonymous, candidate and instructor of every role; 302 for anonymous means to sign in first.
STATUS = {
    "home": (200, 200, 200),
    "samples": (200, 200, 200),
    "about": (200, 200, 200),
    "terms": (200, 200, 200),
    "privacy": (200, 200, 200),
    # Reserved for superusers and whoever is given the permission.
    "health": (302, 404, 404),
    "exams:mocks": (302, 200, 200),
    "exams:guides": (200, 200, 200),
    "exams:credential": (200, 200, 200),
    "exams:eligibility": (200, 200, 200),
    "exams:real_attempts": (302, 200, 200),
    "exams:attempt_window": (302, 405, 405),
    "exams:maintenance": (302, 200, 200),
    "exams:renewals": (302, 405, 405),
    "exams:add_duty": (302, 405, 405),
    "exams:suggest_duties": (302, 405, 405),
    "exams:readiness": (302, 200, 200),
    "exams:calibration": (302, 200, 200),
    "exams:personal_export": (302, 200, 200),
    "exams:personal_export_file": (302, 302, 302),
    "exams:delete_account": (302, 200, 200),
    "exams:account_deleted": (200, 200, 200),
    "exams:verify_receipt": (200, 200, 200),
    "exams:practice": (302, 200, 200),
    "exams:start_practice": (302, 405, 405),
    "exams:plan": (302, 200, 200),
    "exams:make_plan": (302, 200, 200),
    "exams:catch_up": (302, 405, 405),
    "exams:delete_plan": (302, 302, 302),
    "exams:share_calendar": (302, 405, 405),
    "exams:end_calendar": (302, 405, 405),
    "exams:progress_links": (302, 200, 200),
    "exams:groups": (302, 200, 200),
    "exams:make_group": (302, 200, 200),
    # Without an invitation at hand.
    "exams:join": (302, 404, 404),
    "exams:cohorts": (302, 404, 200),
    "exams:workshop": (302, 404, 200),
    "exams:pilots": (302, 404, 200),
    "exams:coverage": (302, 404, 200),
    "exams:exchange": (302, 404, 200),
    "exams:export": (302, 404, 200),
    "exams:upload": (302, 405, 405),
    "exams:forms": (302, 404, 200),
    "exams:build_forms": (302, 404, 200),
    "exams:start": (302, 302, 302),
    "exams:start_appointment": (302, 302, 302),
    "accounts:settings": (302, 200, 200),
    "accounts:display": (302, 405, 405),
    "accounts:notifications": (302, 405, 405),
    "account_login": (200, 302, 302),
    "account_signup": (200, 302, 302),
    "account_logout": (302, 200, 200),
    "account_inactive": (200, 200, 200),
    "account_reset_password": (200, 200, 200),
    "account_reset_password_done": (200, 200, 200),
    "account_reset_password_from_key_done": (200, 200, 200),
    "account_email_verification_sent": (200, 200, 200),
    "account_change_password": (302, 200, 200),
    "account_set_password": (302, 302, 302),
    "account_email": (302, 200, 200),
    "account_confirm_login_code": (302, 302, 302),
    "account_reauthenticate": (302, 200, 200),
    "mfa_index": (302, 200, 200),
    "mfa_authenticate": (302, 302, 302),
    "mfa_reauthenticate": (302, 302, 302),
    "mfa_activate_totp": (302, 302, 302),
    "mfa_deactivate_totp": (302, 404, 404),
    "mfa_view_recovery_codes": (302, 404, 404),
    "mfa_download_recovery_codes": (302, 404, 404),
    "mfa_generate_recovery_codes": (302, 302, 302),
    "mfa_list_webauthn": (302, 200, 200),
    "mfa_add_webauthn": (302, 302, 302),
    "mfa_reauthenticate_webauthn": (302, 302, 302),
    "mfa_login_webauthn": (302, 302, 302),
    "usersessions_list": (302, 200, 200),
    "admin:index": (302, 302, 200),
    "admin:questions_item_changelist": (302, 302, 200),
    "admin:questions_item_add": (302, 302, 200),
    "admin:questions_item_move": (302, 302, 405),
    "admin:questions_faultreport_changelist": (302, 302, 200),
    "admin:questions_outline_changelist": (302, 302, 200),
    "admin:questions_domain_changelist": (302, 302, 200),
    "admin:questions_task_changelist": (302, 302, 200),
    "admin:exams_attempt_changelist": (302, 302, 200),
    "admin:exams_survey_changelist": (302, 302, 200),
    "admin:exams_cohort_changelist": (302, 302, 200),
    "admin:exams_cohort_add": (302, 302, 200),
    "admin:accounts_user_changelist": (302, 302, 200),
    # Reserved for superusers.
    "admin:accounts_auditentry_changelist": (302, 302, 403),
    "admin:accounts_auditentry_add": (302, 302, 403),
    "admin:accounts_user_add": (302, 302, 403),
    "admin:auth_group_changelist": (302, 302, 403),
    "admin:auth_group_add": (302, 302, 403),
    "admin:account_emailaddress_changelist": (302, 302, 403),
    "admin:account_emailaddress_add": (302, 302, 403),
    "admin:exams_attempt_add": (302, 302, 403),
    "admin:exams_survey_add": (302, 302, 403),
    "admin:questions_faultreport_add": (302, 302, 403),
    "admin:questions_outline_add": (302, 302, 403),
    "admin:questions_domain_add": (302, 302, 403),
    "admin:questions_task_add": (302, 302, 403),
    "admin:password_change": (302, 302, 200),
    "admin:password_change_done": (302, 302, 200),
    "admin:jsi18n": (302, 302, 200),
    "admin:autocomplete": (302, 302, 403),
    "admin:login": (302, 403, 302),
    "admin:logout": (302, 302, 405),
}
# Names that take arguments and have tests of their own.
WITH_ARGUMENTS = {
    "account_confirm_email", "account_reset_password_from_key", "mfa_edit_webauthn", "mfa_remove_webauthn",
}  # fmt: skip


def names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            found |= names(pattern.url_patterns, prefix + space)
        elif pattern.name and not pattern.pattern.converters and not pattern.pattern.regex.groups:
            found.add(prefix + pattern.name)
    return found


def test_table_names_every_url_without_arguments() -> None:
    of_attempts = {f"exams:{pattern.name}" for pattern in exam_urls} - STATUS.keys()

    assert names(get_resolver().url_patterns) - of_attempts - WITH_ARGUMENTS == STATUS.keys()


@pytest.fixture
def sign_in(client: Client) -> Callable[[str], None]:
    def as_(who: str) -> None:
        if who == "anonymous":
            return
        user: User = make_user(who)
        if who == "instructor":
            roles.make_instructor(user=user, roles=roles.ROLES)
        client.force_login(user)

    return as_


@pytest.mark.parametrize("name", STATUS)
@pytest.mark.parametrize("who", ["anonymous", "candidate", "instructor"])
def test_door_opens_to_whom_it_should(client: Client, sign_in: Callable[[str], None], name: str, who: str) -> None:
    make_sample(make_bank())
    publish_form_a()
    sign_in(who)

    status = client.get(reverse(name)).status_code

    assert status == STATUS[name][["anonymous", "candidate", "instructor"].index(who)]


@pytest.mark.parametrize("name", STATUS)
def test_page_of_somebody_signed_in_is_kept_by_no_browser(
    client: Client, sign_in: Callable[[str], None], name: str
) -> None:
    make_sample(make_bank())
    publish_form_a()
    sign_in("instructor")

    answer = client.get(reverse(name))

    assert "no-store" in answer.headers["Cache-Control"]


def test_recovery_codes_are_kept_by_no_browser(client: Client, sign_in: Callable[[str], None]) -> None:
    sign_in("candidate")
    TOTP.activate(User.objects.get(), generate_totp_secret())
    RecoveryCodes.activate(User.objects.get())
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    answer = client.get(reverse("mfa_view_recovery_codes"))

    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
