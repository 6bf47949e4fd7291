"""Can a stopwatch tell a link that ended from one that never was?  Part of `make bench`.

Addresses that lead nowhere for different reasons are asked for in a shuffled order, many times each. For each reason:
how often would its answer take longer than that of an unknown address? A half means that nothing can be told. With the
confidence interval (Mann and Whitney 1947) wholly farther than TOLERANCE from a half, the measurement fails. A second
set of unknown addresses shows what chance alone does.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from math import sqrt
from random import Random
from statistics import median
from time import perf_counter

from django.test import Client
from django.utils import timezone

from accounts import progress_links, tokens
from accounts.models import User
from benchmarks.timing import line

RUNS = 1500
TOLERANCE = 0.05
SHOWS = {"shows_streak": True}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`slower` is the share of pairs in which it took longer than an unknown one, `margin` the half of its 95 %."""

    slower: float
    margin: float
    difference_us: float

    @property
    def is_alike(self) -> bool:
        return abs(self.slower - 0.5) - self.margin <= TOLERANCE


def compare(times: Sequence[float], unknown: Sequence[float]) -> Comparison:
    """Times in seconds. Ties count half."""
    ordered, n, m = sorted(unknown), len(times), len(unknown)
    slower = sum(bisect_left(ordered, time) + bisect_right(ordered, time) for time in times) / (2 * n * m)
    return Comparison(slower, 1.96 * sqrt((n + m + 1) / (12 * n * m)), 1e6 * (median(times) - median(unknown)))


def measure() -> None:
    # Ten thousand times "Not Found" is no figure.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    paths = dead_addresses()
    times = ask(paths, runs=RUNS)
    unknown = times.pop("unknown")
    line("a link that leads nowhere: unknown", f"p50 {1000 * median(unknown):.2f} ms")
    found = {kind: compare(taken, unknown) for kind, taken in times.items()}
    for kind, one in found.items():
        told = f"{one.difference_us:+6.0f} µs, slower in {100 * one.slower:.1f} % ± {100 * one.margin:.1f}"
        line(f"  against it: {kind}", told)
    if different := [kind for kind, one in found.items() if not one.is_alike]:
        raise SystemExit(f"A stopwatch tells these from an unknown link: {', '.join(different)}.")


def dead_addresses() -> dict[str, str]:
    """A path for each reason to lead nowhere, among a few thousand links that are open."""
    now = timezone.now()
    owners = [User.objects.create_user(f"link-owner-{number}@example.org") for number in range(200)]
    for owner in owners:
        for _ in range(10):
            progress_links.make(user=owner, shows=SHOWS, days=30, passphrase="", now=now)
    alice, bob = owners[0], owners[1]
    expired = progress_links.make(user=alice, shows=SHOWS, days=1, passphrase="", now=now - timedelta(days=2))
    revoked = progress_links.make(user=alice, shows=SHOWS, days=30, passphrase="", now=now)
    progress_links.revoke(user=alice, pk=revoked.link.pk, now=now)
    locked = progress_links.make(user=alice, shows=SHOWS, days=30, passphrase="open sesame", now=now)
    progress_links.revoke(user=alice, pk=locked.link.pk, now=now)
    inactive = progress_links.make(user=bob, shows=SHOWS, days=30, passphrase="", now=now)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    return {
        "unknown": f"/p/{tokens.new()}",
        "unknown again": f"/p/{tokens.new()}",
        "malformed": "/p/x",
        "expired": f"/p/{expired.token}",
        "revoked": f"/p/{revoked.token}",
        "revoked, with a passphrase": f"/p/{locked.token}",
        "of somebody inactive": f"/p/{inactive.token}",
    }


def ask(paths: dict[str, str], *, runs: int) -> dict[str, list[float]]:
    """Seconds that each answer took, in turns whose order is shuffled anew, so that what slows one slows all."""
    random, client, serial = Random(1), Client(SERVER_NAME="localhost"), count()
    times: dict[str, list[float]] = {kind: [] for kind in paths}
    kinds = list(paths)
    for turn in range(-50, runs):
        random.shuffle(kinds)
        for kind in kinds:
            # Each visitor asks a few times only, so that nobody is told to wait.
            visitor = next(serial) // 50
            began = perf_counter()
            answer = client.get(paths[kind], REMOTE_ADDR=f"10.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}")
            taken = perf_counter() - began
            assert answer.status_code == 404
            # The first turns only warm up.
            if turn >= 0:
                times[kind].append(taken)
    return times
