"""A hundred sittings while every service is killed, frozen, flushed, filled up and told another time:  make faults

Judged by what the pages were told: an acknowledged answer that is missing, an attempt without its one score, a score
that recomputes otherwise or a page that was signed out is a violation, and then it exits 1. Loopback only, about seven
minutes, stops by itself. The clock is stepped for the site's processes, not for the system.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.faults.candidate import Stubborn  # noqa: E402  (the path above makes it importable)
from benchmarks.faults.stack import Stack, running_stack  # noqa: E402
from benchmarks.faults.strikes import Faults  # noqa: E402
from benchmarks.timing import line  # noqa: E402
from scripts.programs import MissingProgramError  # noqa: E402
from scripts.services import ServiceError  # noqa: E402

MINUTES, PAUSE = 5, 1.2
BETWEEN = 14.0
# What the sweep may take after the last recovery, and after the deadline of those who left.
PATIENCE = 120


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100)
    people = parser.parse_args().people
    # A run that is ended stops its services just as one that fails does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(prefix="ciip-faults-") as directory, running_stack(Path(directory)) as stack:
            violations = measure(stack, people)
    except (MissingProgramError, ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    for text in violations[:20]:
        print(f"VIOLATION: {text}", file=sys.stderr)
    return 1 if violations else 0


def measure(stack: Stack, people: int) -> list[str]:
    import django

    django.setup()
    from django.db import connections

    from benchmarks.faults import verdict
    from benchmarks.load.run import prepare, shorten_exam

    prepare(people)
    shorten_exam(MINUTES)
    connections.close_all()
    stack.serve()
    candidates = [Stubborn(n, stack.port, submits=n % 2 == 0) for n in range(people)]
    asyncio.run(play(stack, candidates))
    for part in stack.parts.values():
        part.start()
        part.wait()
    return verdict.of(candidates, patience=PATIENCE, minutes=MINUTES)


async def play(stack: Stack, candidates: list[Stubborn]) -> None:
    # Signing in is no part of the sitting, and a hundred at once would be a benchmark of its own.
    for start in range(0, len(candidates), 10):
        await asyncio.gather(*(one.enter() for one in candidates[start : start + 10]))
    supervisor = asyncio.create_task(supervise(stack))
    faults = asyncio.create_task(strike(stack))
    await asyncio.gather(*(one.sit(PAUSE) for one in candidates))
    await faults
    supervisor.cancel()
    with suppress(asyncio.CancelledError):
        await supervisor


async def supervise(stack: Stack) -> None:
    while True:
        await asyncio.to_thread(stack.supervise)
        await asyncio.sleep(0.5)


async def strike(stack: Stack) -> None:
    for name, fault in Faults(stack).plan().items():
        await asyncio.sleep(BETWEEN)
        began = time.monotonic()
        await fault()
        line(f"  {name}", f"back after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
