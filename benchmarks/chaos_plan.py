"""What the candidate does and what happens to them meanwhile: the same for the same seed."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from random import Random

ITEMS = 170
KILLS = 5
DROPS = 10
RELOADS = 10
# So many of the reloads are tried while the server is down; the others wait until it is up.
BLIND_RELOADS = 3


class Kind(StrEnum):
    KILL = "server killed"
    DROP = "network drops"
    RELOAD = "page reloaded"
    BLIND_RELOAD = "page reloaded while the server is down"
    EXPIRY = "session expires"
    SECOND_TAB = "second tab"


@dataclass(frozen=True, slots=True)
class Fault:
    """`seconds` until the kill, or that the network stays away."""

    kind: Kind
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One visit to an item, all by keys. `second_thought` is another choice before leaving."""

    position: int
    choice: int
    strikes: tuple[int, ...]
    flags: bool
    second_thought: int | None
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class SecondTab:
    """Its items: one that the first tab has answered, and one it has not come to yet."""

    behind: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Plan:
    steps: list[Step]
    faults: dict[int, list[Fault]]
    second_tab: SecondTab


def plan_of(seed: int) -> Plan:
    random = Random(seed)
    steps = list(_steps(random))
    faults: dict[int, list[Fault]] = defaultdict(list)
    # One kill in each fifth: the server needs a while to come up.
    fifth = len(steps) // KILLS
    for number in range(KILLS):
        at = number * fifth + random.randrange(2, fifth)
        # Some fall before the save has arrived, some between commit and answer, some after both.
        faults[at].append(Fault(Kind.KILL, random.uniform(0, 0.05)))
        if number < BLIND_RELOADS:
            faults[at + 1].append(Fault(Kind.BLIND_RELOAD))
    for _ in range(DROPS):
        faults[random.randrange(len(steps))].append(Fault(Kind.DROP, random.uniform(0.2, 6)))
    for _ in range(RELOADS - BLIND_RELOADS):
        faults[random.randrange(len(steps))].append(Fault(Kind.RELOAD))
    faults[random.randrange(10, len(steps) - 10)].append(Fault(Kind.EXPIRY))
    at = random.randrange(len(steps) // 4, 3 * len(steps) // 4)
    faults[at].append(Fault(Kind.SECOND_TAB))
    here = steps[at].position
    return Plan(steps, dict(faults), SecondTab(behind=random.randrange(1, here), ahead=here + random.randrange(6, 20)))


def _steps(random: Random) -> list[Step]:
    """Every item in turn, now and then with a way back to an earlier one."""
    steps = []
    for position in range(1, ITEMS + 1):
        steps.append(_step(random, position))
        if position > 6 and random.random() < 0.15:
            steps.append(_step(random, position - random.randrange(1, 6)))
    return steps


def _step(random: Random, position: int) -> Step:
    return Step(
        position=position,
        choice=random.randrange(1, 5),
        strikes=tuple(place for place in range(1, 5) if random.random() < 0.12),
        flags=random.random() < 0.2,
        second_thought=random.randrange(1, 5) if random.random() < 0.25 else None,
        pause_seconds=random.uniform(0, 0.5),
    )
