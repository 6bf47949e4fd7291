"""The candidate of the chaos run, who works by what is on screen, and the weather over network and server."""

import time
from threading import Thread
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from benchmarks.browser import PASSWORD, expect_room, sign_in
from benchmarks.chaos_plan import Step
from benchmarks.embedded import Site
from scripts.services import ServiceError

# Longer than the queue's longest wait and one request.
PATIENCE_SECONDS = 60
TRIES = 40
STATE_OF = """
const stateOf = (item) => ({
  chosen: Number(item.querySelector("input:checked")?.value) || null,
  flagged: "flagged" in item.dataset,
  struck: [...item.querySelectorAll("label")].map((label, i) => ("struck" in label.dataset ? i + 1 : "")).join(""),
});"""
SCREEN = f"""() => {{
  {STATE_OF}
  const items = [...document.querySelectorAll(".item")], item = document.querySelector(".item.current");
  return {{
    dialog: document.querySelector("dialog[open]")?.id ?? null,
    position: items.indexOf(item) + 1,
    options: item.querySelectorAll("input[type=radio]").length,
    ...stateOf(item),
  }};
}}"""
SIGN_IN_IS_SETTLED = """() => !document.querySelector("#sign-in-dialog").open
  || document.querySelector("#sign-in-error").textContent"""
ALL_STATES = f"() => {{ {STATE_OF} return [...document.querySelectorAll('.item')].map(stateOf); }}"


class Stuck(Exception):
    """Something that a person would wait for did not come; a violation like any other."""


class Weather:
    """Network and server, as bad as the plan wants them."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self._site, self._context = site, context
        self._back_at: float | None = None
        self._restart: Thread | None = None
        self._error: ServiceError | None = None

    @property
    def is_server_up(self) -> bool:
        return self._restart is None or not self._restart.is_alive()

    def drop(self, seconds: float) -> None:
        self._context.set_offline(True)
        self._back_at = max(self._back_at or 0, time.monotonic() + seconds)

    def kill(self, after: float) -> None:
        self._restart = Thread(target=self._kill_and_start, args=(after,))
        self._restart.start()

    def _kill_and_start(self, after: float) -> None:
        time.sleep(after)
        self._site.kill()
        try:
            self._site.start()
        except ServiceError as error:
            self._error = error

    def pass_by(self) -> None:
        """To be called often: Playwright's objects belong to one thread."""
        if self._back_at and time.monotonic() >= self._back_at:
            self._context.set_offline(False)
            self._back_at = None
        if self._error:
            raise self._error

    def clear_up(self, page: Page) -> None:
        """Wait until the server is up, and let the network be there."""
        while not self.is_server_up:
            page.wait_for_timeout(50)
        self._back_at = self._back_at and 0.1
        self.pass_by()

    def join(self) -> None:
        if self._restart:
            self._restart.join()


class Candidate:
    """Works by what is on screen: a key that did nothing, because a dialog lay over the page, is pressed again."""

    def __init__(self, page: Page, weather: Weather, record: Any) -> None:
        self.page, self._weather, self._record = page, weather, record
        self.sign_ins = 0

    def do(self, step: Step) -> None:
        self.go(step.position)
        for place in step.strikes:
            self.strike(place)
        self.choose(step.choice)

    def finish(self, step: Step) -> None:
        if step.flags:
            self.flag()
        if step.second_thought:
            self.choose(step.second_thought)

    def go(self, position: int) -> None:
        for _ in range(2 * self.page.locator(".item").count()):
            here = self.screen()["position"]
            if here == position:
                return
            self.page.keyboard.press("n" if here < position else "p")
        raise Stuck(f"The keys do not lead to item {position}.")

    def choose(self, place: int) -> None:
        def key(screen: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            target = (place - 1) % screen["options"] + 1
            return "abcdefgh"[target - 1], {"chosen": target}

        self._press(key)

    def flag(self) -> None:
        self._press(lambda screen: ("f", {"flagged": not screen["flagged"]}))

    def strike(self, place: int) -> None:
        def key(screen: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            target = (place - 1) % screen["options"] + 1
            struck = set(screen["struck"]) ^ {str(target)}
            return f"Shift+{'ABCDEFGH'[target - 1]}", {"struck": "".join(sorted(struck))}

        self._press(key)

    def _press(self, key: Any) -> None:
        from benchmarks.chaos_record import State

        for _ in range(TRIES):
            before = self.screen()
            name, change = key(before)
            self.page.keyboard.press(name)
            after = self.page.evaluate(SCREEN)
            # The dialog that asks to sign in may open just behind the key.
            if after | {"dialog": None} == before | change:
                self._record.wanted[after["position"]] = State.of(after)
                return
        raise Stuck(f"A key does not do what it should; the screen shows {self.screen()}.")

    def screen(self) -> dict[str, Any]:
        """What is shown, with no dialog over it."""
        for _ in range(TRIES):
            self._weather.pass_by()
            shown: dict[str, Any] = self.page.evaluate(SCREEN)
            if shown["dialog"] is None:
                return shown
            if shown["dialog"] == "sign-in-dialog":
                self._sign_in()
            elif shown["dialog"] == "unread-dialog":
                self.page.locator("#unread-leave").click()
            else:
                raise Stuck(f"{shown['dialog']} is open.")
        raise Stuck("A dialog does not go away.")

    def _sign_in(self) -> None:
        """Over the page; again when the server could not be reached."""
        self.page.locator("#sign-in-password").fill(PASSWORD)
        self.page.locator("#sign-in-dialog button[type=submit]").click()
        self.page.wait_for_function(SIGN_IN_IS_SETTLED)
        if self.page.locator("#sign-in-dialog").is_visible():
            self.page.wait_for_timeout(500)
        else:
            self.sign_ins += 1

    def wait_until_saved(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.screen()
            if not self.page.evaluate("document.querySelector('#saved').classList.contains('waiting')"):
                return
            if time.monotonic() > give_up_at:
                raise Stuck(f"Still {self.page.locator('#saved').text_content()} after {PATIENCE_SECONDS} s.")
            self.page.wait_for_timeout(100)

    def reload(self, *, is_blind: bool) -> None:
        """Until the room is there again; on the item that was shown."""
        url = self.page.url
        if not is_blind:
            self._weather.clear_up(self.page)
        for attempt in range(TRIES):
            try:
                if attempt:
                    self._weather.clear_up(self.page)
                    # Of an error page Chromium keeps the address, but not always the right to reload.
                    self.page.goto(url)
                self.page.reload()
                if "/login/" in self.page.url:
                    sign_in(self.page)
                    self.sign_ins += 1
                expect_room(self.page)
            except (BrowserError, AssertionError):
                continue
            return
        raise Stuck("The room does not open again.")

    def end(self) -> None:
        """By the review screen; again when the session turned out to have lapsed."""
        for _ in range(TRIES):
            self.screen()
            self.page.keyboard.press("r")
            self.page.locator("#end-exam").click()
            self.page.locator("#end-now").click()
            try:
                self.page.wait_for_url("**/report/**", timeout=10_000)
            except BrowserError:
                continue
            return
        raise Stuck("The exam does not end.")
