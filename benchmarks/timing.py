"""Timing and printing, the same for every figure."""

import time
from collections.abc import Callable
from statistics import median


def median_ms(call: Callable[[], object], *, runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def line(what: str, figure: str) -> None:
    print(f"{what:<58} {figure}", flush=True)
