import logging

import pytest
import pytest_django
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, RequestFactory

from ciip_site import views

# A port that nothing listens on.
DEAD_REDIS = "redis://127.0.0.1:1/0"


def test_healthz_answers_without_touching_the_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"alive": True})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_only_answer_reads_and_are_never_cached(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.django_db
def test_readyz_names_every_check(client: Client, settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = ""

    response = client.get("/readyz")

    checks = {"database": "ok", "migrations": "ok", "cache": "ok"}
    assert (response.status_code, response.json()) == (200, {"ready": True, "checks": checks})


@pytest.mark.django_db
def test_readyz_refuses_while_a_migration_is_missing(client: Client, settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = ""
    MigrationRecorder.Migration.objects.using(connection.alias).filter(app="sessions").delete()

    response = client.get("/readyz")

    checks = {"database": "ok", "migrations": "missing", "cache": "ok"}
    assert (response.status_code, response.json()) == (503, {"ready": False, "checks": checks})


def test_readyz_refuses_without_a_database_and_tells_only_the_log_why(
    client: Client, settings: pytest_django.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = ""

    # Outside a database test pytest-django blocks the connection: to the view this is a database that is gone.
    with caplog.at_level(logging.ERROR):
        response = client.get("/readyz")

    checks = {"database": "failed", "migrations": "failed", "cache": "ok"}
    assert (response.status_code, response.json()) == (503, {"ready": False, "checks": checks})
    assert "Readiness check database failed" in caplog.text


@pytest.mark.django_db
def test_readyz_refuses_without_the_cache_table(client: Client, settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = ""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "absent"}}

    response = client.get("/readyz")

    checks = {"database": "ok", "migrations": "ok", "cache": "failed"}
    assert (response.status_code, response.json()) == (503, {"ready": False, "checks": checks})


@pytest.mark.django_db
def test_readyz_reports_a_dead_redis_and_stays_ready(client: Client, settings: pytest_django.Settings) -> None:
    settings.REDIS_URL = DEAD_REDIS

    response = client.get("/readyz")

    checks = {"database": "ok", "migrations": "ok", "redis": "failed"}
    assert (response.status_code, response.json()) == (200, {"ready": True, "checks": checks})


def test_csrf_failure_answers_scripts_in_json(rf: RequestFactory) -> None:
    response = views.csrf_failure(rf.post("/", headers={"accept": "application/json"}))

    assert response.status_code == 403
    assert response["Content-Type"] == "application/json"
    assert b'"result": "csrf"' in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"])
def test_csrf_failure_answers_people_with_a_page(accept: str) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept": accept})

    response = strict.post("/account/login/", {"login": "alice@example.org", "password": "x"})

    assert response.status_code == 403
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "403_csrf.html" in [template.name for template in response.templates]
