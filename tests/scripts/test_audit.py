"""What `make audit` makes of pip-audit's answers; above all it never takes silence for a clean bill."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts import audit

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.20"], "aliases": ["CVE-2026-1"], "description": "Long."}
FLAWED = {"name": "pillow", "version": "12.0.0", "vulns": [FLAW]}
SKIPPED = {"name": "amqp", "skip_reason": "Dependency not found on PyPI and could not be audited: amqp (5.4.2)"}

NO_NETWORK = "Traceback\nConnectionError: Name or service not known"


def printed(*packages: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("answer", "went_wrong", "status", "words"),
    [
        (printed(CLEAN), "", 0, "x.txt: nothing is known against its 1 packages."),
        (printed(CLEAN, FLAWED), "", 1, "FLAW pillow 12.0.0: PYSEC-2026-1, CVE-2026-1; mended in 5.2.20"),
        (printed(CLEAN, SKIPPED), "", 2, "could not be fetched from pypi for 1 of 2 packages: Dependency"),
        (printed(SKIPPED, FLAWED), "", 1, "NOT AUDITED"),
        ("", NO_NETWORK, 2, "could not be fetched from pypi for any package"),
        ("", NO_NETWORK, 2, "Name or service not known"),
        ("", "", 2, "pip-audit said nothing"),
        ("[]", "", 2, "NOT AUDITED"),
        (printed(), "", 2, "the lock file names no package"),
    ],
)
def test_only_an_answer_about_every_package_is_good_news(answer: str, went_wrong: str, status: int, words: str) -> None:
    judged = audit.judge(answer, went_wrong)

    assert judged.status == status
    assert words in audit.told(judged, "x.txt", "pypi")
    assert ("nothing is known" in audit.told(judged, "x.txt", "pypi")) == (status == 0)


def test_every_lock_is_asked_about_and_the_worst_news_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    news = {"audit.txt": printed(SKIPPED), "base.txt": printed(FLAWED), "dev.txt": printed(CLEAN)}
    monkeypatch.setattr("sys.argv", ["audit.py"])
    monkeypatch.setattr(audit, "ask", lambda lock, service: (news[lock.name], ""))

    assert audit.main() == audit.FOUND
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == sorted(news)
    assert {path.name for path in (root / "requirements").iterdir()} == set(news)


def test_service_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip-audit", 1)

    monkeypatch.setattr(subprocess, "run", hang)

    assert audit.judge(*audit.ask(Path("x.txt"), "osv")).status == audit.NOT_ASKED


def test_locks_name_no_place_to_fetch_from(root: Path) -> None:
    """Whoever installs chooses the index."""
    for lock in (root / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name
