"""The files for a machine without containers agree with the site, with each other and with the documentation."""

import configparser
import re
import shlex
import ssl
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from questions.exchange import uploads

SERVICES = {"ciip-web", "ciip-worker", "ciip-beat", "ciip-backup"}


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def services(root: Path) -> dict[str, configparser.SectionProxy]:
    return {path.stem: unit(path)["Service"] for path in (root / "deploy/systemd").glob("*.service")}


@pytest.fixture(scope="module")
def nginx(root: Path) -> str:
    return (root / "deploy/nginx/ciip.conf").read_text(encoding="utf-8")


def test_every_service_runs_as_the_sites_own_user_with_its_settings_and_no_rights(
    services: dict[str, configparser.SectionProxy],
) -> None:
    assert set(services) == SERVICES
    for service in services.values():
        assert (service["User"], service["EnvironmentFile"], service["WorkingDirectory"]) == (
            "ciip", "/etc/ciip/ciip.env", "/srv/ciip",
        )  # fmt: skip
        assert (service["NoNewPrivileges"], service["CapabilityBoundingSet"], service["ProtectSystem"]) == (
            "true", "", "strict",
        )  # fmt: skip
        assert service["ReadWritePaths"] == "/var/lib/ciip"


def test_services_start_what_the_containers_start(services: dict[str, configparser.SectionProxy], root: Path) -> None:
    compose = (root / "docker-compose.yml").read_text(encoding="utf-8")
    for name in ("ciip-worker", "ciip-beat"):
        command = services[name]["ExecStart"].removeprefix("/srv/ciip/.venv/bin/")
        assert f"command: {command}\n" in compose


def test_units_run_commands_that_exist(services: dict[str, configparser.SectionProxy], root: Path) -> None:
    words = shlex.split(services["ciip-backup"]["ExecStart"])[1:]
    named = re.findall(r"^ +ciip ([a-z_]+)", (root / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert words[0] == "manage.py"
    assert {words[1], *named} <= set(get_commands())
    assert {"migrate", "load_content", "collectstatic", "create_instructor"} <= set(named)


def test_settings_file_names_variables_of_the_site_and_holds_no_secret(root: Path) -> None:
    lines = (root / "deploy/ciip.env").read_text(encoding="utf-8").splitlines()
    assignments = dict(line.removeprefix("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))
    known = set(re.findall(r"`([A-Z_]+)`", (root / "README.md").read_text(encoding="utf-8")))

    assert {name.removesuffix("_FILE") for name in assignments} <= known
    secret = {name for name in assignments if re.search("SECRET|PASSWORD", name)}
    assert secret == {"SECRET_KEY_FILE", "EMAIL_HOST_PASSWORD_FILE"}


def test_addresses_that_are_locks_are_in_no_log_of_the_proxy(nginx: str) -> None:
    block = re.search(r"location ~ (\S+) \{(.*?)\}", nginx, re.DOTALL)
    assert block is not None
    secret = ["/join/x/", "/account/password/reset/key/x/", "/account/confirm-email/x/"]
    for address in [*(f"{prefix}x" for prefix in settings.SECRET_ADDRESSES), *secret]:
        assert re.match(block[1], address), address
    assert not re.match(block[1], "/practice/")
    assert {"access_log off;", "error_log /dev/null crit;"} <= {line.strip() for line in block[2].splitlines()}
    # Neither the query nor the page one comes from could bring one in by the back door.
    log_format = re.search(r"log_format ciip (.*);", nginx)
    assert log_format is not None
    assert set(re.findall(r"\$\w+", log_format[1])) & {"$request", "$request_uri", "$args", "$http_referer"} == set()


def test_proxy_says_who_the_visitor_is_and_adds_no_header_of_its_own(nginx: str) -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in nginx
    assert "proxy_set_header X-Request-ID $request_id;" in nginx
    static = re.search(r"location /static/ \{.*?\}", nginx, re.DOTALL)
    assert static is not None
    assert "add_header" not in nginx.replace(static[0], "")


def test_largest_upload_passes_the_proxy_and_little_more(root: Path, nginx: str) -> None:
    limits = [
        re.search(r"client_max_body_size (\d+)m;", nginx),
        re.search(r"max_size (\d+)MB\n", (root / "Caddyfile").read_text(encoding="utf-8")),
    ]
    for limit in limits:
        assert limit is not None
        # Caddy's MB has 1,000,000 bytes, of which 21 are just enough.
        assert uploads.MOST_BYTES < int(limit[1]) * 1_000_000 < 2 * uploads.MOST_BYTES


def test_every_name_speaks_tls_1_2_and_1_3_with_passing_keys_alone(nginx: str) -> None:
    servers = [block for block in re.findall(r"^server \{.*?^\}", nginx, re.DOTALL | re.MULTILINE) if " 443 " in block]
    assert len(servers) == 2
    # nginx takes the versions of the first server for all names, before it knows which is asked for.
    for server in servers:
        assert "ssl_protocols TLSv1.2 TLSv1.3;" in server
        assert "ssl_prefer_server_ciphers on;" in server
        listed = re.search(r"ssl_ciphers (\S+);", server)
        assert listed is not None
        for name in listed[1].split(":"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_ciphers(name)
            found = {one["name"]: one for one in context.get_ciphers()}[name]
            assert (found["aead"], found["kea"], found["strength_bits"] >= 128) == (True, "kx-ecdhe", True), name


def test_proxies_send_requests_to_the_site_and_files_from_its_directory_alone(root: Path, nginx: str) -> None:
    caddy = (root / "Caddyfile").read_text(encoding="utf-8")

    assert set(re.findall(r"proxy_pass (\S+);", nginx)) == {"http://ciip"}
    assert re.findall(r"upstream ciip \{\s+server unix:/run/ciip/web.sock", nginx)
    assert re.findall(r"^ +(?:alias|root) (\S+);", nginx, re.MULTILINE) == [
        "/var/www/letsencrypt", "/var/lib/ciip/static/",
    ]  # fmt: skip
    assert re.findall(r"reverse_proxy (\S+)", caddy) == ["web:8000"]
    assert "autoindex" not in nginx
    assert not re.search(r"^\s*(file_server|root)\b", caddy, re.MULTILINE)


def test_proxy_of_the_containers_refuses_trace_as_nginx_does_by_itself(root: Path) -> None:
    caddy = (root / "Caddyfile").read_text(encoding="utf-8")

    assert "@trace method TRACE\n\trespond @trace 405\n" in caddy


def test_history_of_the_code_is_out_of_reach_of_the_site(root: Path) -> None:
    guide = (root / "docs/operations.md").read_text(encoding="utf-8")
    ignored = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "git clone REPOSITORY /srv/ciip\n   chmod 0700 /srv/ciip/.git\n" in guide
    # Nothing but what is named goes into the image.
    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!.")]
