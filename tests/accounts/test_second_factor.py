"""Second factors on the server: what is stored, what opens the door, how often one may try, who must have one."""

import base64
import re
import time
from datetime import UTC, datetime

import pytest
import pytest_django
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import InvalidToken
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.mfa_adapter import MFAAdapter
from accounts.models import User
from tests.factories import PASSWORD, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
SECRET = generate_totp_secret()


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def give_password(client: Client, email: str = "alice@example.org") -> str:
    """Where that leads."""
    answer = client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    return str(answer.headers["Location"])


def give_code(client: Client, code: str) -> bool:
    client.post(reverse("mfa_authenticate"), {"code": code})
    return "_auth_user_id" in client.session


@pytest.fixture
def alice() -> User:
    """With an authenticator app and recovery codes."""
    alice = make_user("alice")
    TOTP.activate(alice, SECRET)
    RecoveryCodes.activate(alice)
    return alice


@pytest.fixture
def ivy(client: Client) -> User:
    """An instructor of every role without a second factor, signed in."""
    ivy = make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    client.force_login(ivy)
    return ivy


@pytest.fixture
def required(settings: pytest_django.Settings) -> None:
    settings.REQUIRE_INSTRUCTOR_MFA = True


# --- At rest ------------------------------------------------------------------------------------------------------


@given(st.text())
def test_what_is_sealed_is_read_again_and_never_stored_in_clear(text: str) -> None:
    sealed = MFAAdapter().encrypt(text)

    assert MFAAdapter().decrypt(sealed) == text
    assert len(text) < 4 or text not in sealed


def test_secrets_are_stored_sealed(alice: User) -> None:
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert SECRET not in stored
    assert base64.b32decode(SECRET).hex() not in stored
    assert [code for code in codes.generate_codes() if code in stored] == []
    assert MFAAdapter().decrypt(codes.instance.data["seed"]) not in stored


def test_former_secret_key_still_opens_what_it_sealed(settings: pytest_django.Settings) -> None:
    sealed = MFAAdapter().encrypt("seed")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"

    with pytest.raises(InvalidToken):
        MFAAdapter().decrypt(sealed)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert MFAAdapter().decrypt(sealed) == "seed"


@pytest.mark.parametrize("place", [9, 30, 60, -4])
def test_altered_secret_is_not_opened(place: int) -> None:
    sealed = MFAAdapter().encrypt("seed")
    altered = list(sealed)
    altered[place] = "A" if altered[place] != "A" else "B"

    assert MFAAdapter().decrypt(sealed) == "seed"
    with pytest.raises(InvalidToken):
        MFAAdapter().decrypt("".join(altered))


# --- Set-up and sign-in -------------------------------------------------------------------------------------------


def test_app_is_set_up_with_a_code_after_the_password_and_brings_recovery_codes(client: Client) -> None:
    client.force_login(make_user("alice"))
    path = reverse("mfa_activate_totp")

    assert client.get(path).headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(path).content.decode()
    found = re.search(r'<code class="key">([A-Z2-7]+)</code>', page)
    assert found
    assert "did not match" in client.post(path, {"code": "000000"}).content.decode()
    answer = client.post(path, {"code": code_of(found[1])}, follow=True)

    assert "10 of 10 are left" in answer.content.decode()
    assert len(re.findall(r'<li><code class="num">\d{8}</code></li>', answer.content.decode())) == 10
    assert found[1] not in str(dict(client.session))


