"""The first release's database, with a sitting in it, is brought to now by the commands of the documentation."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from ciip_site.backups.postgres import Postgres

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "tests/upgrade/from_first_release.py"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of a site of its own, on whichever database the suite runs on."""
    kept = {
        "PATH": os.environ["PATH"],
        "TESTING": "true",
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": "for tests only, " * 4,
    }
    if connection.vendor == "sqlite":
        (tmp_path / "var").mkdir()
        yield kept
        return
    with Postgres.of(connection.settings_dict).scratch(tmp_path) as database:
        of = connection.settings_dict
        host = f"{of['USER']}:{quote(of['PASSWORD'])}@{of['HOST']}:{of['PORT']}"
        yield kept | {"DATABASE_URL": f"postgres://{host}/{database.name}"}


def run(root: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sitting_of_the_first_release_is_scored_and_reported_today(root: Path, environment: dict[str, str]) -> None:
    run(root, environment, SCRIPT, "fill")
    run(root, environment, "manage.py", "migrate", "--noinput")
    run(root, environment, "manage.py", "createcachetable")

    assert run(root, environment, "manage.py", "showmigrations", "--plan").count("[ ]") == 0
    assert run(root, environment, SCRIPT, "look") == "20 answers, 21 entries, 10 right, report 200\n"
    # What comes with a release goes on top of what is there.
    run(root, environment, "manage.py", "load_content")
    assert run(root, environment, SCRIPT, "look") == "20 answers, 21 entries, 10 right, report 200\n"
