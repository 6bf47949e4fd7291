"""The exam room of 170 items in a real Chromium with the processor slowed down four times:  make bench

Moves, layout shift, bytes of the first load and memory, each with its target; a figure says met or MISSED and stops
nothing. The site is the embedded one, on loopback.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.browser import VIEWPORT, chromium, expect_room, make_candidate, start_exam
from benchmarks.embedded import Site, running_site
from benchmarks.timing import line, percentile
from scripts.programs import MissingProgramError, Toolbox
from scripts.services import ServiceError

SLOWER = 4
MOVES = 60
MOVE_MS, PAGE_KB, HEAP_MB = 50, 150, 60
# From the moment of the key, so that waiting for a busy page counts, to the first callback after the frame was painted.
WATCH = """() => {
  window.moves = [];
  window.shifts = { own: 0, all: 0 };
  addEventListener("keydown", (event) => {
    if (event.key !== "n") return;
    const pressed = event.timeStamp;
    requestAnimationFrame(() => requestAnimationFrame(() => moves.push(performance.now() - pressed)));
  }, { capture: true });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) {
      shifts.all += value;
      if (!hadRecentInput) shifts.own += value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""


def main() -> int:
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ciip-room-")))
            path = Toolbox().get("chromium")
            site = stack.enter_context(running_site(directory))
            make_candidate()
            measure(stack.enter_context(chromium(path)), site)
    except (MissingProgramError, ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def measure(browser: Browser, site: Site) -> None:
    print(f"\n{browser.browser_type.name} {browser.version}, {os.cpu_count()} cores, processor slowed {SLOWER} times\n")
    arrival = browser.new_context(base_url=site.url, viewport=VIEWPORT)
    page = arrival.new_page()
    start_exam(page)
    # Signed in, with an empty cache.
    fresh = browser.new_context(base_url=site.url, viewport=VIEWPORT, storage_state=arrival.storage_state())
    room_url = page.url.partition("#")[0]
    arrival.close()
    page = fresh.new_page()
    devtools = fresh.new_cdp_session(page)
    devtools.send("Performance.enable")
    measure_load(page, devtools, room_url)
    before = heap_mb(devtools)
    measure_moves(page, devtools)
    answer_all(page)
    against(f"heap after {MOVES} moves and 170 answers; {before:.1f} MB before", heap_mb(devtools), HEAP_MB, "MB")


def measure_load(page: Page, devtools: CDPSession, room_url: str) -> None:
    """Document and assets as they come over the wire, headers included."""
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    devtools.send("Network.enable")
    page.goto(room_url, wait_until="networkidle")
    expect_room(page)
    devtools.send("Network.disable")
    against(f"exam page with its {len(sizes) - 1} assets, compressed", sum(sizes) / 1000, PAGE_KB, "KB")


def measure_moves(page: Page, devtools: CDPSession) -> None:
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.evaluate(WATCH)
    for number in range(1, MOVES + 1):
        # As in an exam: an answer, whose save is on its way, and on.
        page.keyboard.press("abcd"[number % 4])
        page.wait_for_timeout(100)
        next_item(page)
        page.wait_for_function("number => moves.length >= number", arg=number)
        page.wait_for_timeout(100)
    times: list[float] = page.evaluate("moves")
    shifts: dict[str, Any] = page.evaluate("shifts")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    against(f"move to the next item, {len(times)} moves, median", percentile(times, 0.5), MOVE_MS, "ms")
    against("move to the next item, p95", percentile(times, 0.95), MOVE_MS, "ms")
    against("move to the next item, longest", max(times), MOVE_MS, "ms")
    against("layout shift, without what follows a key at once", shifts["own"], 0, "", places=4)
    against("layout shift, all", shifts["all"], 0, "", places=4)


def next_item(page: Page) -> None:
    page.keyboard.press("n")
    if page.locator("#unread-dialog").is_visible():
        page.locator("#unread-leave").click()


def answer_all(page: Page) -> None:
    """Every item once more from the first, and wait for the last save."""
    page.evaluate("location.hash = '#1'")
    for number in range(170):
        page.keyboard.press("abcd"[number % 4])
        next_item(page)
    page.wait_for_function("() => !document.querySelector('#saved').classList.contains('waiting')", timeout=60_000)
    answered = page.locator(".item input:checked").count()
    assert answered == 170, f"{answered} of 170 items are answered."


def heap_mb(devtools: CDPSession) -> float:
    devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")) / 1e6


def against(what: str, value: float, target: float, unit: str, *, places: int = 1) -> None:
    verdict = "met" if value <= target else "MISSED"
    line(what, f"{value:8.{places}f} {unit:<3} target {f'{target} {unit}'.strip() if target else 'none'}: {verdict}")


if __name__ == "__main__":
    sys.exit(main())
