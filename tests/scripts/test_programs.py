from pathlib import Path

import pytest

from scripts import programs
from scripts.programs import MissingProgramError, Program, Toolbox


def make_program(directory: Path, name: str) -> str:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {name} 1.0\n")
    path.chmod(0o755)
    return str(path)


def test_program_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = make_program(tmp_path / "bin", "server")
    make_program(tmp_path / "lib/17", "server")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    assert Program(("server",), {}, (f"{tmp_path}/lib/*/server".lstrip("/"),)).find() == on_path


def test_newest_version_is_taken_beside_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [make_program(tmp_path / f"lib/{version}", "server") for version in (9, 16)]
    monkeypatch.setenv("PATH", "")

    assert Program(("server",), {}, (f"{tmp_path}/lib/*/server".lstrip("/"),)).find() == versions[1]


def test_named_program_is_believed_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = make_program(tmp_path, "browser")
    monkeypatch.setenv("CHROMIUM", browser)
    assert Toolbox().get("chromium") == browser

    monkeypatch.setenv("CHROMIUM", "/nowhere")
    with pytest.raises(MissingProgramError, match="CHROMIUM names /nowhere, which is no program"):
        Toolbox().get("chromium")


def test_missing_program_is_named_with_the_command_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert programs.advice("redis-server").splitlines() == [
        "redis-server is needed for the tests and was not found. Install it with",
        "    sudo apt-get install --yes redis-server",
        "    sudo dnf install -y redis",
        "    brew install redis",
    ]
