"""The exam room as a candidate meets it, and what the server holds of it meanwhile."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, Route, expect

from exams.models import Attempt, AttemptEvent, EventKind, Response

SAVES = "**/save/"
PROBE = "/probe-of-interception"
Axe = Callable[[Page], dict[str, list[str]]]


class ExamRoom:
    """One page with one attempt. Keys act at once, so only the server's answers have to be waited for."""

    def __init__(self, page: Page, attempt: Attempt) -> None:
        self.page = page
        self.attempt = attempt
        self.count = attempt.responses.count()
        self.path = f"/attempts/{attempt.public_id}/"
        self.item = page.locator(".item.current")
        self.notice = page.locator("#notice")
        self.clock = page.locator("#clock")
        self.end_dialog = page.locator("#end-dialog")
        self.end_words = page.locator("#end-words")
        self.saved = page.locator("#saved")

    def open(self, *, at: int | None = None) -> "ExamRoom":
        self.page.goto(self.path + (f"#{at}" if at else ""))
        self.expect_ready()
        return self

    def reload(self) -> None:
        self.page.reload()
        self.expect_ready()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def choose(self, place: int) -> None:
        """By its letter, on the item that is shown."""
        self.press("abcd"[place - 1])

    def option(self, place: int) -> Locator:
        return self.item.locator("input[type=radio]").nth(place - 1)

    def tab_to(self, target: Locator) -> None:
        for _ in range(self.count + 30):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def go_to_end_dialog(self) -> None:
        self.press("r")
        self.page.locator("#end-exam").click()
        expect(self.end_dialog).to_be_visible()

    def disturb_saves(self, handler: Callable[[Route], None], *, times: int | None = None) -> None:
        """From the next save on. Chromium tells its pages late that it intercepts, so a request of ours tries first."""
        self.page.route(SAVES, handler, times=times)
        self.page.route(f"**{PROBE}", lambda route: route.fulfill(body="intercepted"))
        probe = "url => fetch(url).then(response => response.text()).then(text => text === 'intercepted')"
        self.page.wait_for_function(probe, arg=PROBE)

    def leave_saves_alone(self) -> None:
        self.page.unroute(SAVES)

    def cut_network(self) -> None:
        self.page.context.set_offline(True)
        self.page.wait_for_function("!navigator.onLine")

    def restore_network(self) -> None:
        self.page.context.set_offline(False)

    def time_shown(self) -> int:
        hours, minutes, seconds = map(int, (self.clock.text_content() or "").split(":"))
        return hours * 3600 + minutes * 60 + seconds

    def expect_ready(self) -> None:
        expect(self.page.locator("#room.scripted")).to_be_visible()

    def expect_position(self, position: int) -> None:
        expect(self.page.locator("#position")).to_have_text(f"{position} of {self.count}")
        expect(self.item.locator("h1")).to_have_text(f"Item {position} of {self.count}")

    def expect_chosen(self, place: int | None) -> None:
        """On the item that is shown."""
        for option in range(1, 5):
            expect(self.option(option)).to_be_checked(checked=option == place)

    def expect_saved(self) -> None:
        expect(self.saved).to_have_text(re.compile("^saved "), timeout=20_000)

    def expect_unsaved(self, count: int) -> None:
        expect(self.saved).to_have_text(re.compile(f"^{count} answers? not yet saved"))

    def expect_report(self) -> None:
        expect(self.page).to_have_url(re.compile(f"{self.path}report/(#.*)?$"), timeout=20_000)
        expect(self.page.locator("#scored")).to_be_visible()


class SaveLog:
    """The operation ids that a page has sent, one for each request, and when."""

    def __init__(self, page: Page) -> None:
        self.op_ids: list[str] = []
        self.times: list[float] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.url.endswith("/save/"):
            self.op_ids += parse_qs(request.post_data or "")["op_id"]
            self.times.append(time.monotonic())


def refuse(route: Route) -> None:
    """A proxy that answers for a server that does not."""
    route.fulfill(status=503, content_type="text/html", body="<h1>Service unavailable</h1>")


def never_answer(route: Route) -> None:
    """The request is under way for as long as the page is there."""


def lose_answer(route: Route) -> None:
    """The request arrives, its acknowledgement does not."""
    route.fetch()
    route.abort("connectionreset")


def set_deadline(attempt: Attempt, *, seconds: float) -> None:
    """Move the whole attempt so that it ends in so many seconds (the database refuses to shorten one alone)."""
    stored = Attempt.objects.get(pk=attempt.pk)
    deadline_at = timezone.now() + timedelta(seconds=seconds)
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=deadline_at - (stored.granted_deadline_at - stored.started_at),
        granted_deadline_at=deadline_at,
        deadline_at=deadline_at,
    )


def stored_places(attempt: Attempt) -> dict[int, int | None]:
    """Position to chosen place of every item that was ever saved."""
    rows = Response.objects.filter(attempt=attempt, revision__gt=0)
    return dict(rows.values_list("position", "chosen"))


def stored_flags(attempt: Attempt) -> set[int]:
    return set(Response.objects.filter(attempt=attempt, flagged=True).values_list("position", flat=True))


def ledger(attempt: Attempt) -> list[tuple[int | None, int | None]]:
    """(position, chosen) of every accepted save, in order."""
    events = AttemptEvent.objects.filter(attempt=attempt, kind=EventKind.SAVED)
    return list(events.order_by("id").values_list("position", "chosen"))
