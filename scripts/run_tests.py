"""Runs the tests in phases, each against real services:  run_tests.py all|sqlite|postgres|worker|browser [pytest args]

It says which programs it uses, fails when one cannot be had, and stops every process it started.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import services  # noqa: E402  (the path above makes it importable)
from scripts.programs import MissingProgramError, Toolbox  # noqa: E402

# The tests see nothing of the caller's settings: no DATABASE_URL of theirs is ever written to.
KEPT_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TERM", "TMPDIR", "CI", "PYTEST_ADDOPTS")
# A phase that can use two cores does; the worker is one process for all its tests.
PARALLEL = ["-n", "2"]
# These directories have a phase of their own.
STARTING, WORKER, BROWSER = "tests/start", "tests/worker", "tests/browser"
PHASES = {
    "sqlite": ("Units, views and the first start, on SQLite", [*PARALLEL, f"--ignore={WORKER}", f"--ignore={BROWSER}"]),
    "postgres": (
        "The same on PostgreSQL",
        [*PARALLEL, f"--ignore={WORKER}", f"--ignore={BROWSER}", f"--ignore={STARTING}"],
    ),
    "worker": ("Tasks through Redis and a Celery worker, on PostgreSQL behind PgBouncer", [WORKER]),
    "browser": ("Pages in Chromium, on PostgreSQL", [*PARALLEL, BROWSER]),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=["all", *PHASES])
    phase, pytest_arguments = parser.parse_args(sys.argv[1:2]).phase, sys.argv[2:]
    phases = list(PHASES) if phase == "all" else [phase]
    # A terminated run stops its servers just as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ciip-tests-")))
            # PostgreSQL's own user has to pass through.
            directory.chmod(0o755)
            environment = prepare(stack, phases, directory)
            return report({phase: run(phase, environment, pytest_arguments) for phase in phases})
    except (MissingProgramError, services.ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; all servers are stopped.", file=sys.stderr)
        return 130


def prepare(stack: ExitStack, phases: list[str], directory: Path) -> dict[str, str]:
    """Starts what the phases need; its addresses are in the environment it returns."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"TESTING": "true", "SECRET_KEY": "for tests only, " * 4, "VAR_DIR": str(directory / "var")}
    tools = Toolbox()
    if set(phases) != {"sqlite"}:
        heading("Programs")
        environment["DATABASE_URL"] = stack.enter_context(services.postgres(tools, directory / "postgres"))
    if "worker" in phases:
        pooled = services.pgbouncer(tools, directory / "pgbouncer", environment["DATABASE_URL"])
        environment["POOLED_DATABASE_URL"] = stack.enter_context(pooled)
        environment["REDIS_URL"] = stack.enter_context(services.redis(tools, directory / "redis"))
    if "browser" in phases:
        environment["CHROMIUM"] = tools.get("chromium")
    return environment


def run(phase: str, environment: Mapping[str, str], pytest_arguments: list[str]) -> tuple[int, float]:
    title, arguments = PHASES[phase]
    heading(f"{phase}: {title}")
    hidden = {"DATABASE_URL": phase == "sqlite", "REDIS_URL": phase != "worker", "POOLED_DATABASE_URL": True}
    pooled = {"DATABASE_URL": environment["POOLED_DATABASE_URL"], "CONN_MAX_AGE": "0"} if phase == "worker" else {}
    environment = {name: value for name, value in environment.items() if not hidden.get(name)} | pooled
    started_at = time.monotonic()
    code = wait_for(
        subprocess.Popen([sys.executable, "-m", "pytest", *arguments, *pytest_arguments], cwd=ROOT, env=environment)
    )
    return code, time.monotonic() - started_at


def wait_for(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has sent it to pytest as well, whose fixtures now stop what they started.
        process.wait(timeout=60)
        raise
    except SystemExit:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        raise


def report(results: Mapping[str, tuple[int, float]]) -> int:
    # Pytest's exit code 5, no test collected, is a failure like any other.
    heading("Result")
    for phase, (code, seconds) in results.items():
        print(f"  {phase:<9} {'passed' if code == 0 else f'FAILED (pytest exit {code})'} in {seconds:.0f} s")
    failed = [phase for phase, (code, _) in results.items() if code]
    print(f"All phases passed: {', '.join(results)}." if not failed else f"Failed: {', '.join(failed)}.", flush=True)
    return 1 if failed else 0


def heading(text: str) -> None:
    print(f"\n=== {text} ===", flush=True)


if __name__ == "__main__":
    sys.exit(main())