@pytest.mark.usefixtures("alice")
def test_password_alone_does_not_open_an_account_with_an_app(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        assert give_password(client) == reverse("mfa_authenticate")
        assert client.get(reverse("mfa_authenticate")).status_code == 200
        assert client.get(reverse("exams:mocks")).status_code == 302
        assert not give_code(client, "000000")
        assert give_code(client, code_of(SECRET))


@pytest.mark.usefixtures("alice")
def test_code_of_the_app_counts_once_and_in_its_half_minute_alone() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first, second, third = Client(), Client(), Client()
        for client in (first, second, third):
            give_password(client)
        code = code_of(SECRET)

        assert give_code(first, code)
        assert not give_code(second, code)
        clock.shift(31)
        assert not give_code(third, code)
        assert give_code(third, code_of(SECRET))


@pytest.mark.usefixtures("alice")
def test_recovery_code_opens_the_account_once() -> None:
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[3]
    first, second = Client(), Client()
    for client in (first, second):
        give_password(client)

    assert give_code(first, code)
    assert not give_code(second, code)
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()) == 9


def test_admin_is_behind_the_same_two_steps(client: Client, alice: User) -> None:
    roles.make_instructor(user=alice, roles=roles.ROLES)
    admin = reverse("admin:index")

    answer = client.post(client.get(admin, follow=True).request["PATH_INFO"] + f"?next={admin}", {
        "login": alice.email, "password": PASSWORD, "next": admin,
    })  # fmt: skip
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(admin).status_code == 302
    client.post(reverse("admin:login"), {"username": alice.email, "password": PASSWORD})
    assert client.get(admin).status_code == 302
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})

    assert answer.headers["Location"] == admin
    assert client.get(admin).status_code == 200


def test_passkey_sign_up_is_off(client: Client) -> None:
    assert client.get("/account/second-factor/webauthn/signup/").status_code == 404
    assert "passkey" not in client.get(reverse("account_signup")).content.decode()


@pytest.mark.parametrize("credential", ["", "nonsense", "{}", '{"response": {"userHandle": "MQ"}}', "[]", "null"])
def test_nonsense_instead_of_a_passkey_signs_nobody_in(client: Client, credential: str) -> None:
    make_user("alice")
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})

    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})

    assert (answer.status_code, "_auth_user_id" in client.session) == (302, False)


