"""What every test has: a database that locks as the real one does and an empty cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_django
from django.conf import settings as site_settings
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as laws

# Filled by migrate and by nobody else.
KEPT_TABLES = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}

# How long one example takes says more of the machine than of the law.
laws.register_profile("site", deadline=None)
laws.load_profile("site")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On SQLite a file as in an installation: in memory, threads share one connection's locks and cannot race."""
    database = site_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """What a test has committed goes, what migrate has filled stays: filling it again took most of the time."""

    def flush(self: TransactionTestCase) -> None:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), sorted(tables - KEPT_TABLES)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database is the same on every database: once is enough, on SQLite."""
    if site_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return
    # These have one phase alone.
    elsewhere = {"browser", "worker"}
    spared = [item for item in items if not elsewhere & set(item.path.parts) and not _asks_a_database(item)]
    config.hook.pytest_deselected(items=spared)
    items[:] = [item for item in items if item not in spared]


def _asks_a_database(item: pytest.Item) -> bool:
    """Or may do so: what runs programs or is skipped on some database says so by a mark or a fixture."""
    fixtures = {"db", "transactional_db", "live_server"}
    marks = {mark.name for mark in item.iter_markers()} & {"django_db", "skipif"}
    return bool(marks or fixtures & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def empty_cache(settings: pytest_django.Settings, request: pytest.FixtureRequest) -> None:
    """Sign-in tries counted in one test lock nobody out in the next, and no cache adds to a query count."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": request.node.nodeid}
    }
    cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(settings: pytest_django.Settings) -> None:
    """The real hasher takes a tenth of a second for each sign-in, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parent.parent
