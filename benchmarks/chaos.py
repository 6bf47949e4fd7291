"""One sitting of 170 items under faults, judged by what the browser was promised:  make chaos ARGS="--seed 2"

A candidate in Chromium answers by keys while the network drops, the server is killed and started again, the session
expires, a second tab answers too and the page is reloaded. Afterwards nothing that was acknowledged may be missing. The
seed fixes what is done and what goes wrong at which item; the exact moments are the machine's. Exits 1 on a violation.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import BrowserContext, Dialog
from playwright.sync_api import Error as BrowserError

from benchmarks.browser import VIEWPORT, chromium, expect_room, make_candidate, start_exam
from benchmarks.chaos_candidate import ALL_STATES, Candidate, Stuck, Weather
from benchmarks.chaos_plan import Fault, Kind, Plan, plan_of
from benchmarks.embedded import Site, running_site
from benchmarks.timing import line
from scripts.programs import MissingProgramError, Toolbox
from scripts.services import ServiceError

LONGEST_SECONDS = 360
CLOCK_SECONDS = 2
NEWS_SECONDS = 2


class Sitting:
    """The whole of it."""

    def __init__(self, site: Site, context: BrowserContext, plan: Plan) -> None:
        from benchmarks.chaos_record import LISTEN, Record, Stored

        self.record, self.plan = Record(), plan
        self.counts: Counter[Kind] = Counter()
        self.requests = 0
        self.furthest_clock = 0.0
        context.set_default_timeout(15_000)
        context.expose_binding("noteAnswer", self._note_answer)
        context.add_init_script(LISTEN)
        context.on("request", self._note_request)
        context.on("weberror", lambda error: self.record.violations.append(f"The page failed: {error.error}"))
        context.on("dialog", Dialog.accept)
        self.context, self.page = context, context.new_page()
        start_exam(self.page)
        self.room_url = self.page.url.partition("#")[0]
        self.before = Stored.read()
        self.weather = Weather(site, context)
        self.candidate = Candidate(self.page, self.weather, self.record)
        self._check_clock()

    def _note_answer(self, source: dict[str, Any], note_id: str, body: dict[str, Any]) -> None:
        self.record.note(note_id, body, is_second_tab=source["page"] != self.page)

    def _note_kept_answers(self) -> None:
        from benchmarks.chaos_record import KEPT

        for note_id, body in self.page.evaluate(KEPT):
            self.record.note(note_id, body)

    def _note_request(self, request: Any) -> None:
        self.requests += request.url.endswith("/save/")

    def sit(self) -> None:
        for number, step in enumerate(self.plan.steps):
            self.candidate.do(step)
            # The save of the choice is on its way.
            for fault in self.plan.faults.get(number, []):
                print(f"  item {step.position:3}: {fault.kind}", flush=True)
                self.counts[fault.kind] += 1
                self._befall(fault)
            self.candidate.go(step.position)
            self.candidate.finish(step)
            self.page.wait_for_timeout(1000 * step.pause_seconds)
        self.weather.clear_up(self.page)
        self.candidate.wait_until_saved()

    def _befall(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.KILL:
                while not self.weather.is_server_up:
                    self.page.wait_for_timeout(50)
                self.weather.kill(fault.seconds)
            case Kind.DROP:
                self.weather.drop(fault.seconds)
            case Kind.RELOAD | Kind.BLIND_RELOAD:
                self.candidate.reload(is_blind=fault.kind == Kind.BLIND_RELOAD)
                self._check_clock()
                self._note_kept_answers()
                self._check_what_is_shown("After a reload")
            case Kind.EXPIRY:
                end_sessions()
            case Kind.SECOND_TAB:
                self._answer_elsewhere()

    def _check_clock(self) -> None:
        from django.utils import timezone

        hours, minutes, seconds = map(int, (self.page.locator("#clock").text_content() or "").split(":"))
        left = (self.before.attempt.deadline_at - timezone.now()).total_seconds()
        off = hours * 3600 + minutes * 60 + seconds - left
        self.furthest_clock = max(self.furthest_clock, abs(off))
        if abs(off) > CLOCK_SECONDS:
            self.record.violations.append(f"After a reload the clock was {off:+.1f} s off.")

    def _answer_elsewhere(self) -> None:
        """A second tab changes an item that is answered and one that is not; then the first tab changes the former."""
        from benchmarks.chaos_record import State, Stored

        behind, ahead = self.plan.second_tab.behind, self.plan.second_tab.ahead
        self.weather.clear_up(self.page)
        self.candidate.wait_until_saved()
        second = Candidate(self.context.new_page(), self.weather, self.record)
        second.page.goto(f"{self.room_url}#{behind}")
        expect_room(second.page)
        for position in (behind, ahead):
            second.go(position)
            second.choose((second.screen()["chosen"] or 0) + 1)
            second.flag()
        second.wait_until_saved()
        second.page.close()
        stored = Stored.read().responses[behind][1]
        self.candidate.go(behind)
        self.candidate.choose((stored.chosen or 0) + 1)
        self.candidate.wait_until_saved()
        shown, stored = State.of(self.candidate.screen()), Stored.read().responses[behind][1]
        if shown != stored:
            self.record.violations.append(f"After a second tab item {behind} is shown as {shown}, stored as {stored}.")

    def _check_what_is_shown(self, when: str) -> None:
        """A page may need a moment to learn what the one before it has saved last."""
        give_up_at = time.monotonic() + NEWS_SECONDS
        while (differing := list(self.record.differing(self.page.evaluate(ALL_STATES)))) and (
            time.monotonic() < give_up_at
        ):
            self.page.wait_for_timeout(100)
        for position, shown, wanted in differing:
            self.record.violations.append(f"{when} item {position} is shown as {shown}; it was left as {wanted}.")

    def end(self) -> None:
        self._check_what_is_shown("At the end")
        self.candidate.end()

    def judge(self) -> tuple[int, list[str]]:
        """(acknowledged saves that are missing, everything that is wrong)."""
        from benchmarks import chaos_record as judge

        stored, record = judge.Stored.read(), self.record
        lost = judge.lost_saves(record, stored)
        wrong = [*record.violations, *lost, *judge.wrong_ledger(stored), *judge.wrong_times(self.before, stored)]
        # Without an end something may rightly wait in the browser, and there is no report.
        if stored.attempt.is_finished:
            wrong += judge.wrong_answers(record, stored)
            wrong += judge.wrong_report(record, stored, self.page.evaluate(judge.REPORT))
        # What one page has wrong, the next reload shows again.
        return len(lost), list(dict.fromkeys(wrong))


def end_sessions() -> None:
    from django.contrib.sessions.models import Session
    from django.db import connection

    Session.objects.all().delete()
    connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"Not through after {LONGEST_SECONDS} s, which is a violation."))
    signal.alarm(LONGEST_SECONDS)
    began = time.monotonic()
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ciip-chaos-")))
            path = Toolbox().get("chromium")
            site = stack.enter_context(running_site(directory))
            make_candidate()
            browser = stack.enter_context(chromium(path))
            context = browser.new_context(base_url=site.url, locale="en-US", timezone_id="UTC", viewport=VIEWPORT)
            sitting = Sitting(site, context, plan_of(seed))
            stack.callback(sitting.weather.join)
            return outcome(sitting, seed, began)
    except (MissingProgramError, ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def outcome(sitting: Sitting, seed: int, began: float) -> int:
    try:
        sitting.sit()
        sitting.end()
    except (Stuck, BrowserError, ServiceError) as error:
        sitting.record.violations.append(f"The sitting broke off: {error}")
    lost, violations = sitting.judge()
    record, counts = sitting.record, sitting.counts
    print(f"\nSeed {seed}, {os.cpu_count()} cores, SQLite\n")
    line("saves acknowledged", f"{len(record.acknowledged):8}")
    line("acknowledged and lost", f"{lost:8}")
    words = ", ".join(f"{record.answers[result]} {result}" for result in sorted(record.answers))
    line("save requests, and what the page read in answer", f"{sitting.requests:8}  ({words})")
    line("server killed and started again", f"{counts[Kind.KILL]:8}")
    line("network drops", f"{counts[Kind.DROP]:8}")
    blind = counts[Kind.BLIND_RELOAD]
    line("reloads", f"{counts[Kind.RELOAD] + blind:8}  ({blind} while the server was down)")
    line("sign-ins after the session expired", f"{sitting.candidate.sign_ins:8}")
    line("clock after a reload, furthest off", f"{sitting.furthest_clock:8.1f} s")
    line("duration", f"{time.monotonic() - began:8.0f} s")
    line("violations", f"{len(violations):8}")
    for violation in violations:
        print(f"  {violation}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
