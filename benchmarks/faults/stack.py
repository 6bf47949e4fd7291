"""A production site of the benchmark's own on loopback, each part of which can be killed, frozen and started again."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis

from scripts.programs import Toolbox
from scripts.run_tests import KEPT_VARIABLES
from scripts.services import ServiceError, answers_ping, free_port, unprivileged

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 40
DISK = "384m"
BALLAST = "ballast"


@dataclass
class Part:
    """One service as a supervisor keeps it: whatever ends by itself is started again."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    log: Path
    identity: dict[str, object] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    wanted: bool = False

    def start(self) -> None:
        self.wanted = True
        if self.process and self.process.poll() is None:
            return
        with self.log.open("ab") as log:
            # A session of its own: its group is this service with its children and nobody else.
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                **self.identity,  # type: ignore[call-overload]
            )  # fmt: skip

    def wait(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if time.monotonic() > give_up_at:
                raise ServiceError(f"{self.name} did not start; its log ends:\n{self.log.read_text()[-2000:]}")
            self.start()
            time.sleep(0.1)

    def kill(self) -> None:
        """The service and its children at once, in the middle of whatever they do."""
        self.wanted = False
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        os.killpg(self.process.pid, number)


class Stack:
    """`disk` is where PostgreSQL's files are: small, where this machine lets it be, so that it can be filled."""

    def __init__(self, directory: Path, tools: Toolbox) -> None:
        self.directory, self.port = directory, free_port()
        self.disk = directory / "disk"
        self.redis_port, self.postgres_port = free_port(), free_port()
        self.has_small_disk = False
        self.parts: dict[str, Part] = {}
        self._tools, self._password, self._step = tools, secrets.token_hex(16), directory / "step"
        self._set_environment()

    def prepare(self) -> None:
        """The database and Redis, up; the rest is added once the schema is there."""
        self._make_database()
        data = self.disk / "data"
        postgres = [self._tools.get("postgres"), "-D", str(data), "--listen_addresses=127.0.0.1"]
        postgres += [f"--port={self.postgres_port}", "--unix_socket_directories=", "--max_connections=100"]
        # A small disk that can be filled has little room for the write-ahead log.
        postgres += ["--max_wal_size=64MB", "--min_wal_size=32MB"]
        ready = [self._tools.get("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.postgres_port}"]
        self._add(
            "postgres", postgres, lambda: subprocess.run(ready, check=False).returncode == 0, unprivileged(self.disk)
        )
        cache = [self._tools.get("redis-server"), "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", ""]
        self._add("redis", [*cache, "--dir", str(self.directory)], lambda: answers_ping(self.redis_port))
        for part in self.parts.values():
            part.wait()

    def serve(self) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "ciip_site"]
        worker = ["worker", "--concurrency=2", "--loglevel=warning", "--without-gossip", "--without-mingle"]
        beat = ["beat", "--loglevel=warning", "--schedule", str(self.directory / "beat")]
        web = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", f"--bind=127.0.0.1:{self.port}"]
        self._add("web", web, self._answers)
        self._add("worker", [*celery, *worker], lambda: True)
        self._add("beat", [*celery, *beat, "--pidfile="], lambda: True)
        for name in ("web", "worker", "beat"):
            self.parts[name].wait()
            self.parts[name].start()

    def supervise(self) -> None:
        """As systemd or Docker does: what ended and is wanted is started again."""
        for part in self.parts.values():
            if part.wanted:
                part.start()

    def flush_redis(self) -> None:
        redis.Redis(port=self.redis_port).flushall()

    def step_clock(self, seconds: int) -> None:
        """For all processes of the site at once: what they take for now is so much later."""
        draft = self._step.with_suffix(".draft")
        draft.write_text(str(seconds), encoding="ascii")
        draft.rename(self._step)

    def fill_disk(self) -> None:
        """Every byte of PostgreSQL's disk taken."""
        # Unbuffered: what the disk refuses must not be tried again when the file is closed.
        with (self.disk / BALLAST).open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while file.write(b"\0" * size) == size:
                        pass

    def empty_disk(self) -> None:
        (self.disk / BALLAST).unlink(missing_ok=True)

    def stop(self) -> None:
        for name in reversed(self.parts):
            self.parts[name].kill()
        if self.has_small_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)  # noqa: S607  (root's own)

    def _add(
        self, name: str, command: list[str], is_ready: Callable[[], bool], identity: dict[str, object] | None = None
    ) -> None:
        self.parts[name] = Part(name, command, is_ready, self.directory / f"{name}.log", identity or {})

    def _make_database(self) -> None:
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(self.disk)]
        self.has_small_disk = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
        secret = self.directory / "password"
        secret.write_text(self._password)
        identity = unprivileged(self.disk, secret)
        command = [self._tools.get("initdb"), "-D", str(self.disk / "data"), "-U", "ciip", "-A", "scram-sha-256"]
        command += ["--pwfile", str(secret), "-E", "UTF8", "--locale=C", "-N", "--wal-segsize=1"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.directory, **identity)

    def _set_environment(self) -> None:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        os.environ.clear()
        os.environ |= kept | {
            "SECRET_KEY": "for benchmarks only, " * 3,
            "VAR_DIR": str(self.directory / "var"),
            "LOG_LEVEL": "WARNING",
            "TRUSTED_PROXIES": "1",
            "DJANGO_SETTINGS_MODULE": "benchmarks.faults.settings",
            "CLOCK_STEP": str(self._step),
            "DATABASE_URL": f"postgres://ciip:{self._password}@127.0.0.1:{self.postgres_port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
        }

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()


@contextmanager
def running_stack(directory: Path) -> Iterator[Stack]:
    directory.chmod(0o755)
    with ExitStack() as cleanup:
        stack = Stack(directory, Toolbox())
        cleanup.callback(stack.stop)
        stack.prepare()
        yield stack
