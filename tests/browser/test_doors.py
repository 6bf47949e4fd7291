"""Passkeys, authenticator apps and settings in a real browser, under the site's own content security policy."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.exam_room import Axe, ExamRoom
from tests.browser.test_accessibility import assert_accessible
from tests.factories import PASSWORD, make_bank

SignIn = Callable[[BrowserContext, User], None]
HOME = re.compile(r"^[^/]+//[^/]+/$")


@pytest.fixture
def laptop(page: Page) -> Iterator[CDPSession]:
    """One with a fingerprint reader whose owner is always there."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield session
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})


def code_of(secret: str) -> str:
    """A code with some seconds left to give it."""
    if time.time() % 30 > 25:
        time.sleep(6)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def give_password(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_password(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def sign_out(page: Page) -> None:
    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def add_passkey(page: Page, *, alone: bool = True) -> None:
    page.goto("/account/second-factor/webauthn/add/")
    if "reauthenticate" in page.url:
        confirm_password(page)
    page.get_by_label("Sign in with it alone").set_checked(alone)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


@pytest.fixture
def here(page: Page, alice: User, sign_in: SignIn) -> Page:
    """A page on which Alice is signed in."""
    make_bank()
    sign_in(page.context, alice)
    return page


@pytest.mark.usefixtures("laptop")
def test_passkey_is_added_and_signs_in_alone(here: Page, alice: User) -> None:
    add_passkey(here)
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Passkey 1"
    sign_out(here)

    here.goto("/account/login/?next=/mocks/")
    here.get_by_role("button", name="Use a passkey").click()

    expect(here).to_have_url(re.compile(r"/mocks/$"))
    expect(here.get_by_role("banner").get_by_text(str(alice))).to_be_visible()


@pytest.mark.usefixtures("laptop")
def test_passkey_is_the_second_step_after_the_password(here: Page, alice: User) -> None:
    add_passkey(here, alone=False)
    sign_out(here)

    give_password(here, alice.email)
    expect(here.get_by_role("heading", name="One more step")).to_be_visible()
    here.get_by_role("button", name="Use a passkey").click()

    expect(here).to_have_url(HOME)


@pytest.mark.usefixtures("laptop")
def test_passkey_shows_that_it_is_you_and_is_renamed_and_removed(here: Page) -> None:
    add_passkey(here)
    here.context.clear_cookies(name="sessionid")
    here.goto("/account/login/")
    here.get_by_role("button", name="Use a passkey").click()
    expect(here).to_have_url(HOME)

    here.goto("/account/second-factor/webauthn/")
    here.get_by_role("link", name="Rename Passkey 1").click()
    here.get_by_role("link", name="Use a passkey").click()
    here.get_by_role("button", name="Use a passkey").click()
    here.get_by_label("Name").fill("My laptop")
    here.get_by_role("button", name="Save").click()
    here.get_by_role("link", name="Remove My laptop").click()
    here.get_by_role("button", name="Remove it").click()

    expect(here.get_by_text("You have none yet.")).to_be_visible()
    assert not Authenticator.objects.exists()


@pytest.mark.usefixtures("laptop")
def test_passkey_that_nobody_has_is_answered_in_words(page: Page, transactional_db: None) -> None:
    page.goto("/account/login/")

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert").filter(has_text="No passkey was used")).to_be_visible()


def test_at_a_number_for_an_address_the_page_says_why_there_are_no_passkeys(
    here: Page, foreign_requests: list[str]
) -> None:
    here.goto("/account/second-factor/")
    session = next(cookie for cookie in here.context.cookies() if cookie["name"] == "sessionid")
    number = here.url.replace("localhost", "127.0.0.1")
    here.context.add_cookies([
        {"name": "sessionid", "value": session["value"], "domain": "127.0.0.1", "path": "/"}
    ])  # fmt: skip

    here.goto(number + "webauthn/add/")
    confirm_password(here)

    expect(here.get_by_role("alert").filter(has_text="belong to a name, not to a number")).to_be_visible()
    expect(here.get_by_role("button", name="Add a passkey")).to_be_hidden()
    foreign_requests.clear()


def test_app_is_set_up_with_a_real_code_and_asked_for(here: Page, alice: User) -> None:
    here.goto("/account/second-factor/totp/activate/")
    confirm_password(here)
    secret = here.locator("code.key").inner_text()
    here.get_by_label("Authenticator code").fill(code_of(secret))
    here.get_by_role("button", name="Use this app").click()
    expect(here.get_by_role("heading", name="10 of 10 are left")).to_be_visible()
    recovery = here.locator("ul.codes code").first.inner_text()
    sign_out(here)

    give_password(here, alice.email)
    here.get_by_label("Code").fill(code_of(secret))
    here.get_by_role("button", name="Sign in").click()
    expect(here).to_have_url(HOME)
    sign_out(here)

    give_password(here, alice.email)
    here.get_by_label("Code").fill(recovery)
    here.get_by_role("button", name="Sign in").click()
    expect(here).to_have_url(HOME)
    here.goto("/account/second-factor/")
    expect(here.get_by_text("9 left")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["", "totp/activate/", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/"]
)
def test_page_of_the_second_factor_is_accessible(here: Page, alice: User, axe_findings: Axe, path: str) -> None:
    if "totp/activate/" not in path:
        TOTP.activate(alice, generate_totp_secret())
        RecoveryCodes.activate(alice)
    here.goto("/account/second-factor/" + path)
    if "reauthenticate" in here.url:
        confirm_password(here)

    assert_accessible(here, axe_findings)


@pytest.mark.usefixtures("laptop")
def test_page_of_passkeys_is_accessible(here: Page, alice: User, axe_findings: Axe) -> None:
    here.goto("/account/second-factor/webauthn/add/")
    assert_accessible(here, axe_findings)
    confirm_password(here)
    assert_accessible(here, axe_findings)
    add_passkey(here)
    pk = Authenticator.objects.get(type="webauthn").pk
    for path in ("", f"keys/{pk}/edit/", f"keys/{pk}/remove/", "reauthenticate/"):
        here.goto("/account/second-factor/webauthn/" + path)
        assert_accessible(here, axe_findings)
    sign_out(here)
    here.goto("/account/login/")
    assert_accessible(here, axe_findings)
    give_password(here, alice.email)
    expect(here.get_by_role("heading", name="One more step")).to_be_visible()
    assert_accessible(here, axe_findings)


def test_page_of_sessions_is_accessible(page: Page, alice: User, axe_findings: Axe) -> None:
    make_bank()
    give_password(page, alice.email)
    page.goto("/account/sessions/")

    assert_accessible(page, axe_findings)


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_room_obeys_what_was_chosen_in_the_settings(page: Page, attempt: Attempt, sign_in: SignIn) -> None:
    here, alice = page, attempt.user
    sign_in(here.context, alice)
    here.goto("/account/settings/")
    here.get_by_label("Colours").select_option("dark")
    here.get_by_label("Text size").select_option("large")
    here.get_by_label("Single-letter keys are on").uncheck()
    here.locator("#display").get_by_role("button", name="Save").click()
    expect(here.locator("html")).to_have_attribute("data-bs-theme", "dark")

    room = ExamRoom(here, attempt).open()
    room.press("b", "n")
    room.expect_position(1)
    room.expect_chosen(None)
    expect(here.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(here.locator("html")).to_have_attribute("data-text", "large")
    here.locator("#show-keys").click()
    expect(here.get_by_label("Colours")).to_have_value("dark")
    here.get_by_label("Colours").select_option("light")
    with here.expect_response(lambda response: "single_keys=on" in (response.request.post_data or "")):
        here.get_by_label("Single-letter keys are on").check()
    here.locator("#keys-close").click()
    expect(here.locator("html")).to_have_attribute("data-bs-theme", "light")
    room.press("n")
    room.expect_position(2)
    alice.refresh_from_db()
    assert (alice.theme, alice.text_size, alice.single_keys) == ("light", "large", True)


@pytest.mark.usefixtures("failing_requests")
def test_signed_out_candidate_with_an_app_gives_its_code_over_the_page(room: ExamRoom, attempt: Attempt) -> None:
    secret = generate_totp_secret()
    TOTP.activate(attempt.user, secret)
    Session.objects.all().delete()
    room.choose(2)

    dialog = room.page.get_by_role("dialog", name="You are signed out")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    code = dialog.get_by_label("A code of your authenticator app")
    expect(code).to_be_focused()
    code.fill("000000")
    room.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("did not match")
    room.expect_unsaved(1)
    code.fill(code_of(secret))
    room.press("Enter")

    expect(dialog).to_be_hidden()
    room.expect_saved()
    assert attempt.responses.get(position=1).chosen == 2
