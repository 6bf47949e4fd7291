"""The production files agree with each other, with the Compose Specification and with what the design promises."""

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

SITE_SERVICES = {"web", "worker", "beat", "migrate", "backup"}


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = compose["services"]
    return services


def test_compose_file_follows_the_specification(compose: dict[str, Any], root: Path) -> None:
    schema = json.loads((root / "tests/schemas/compose-spec.json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator(schema).validate(compose)


def test_schema_refuses_a_misspelt_key(compose: dict[str, Any], root: Path) -> None:
    schema = json.loads((root / "tests/schemas/compose-spec.json").read_text(encoding="utf-8"))
    wrong = compose | {"services": {"web": {"image": "x", "comand": "y"}}}

    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.Draft202012Validator(schema).validate(wrong)


def test_services_are_the_ones_the_documentation_names(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"proxy", "postgres", "redis"} | SITE_SERVICES


def test_one_image_runs_every_part_of_the_site(services: dict[str, dict[str, Any]]) -> None:
    assert {services[name]["image"] for name in SITE_SERVICES} == {"ciip-practice"}
    assert all(services[name]["environment"] == services["web"]["environment"] for name in SITE_SERVICES)


def test_backup_runs_when_it_is_asked_to_and_keeps_what_it_made(services: dict[str, dict[str, Any]]) -> None:
    backup = services["backup"]

    assert (backup["profiles"], backup["restart"]) == (["backup"], "no")
    assert f"--to {backup['volumes'][0].split(':')[1]} --keep 14 --verify" in backup["command"]


def test_nothing_that_scales_has_a_fixed_name_or_port(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web", "worker"):
        assert services[name].keys() & {"ports", "container_name", "scale", "deploy"} == set()


def test_beat_is_alone(services: dict[str, dict[str, Any]]) -> None:
    assert services["beat"]["scale"] == 1
    assert [name for name in services if " beat " in str(services[name].get("command"))] == ["beat"]


def test_only_the_proxy_can_be_reached_from_outside(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name in services if "ports" in services[name]] == ["proxy"]


def test_migrations_run_once_before_anything_serves(services: dict[str, dict[str, Any]]) -> None:
    assert services["migrate"]["restart"] == "no"
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    # The exam goes on without Redis, so a restart must not wait for it either.
    assert services["web"]["depends_on"]["redis"] == {"condition": "service_started"}


def test_everything_that_stays_up_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    without = {name for name in services if "test" not in services[name].get("healthcheck", {})}

    # Caddy answers nothing of its own; what it forwards to is checked.
    assert without == {"proxy", "migrate", "backup"}


def test_named_volumes_are_declared_and_used(compose: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}

    assert used == set(compose["volumes"]) == {"postgres", "beat", "certificates", "exports", "backups"}


def test_web_hands_out_what_a_worker_has_put_together(services: dict[str, dict[str, Any]], root: Path) -> None:
    """A new volume takes the rights of the image's directory, so that must be the site's own."""
    assert services["web"]["volumes"] == services["worker"]["volumes"] == ["exports:/srv/var/exports"]
    assert re.search(r"install .*--owner=ciip .*/srv/var/exports", (root / "Dockerfile").read_text(encoding="utf-8"))


def test_no_secret_is_written_into_the_file(root: Path) -> None:
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")

    assert re.findall(r"^ +\w*(?:PASSWORD|SECRET)\w*:(?! \$\{\w+:\?).*", text, re.MULTILINE) == []
    assert re.findall(r"://\w+:(?!\$\{)[^@/]+@", text) == []


def test_example_environment_has_what_the_compose_file_requires_and_no_secret(root: Path) -> None:
    lines = (root / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    required = set(re.findall(r"\$\{(\w+):", (root / "docker-compose.yml").read_text(encoding="utf-8")))

    assert required <= set(example)
    assert (example["SECRET_KEY"], example["POSTGRES_PASSWORD"], example["EMAIL_HOST_PASSWORD"]) == ("", "", "")


def test_gunicorn_and_celery_are_started_as_measured(root: Path, services: dict[str, dict[str, Any]]) -> None:
    gunicorn = runpy.run_path(str(root / "gunicorn.conf.py"))

    assert (gunicorn["worker_class"], gunicorn["workers"], gunicorn["threads"]) == ("gthread", 2, 4)
    assert gunicorn["worker_tmp_dir"] == ("/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: S108
    assert services["worker"]["command"].endswith("--without-gossip --without-mingle")


def test_image_is_built_from_the_lock_and_runs_without_root(root: Path) -> None:
    dockerfile = (root / "Dockerfile").read_text(encoding="utf-8")

    assert "--require-hashes -r /tmp/base.txt" in dockerfile
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["ciip"]


def test_image_holds_every_package_the_settings_install(root: Path) -> None:
    kept = {line[1:] for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    packages = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

    assert set(packages["root_packages"]) | {"manage.py", "gunicorn.conf.py", "templates", "static", "fixtures"} <= kept
    assert [name for name in kept if not (root / name).exists()] == []


def test_development_lock_holds_the_same_versions_as_the_base_lock(root: Path) -> None:
    """One .venv serves both, and scripts/venv.sh relies on it."""
    base, dev = (
        set(
            re.findall(
                r"^[\w.\[\]-]+==\S+", (root / f"requirements/{name}.txt").read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for name in ("base", "dev")
    )

    assert base - dev == set()
