"""What the site says to browsers for the sake of security. docs/security.md names these tests."""

import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_django
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client
from django.urls import reverse

from accounts import roles
from tests.factories import PASSWORD, make_bank, make_user

pytestmark = pytest.mark.django_db
HOSTED = {"HTTPS": "true", "DATABASE_URL": "postgres://ciip@localhost/ciip"}


def settings_with(root: Path, *names: str, **environment: str) -> list[str]:
    """What settings become in an environment of their own."""
    code = f"from ciip_site import settings; print(*(repr(getattr(settings, n)) for n in {names!r}), sep='\\n')"
    found = {"PATH": os.environ["PATH"], "SECRET_KEY": "k8" + "".join(map(chr, range(40, 110))), **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=found, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_cookies_of_a_hosted_site_are_for_this_host_and_tls_alone(root: Path) -> None:
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]

    assert settings_with(root, *names, **HOSTED) == ["'__Host-sessionid'", "'__Host-csrftoken'", "True", "True"]
    assert settings_with(root, *names) == ["'sessionid'", "'csrftoken'", "False", "False"]


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: Client, settings: pytest_django.Settings
) -> None:
    settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = "__Host-sessionid", True
    alice = make_user()

    answer = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})

    cookie = answer.cookies["__Host-sessionid"]
    told = (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"], cookie["domain"])
    assert told == (True, True, "Lax", "/", "")


@pytest.mark.parametrize(
    "path", ["/", "/account/login/", "/no-such-page/", "/mocks/", "/healthz", "/p/nonsense/", "/admin/"]
)
def test_every_kind_of_answer_has_the_headers(client: Client, settings: pytest_django.Settings, path: str) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31536000, True

    headers = client.get(path, secure=True).headers

    assert headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
        headers["Content-Security-Policy"].split("; ")
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "Access-Control-Allow-Origin" not in headers


def test_files_that_the_proxy_hands_out_have_the_headers_too(root: Path) -> None:
    nginx = (root / "deploy/nginx/ciip.conf").read_text(encoding="utf-8")
    block = re.search(r"location /static/ \{.*?\n    \}", nginx, re.DOTALL)
    assert block
    told = dict(re.findall(r'add_header (\S+) "?([^"\n]+?)"?;\n', block[0]))

    assert told["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
        told["Content-Security-Policy"].split("; ")
    )
    assert (told["X-Content-Type-Options"], told["Referrer-Policy"]) == ("nosniff", "same-origin")


def test_hosted_site_asks_for_a_year_of_tls_on_all_subdomains(root: Path) -> None:
    names = ["SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT"]

    assert settings_with(root, *names, **HOSTED) == ["31536000", "True", "True"]


@pytest.mark.parametrize("code", ["csv", "gift", "aiken", "moodle"])
def test_texts_that_are_handed_out_name_their_encoding(client: Client, code: str) -> None:
    make_bank()
    ivy = make_user("ivy")
    roles.make_instructor(user=ivy, roles=roles.ROLES)
    client.force_login(ivy)

    answer = client.get(reverse("exams:export"), {"format": code, "file": "1"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].endswith("; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("next_path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_to_no_other_site(client: Client, next_path: str) -> None:
    alice = make_user()

    answer = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": next_path})

    assert answer.headers["Location"] == "/"


def test_sign_in_and_sign_up_from_another_site_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)

    statuses = [client.post(reverse(name), {}).status_code for name in ("account_login", "account_signup")]

    assert statuses == [403, 403]


def test_scripts_make_no_markup_and_no_code_of_text(root: Path) -> None:
    risky = re.compile(
        r"(inner|outer)HTML|insertAdjacentHTML|createContextualFragment|document\.write|\beval\("
        r"|new Function|postMessage"
    )

    found = {path.name: risky.findall(path.read_text(encoding="utf-8")) for path in (root / "static/js").rglob("*.js")}

    assert len(found) > 20
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_site_shows_no_debugging_pages_unless_it_is_told_to(root: Path) -> None:
    assert settings_with(root, "DEBUG", **HOSTED) == ["False"]
    assert settings_with(root, "DEBUG") == ["False"]


def test_folder_of_files_is_not_listed(client: Client) -> None:
    assert {client.get(path).status_code for path in ("/static/", "/static/js/", "/exhibits/")} == {404}


def test_mail_goes_to_a_server_that_proves_its_name(root: Path) -> None:
    assert settings_with(root, "EMAIL_USE_TLS", **HOSTED) == ["True"]

    context = EmailBackend().ssl_context

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_site_asks_no_other_host_for_anything(root: Path) -> None:
    """It talks to its database, Redis and its mail server, by their own packages and where the settings say."""
    modules = r"urllib\.request|http\.client|requests|httpx|aiohttp|ftplib|socket"
    clients = re.compile(rf"^\s*(?:import|from) ({modules})\b", re.MULTILINE)
    sources = [path for app in ("accounts", "questions", "exams", "ciip_site") for path in (root / app).rglob("*.py")]

    found = {path.name: clients.findall(path.read_text(encoding="utf-8")) for path in sources}

    assert len(sources) > 200
    # `serve` looks whether its own port is free.
    assert {name: hits for name, hits in found.items() if hits} == {"serve.py": ["socket"]}
