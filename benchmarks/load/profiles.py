"""What many candidates do at once, and how long each of them waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.load import machine
from benchmarks.load.browser import Record
from benchmarks.load.candidate import ITEMS, Candidate

Step = Callable[[Candidate], Awaitable[object]]


@dataclass
class Throughput:
    """No think time. Rates are per second over the whole step, milliseconds are in `record`."""

    clients: int
    record: Record
    saves_per_second: float
    floor_per_second: float
    cpu_per_exam: float
    cpu_of_sign_in: float
    bytes_per_exam: float
    web_megabytes: float


@dataclass
class Class:
    clients: int
    record: Record
    faults: list[str] = field(default_factory=list)
    saves_per_second: float = 0.0
    read_after: float = 0.0


async def throughput(port: int, *, first: int, clients: int, floor_rounds: int) -> Throughput:
    """Sign in, one whole exam on a published form, a start on the other one, then two on personal draws; the floor."""
    record = Record()
    people = [Candidate(first + n, port, record) for n in range(clients)]
    before = machine.cpu_seconds()
    await _together(people, Candidate.sign_in)
    signed_in = machine.cpu_seconds()
    seen = record.received.total()
    await _together(people, Candidate.start)
    saving = await _together(people, Candidate.save_all)
    await _together(people, Candidate.give_in)
    after, received = machine.cpu_seconds(), record.received.total() - seen
    megabytes = machine.web_megabytes()
    await _together(people, Candidate.start)
    await _together(people, Candidate.heartbeat)
    await _together(people, lambda one: one.give_in("end"))
    for _ in range(2):
        await _together(people, lambda one: one.start("start, personal"))
        await _together(people, lambda one: one.give_in("end"))
    flooring = await _together(people, lambda one: one.floor_rounds(floor_rounds))
    for one in people:
        await one.close()
    return Throughput(
        clients=clients,
        record=record,
        saves_per_second=clients * ITEMS / saving,
        floor_per_second=clients * floor_rounds / flooring,
        cpu_per_exam=(after - signed_in) / clients,
        cpu_of_sign_in=(signed_in - before) / clients,
        bytes_per_exam=received / clients,
        web_megabytes=megabytes,
    )


async def in_class(port: int, *, first: int, clients: int, think: float, minutes: int, grace: int) -> Class:
    """All start at once, think, and are ended by the clock at the same moment; what the page does then is done."""
    record = Record()
    found = Class(clients, record)
    people = [Candidate(first + n, port, record) for n in range(clients)]
    await _together(people, Candidate.sign_in)
    began = time.monotonic()

    async def sit(one: Candidate) -> None:
        await one.start()
        await one.save_all(pause=think)
        await asyncio.sleep(max(0.0, began + 60 * minutes - time.monotonic()))
        await one.be_ended()

    results = await asyncio.gather(*map(sit, people), return_exceptions=True)
    found.faults = [repr(result) for result in results if isinstance(result, BaseException)]
    found.read_after = time.monotonic() - began - 60 * minutes - grace
    for one in people:
        await one.close()
    return found


async def _together(people: list[Candidate], step: Step) -> float:
    """Everybody does the step at once; seconds until the last is done."""
    began = time.perf_counter()
    await asyncio.gather(*map(step, people))
    return time.perf_counter() - began
