"""The files for a machine without containers agree with the site, with each other and with the documentation."""

import configparser
import re
import shlex
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