# --- Tries --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("alice")
def test_five_wrong_codes_lock_the_step_also_from_elsewhere(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        give_password(client)
        assert [give_code(client, "000000") for _ in range(5)] == [False] * 5
        assert not give_code(client, code_of(SECRET))
        other = Client(REMOTE_ADDR="192.0.2.7")
        give_password(other)
        assert not give_code(other, code_of(SECRET))
        clock.shift(301)
        assert give_code(client, code_of(SECRET))


def test_wrong_passwords_before_something_delicate_are_limited(client: Client) -> None:
    client.force_login(make_user("alice"))

    answers = [client.post(reverse("account_reauthenticate"), {"password": "wrong"}) for _ in range(11)]

    assert answers[-1].status_code == 429
    assert "Wait five minutes" in answers[-1].content.decode()


@pytest.mark.parametrize(
    ("name", "fields", "limit", "signed_in"),
    [
        ("account_reset_password", {"email": "alice@example.org"}, 5, False),
        ("account_signup", {"email": "nonsense"}, 120, False),
        ("account_login", {"login": "nonsense"}, 300, False),
        ("mfa_login_webauthn", {"credential": "{}"}, 120, False),
        ("account_email", {"email": "nonsense", "action_add": ""}, 10, True),
        ("account_change_password", {"oldpassword": "wrong"}, 5, True),
    ],
)
def test_every_door_counts_its_tries(
    client: Client, name: str, fields: dict[str, str], limit: int, *, signed_in: bool
) -> None:
    alice = make_user("alice")
    if signed_in:
        client.force_login(alice)

    statuses = [client.post(reverse(name), fields).status_code for _ in range(limit + 1)]

    assert (429 in statuses[:limit], statuses[limit]) == (False, 429)


def test_class_behind_one_address_resets_passwords_and_signs_in_with_codes() -> None:
    secrets = {}
    for number in range(40):
        user = make_user(f"candidate{number}")
        secrets[user.email] = generate_totp_secret()
        TOTP.activate(user, secrets[user.email])

    with time_machine.travel(NOW, tick=False):
        clients = {email: Client() for email in secrets}
        resets = [
            client.post(reverse("account_reset_password"), {"email": email}).status_code
            for email, client in clients.items()
        ]
        opened = []
        for email, client in clients.items():
            give_password(client, email)
            opened.append(give_code(client, code_of(secrets[email])))

    assert resets == [302] * 40
    assert opened == [True] * 40


# --- Instructors must -----------------------------------------------------------------------------------------------

SET_UP = "/account/second-factor/"


@pytest.mark.usefixtures("ivy")
@pytest.mark.parametrize("path", ["/", "/mocks/", "/workshop/", "/admin/", "/cohorts/", "/practice/", "/about/"])
def test_instructor_without_a_factor_goes_where_the_site_does_not_ask(client: Client, path: str) -> None:
    make_bank()

    assert client.get(path).status_code == 200


@pytest.mark.usefixtures("ivy", "required")
@pytest.mark.parametrize("path", ["/", "/mocks/", "/workshop/", "/admin/", "/cohorts/", "/practice/", "/no-such-page/"])
def test_instructor_without_a_factor_is_led_to_the_set_up_page(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers.get("Location")) == (302, SET_UP)
    assert "asks instructors for a second factor" in client.get(SET_UP).content.decode()


@pytest.mark.usefixtures("required")
def test_person_in_a_role_counts_also_without_entering_the_admin(client: Client, ivy: User) -> None:
    User.objects.update(is_staff=False)
    assert client.get("/mocks/").headers["Location"] == SET_UP

    ivy.groups.clear()
    make_bank()
    assert client.get("/mocks/").status_code == 200


@pytest.mark.usefixtures("ivy", "required")
def test_fragment_and_program_are_told_in_their_own_way(client: Client) -> None:
    fragment = client.get("/workshop/", headers={"HX-Request": "true"})
    program = client.post("/admin/questions/item/1/part/", headers={"Accept": "application/json"})

    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (200, SET_UP)
    assert fragment.content == b""
    assert (program.status_code, program.json()["result"], program.json()["url"]) == (403, "second_factor", SET_UP)


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("factor", ["totp", "webauthn", "recovery_codes"])
def test_app_or_passkey_opens_everything_but_recovery_codes_alone_do_not(
    client: Client, ivy: User, factor: str
) -> None:
    Authenticator.objects.create(user=ivy, type=factor, data={"name": "Passkey 1"})

    assert client.get("/workshop/").status_code == (302 if factor == "recovery_codes" else 200)


@pytest.mark.usefixtures("required")
def test_running_exam_is_never_in_the_way_of(client: Client, ivy: User) -> None:
    make_bank()
    publish_form_a(now=datetime.now(UTC))
    attempt = start(ivy, now=datetime.now(UTC))
    base = f"/attempts/{attempt.public_id}/"

    gets = [client.get(base + path).status_code for path in ("", "items/1/", "review/")]
    beat = client.post(base + "heartbeat/", {"visible": "{}", "known": 0, "position": 1})
    submitted = client.post(base + "submit/")

    assert gets == [200] * 3
    assert beat.json()["result"] == "open"
    assert submitted.headers["Location"] == base + "report/"
    attempt.refresh_from_db()
    assert not attempt.is_open


@pytest.mark.usefixtures("ivy", "required")
def test_set_up_settings_and_sign_out_stay_open(client: Client) -> None:
    paths = [SET_UP, SET_UP + "webauthn/", "/account/settings/", "/account/email/", "/account/reauthenticate/"]

    assert [client.get(path).status_code for path in paths] == [200] * len(paths)
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("required")
def test_candidates_are_not_asked(client: Client) -> None:
    make_bank()
    client.force_login(make_user("bob"))

    assert client.get("/mocks/").status_code == 200
    assert "asks instructors" not in client.get(SET_UP).content.decode()
