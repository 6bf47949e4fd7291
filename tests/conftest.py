"""What every test has: a database that locks as the real one does and an empty cache."""

from pathlib import Path

import pytest
import pytest_django
from django.conf import settings as site_settings
from django.core.cache import cache
from hypothesis import settings as laws

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
