"""`manage.py serve` as a person meets it: a new directory, a first start, Ctrl-C, a second start."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FIRST_START_SECONDS = 120


def environment(var_dir: Path, port: int) -> dict[str, str]:
    """Of a person who has set nothing but the port."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"VAR_DIR": str(var_dir), "PORT": str(port)}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(root: Path, var_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    log = var_dir.parent / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=root,
            env=environment(var_dir, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        wait_for_site(process, port, log)
        yield process
    finally:
        # The whole group: workers whose master was killed would go on for a while.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_site(process: subprocess.Popen[str], port: int, log: Path) -> None:
    give_up_at = time.monotonic() + FIRST_START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"The site did not start:\n{log.read_text()[-3000:]}")


def test_first_start_second_start_and_ctrl_c(root: Path, tmp_path: Path, port: int) -> None:
    var_dir = tmp_path / "var"

    outputs = []
    for _ in range(2):
        with serving(root, var_dir, port) as process:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as home:
                assert home.status == 200
            # Ctrl-C reaches every process of the terminal's group.
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=20) == 0
        outputs.append((tmp_path / "log").read_text())

    first, second = outputs
    assert re.search(r"Sign in: +instructor@localhost with password \S{22} ", first)
    assert f"Open:      http://127.0.0.1:{port}" in first
    assert "password" not in second
    password = first.split("with password ")[1].split()[0]
    assert password.encode() not in (var_dir / "ciip.sqlite3").read_bytes()
    assert (var_dir / "secret_key").stat().st_mode & 0o777 == 0o600


def test_taken_port_is_named_with_its_cure(root: Path, tmp_path: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=root,
            env=environment(tmp_path / "var", port),
            check=False,
            capture_output=True,
            text=True,
        )

    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port} (Address already in use)." in done.stderr
    assert f"PORT={port + 1} make run" in done.stderr
    # Refused before anything was made but the key that the settings need.
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
