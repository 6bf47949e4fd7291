"""What goes wrong, each until it is over and the service answers again."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from benchmarks.faults.stack import Stack

Fault = Callable[[], Awaitable[None]]
FULL_SECONDS, STEPPED_SECONDS = 6, 5


class Faults:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def plan(self) -> dict[str, Fault]:
        """In their order, under the names that are printed."""
        faults: dict[str, Fault] = {
            "clock a minute behind for 5 s, before the exams began": partial(self._step, -60),
            "clock a minute ahead for 5 s": partial(self._step, 60),
            "web killed": partial(self._kill, "web"),
            "worker killed": partial(self._kill, "worker"),
            "beat killed": partial(self._kill, "beat"),
            "Redis killed, absent for 6 s": partial(self._kill, "redis", down=6),
            "Redis flushed": self._flush,
            "Redis silent for 8 s, as behind a broken network": partial(self._freeze, "redis", 8),
            "PostgreSQL killed, absent for 3 s": partial(self._kill, "postgres", down=3),
            "PostgreSQL frozen for 5 s, as a slow disk does": partial(self._freeze, "postgres", 5),
        }
        if self._stack.has_small_disk:
            faults["PostgreSQL's disk full for 6 s"] = self._fill
        faults["everything killed at once"] = partial(self._kill, *self._stack.parts, down=2)
        return faults

    async def _kill(self, *names: str, down: float = 0.0) -> None:
        for name in names:
            await asyncio.to_thread(self._stack.parts[name].kill)
        await asyncio.sleep(down)
        for name in names:
            self._stack.parts[name].start()
        for name in names:
            await asyncio.to_thread(self._stack.parts[name].wait)

    async def _freeze(self, name: str, seconds: float) -> None:
        processes = self._family(name)
        for pid in processes:
            _send(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for pid in processes:
            _send(pid, signal.SIGCONT)

    async def _flush(self) -> None:
        await asyncio.to_thread(self._stack.flush_redis)

    async def _step(self, seconds: int) -> None:
        self._stack.step_clock(seconds)
        await asyncio.sleep(STEPPED_SECONDS)
        self._stack.step_clock(0)

    async def _fill(self) -> None:
        try:
            await asyncio.to_thread(self._stack.fill_disk)
            await asyncio.sleep(FULL_SECONDS)
        finally:
            self._stack.empty_disk()
        await asyncio.to_thread(self._stack.parts["postgres"].wait)

    def _family(self, name: str) -> list[int]:
        """The service and its children: PostgreSQL's have sessions of their own, so its group is not all of it."""
        process = self._stack.parts[name].process
        assert process
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(") ")[2].split()[1])
        return [process.pid, *(pid for pid, parent in parents.items() if parent == process.pid)]


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
