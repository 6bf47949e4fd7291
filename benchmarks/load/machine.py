"""Servers of the benchmark's own, as in production but on one machine, and what they cost."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import services
from scripts.programs import Toolbox
from scripts.run_tests import KEPT_VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30


@dataclass(frozen=True)
class Machine:
    """`database` is the address for pgbench, empty on SQLite."""

    port: int
    database: str
    tools: Toolbox


@contextmanager
def environment(*, embedded: bool) -> Iterator[Machine]:
    """Databases and settings, for this process too; nothing of the caller's settings is seen."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ciip-load-")))
        directory.chmod(0o755)
        (directory / "var").mkdir()
        tools, database = Toolbox(), ""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        os.environ.clear()
        os.environ |= kept | {
            "SECRET_KEY": "for benchmarks only, " * 3,
            "VAR_DIR": str(directory / "var"),
            "LOG_LEVEL": "ERROR",
            "TRUSTED_PROXIES": "1",
            "DJANGO_SETTINGS_MODULE": "benchmarks.load.settings",
        }
        if not embedded:
            database = stack.enter_context(services.postgres(tools, directory / "postgres", durable=True))
            os.environ["DATABASE_URL"] = database
            os.environ["REDIS_URL"] = stack.enter_context(services.redis(tools, directory / "redis"))
        yield Machine(services.free_port(), database, tools)


@contextmanager
def serving(machine: Machine) -> Iterator[None]:
    """The web processes and, where there is a broker, a worker with beat."""
    web = ["gunicorn", "--config", "gunicorn.conf.py", "--bind", f"127.0.0.1:{machine.port}"]
    commands = [web]
    if machine.database:
        schedule = Path(os.environ["VAR_DIR"]) / "beat"
        commands.append(["celery", "-A", "ciip_site", "worker", "--beat", "--schedule", str(schedule)])
        commands[-1] += ["--concurrency=2", "--loglevel=error", "--without-gossip", "--without-mingle"]
    with ExitStack() as stack:
        log = stack.enter_context((Path(os.environ["VAR_DIR"]) / "log").open("ab"))
        for command in commands:
            process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        wait_until_it_answers(machine.port)
        yield


def pgbench(machine: Machine, script: Path, *, clients: int, seconds: int) -> float:
    """Transactions per second of a script of one statement."""
    command = [machine.tools.get("pgbench"), "--no-vacuum", f"--file={script}", f"--client={clients}"]
    command += ["--jobs=2", f"--time={seconds}", "--protocol=prepared", machine.database]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def cpu_seconds() -> float:
    """Of everything that this process has started, without itself."""
    return sum(ticks for _, ticks, _ in _descendants()) / TICKS


def web_megabytes() -> float:
    """Resident memory of the web processes."""
    return sum(pages for name, _, pages in _descendants() if name == "gunicorn") * os.sysconf("SC_PAGE_SIZE") / 1e6


def _descendants() -> Iterator[tuple[str, int, int]]:
    found: dict[int, tuple[int, str, int, int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(") ")
            words = rest.split()
            line = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        name = "gunicorn" if b"gunicorn" in line else head.partition("(")[2]
        # User and system time, and those of children that have ended.
        found[int(stat.parent.name)] = int(words[1]), name, sum(map(int, words[11:15])), int(words[21])
    for pid, (_, name, ticks, pages) in found.items():
        if pid != os.getpid() and _leads_here(pid, found):
            yield name, ticks, pages


def _leads_here(pid: int, found: dict[int, tuple[int, str, int, int]]) -> bool:
    while pid in found and pid != os.getpid():
        pid = found[pid][0]
    return pid == os.getpid()


def wait_until_it_answers(port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=2)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return
