"""A candidate whose page never gives up: each answer is sent, under one operation id, until the server has its say."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from random import Random

from benchmarks.load.browser import Answer, Browser, Record
from benchmarks.load.candidate import ITEMS, PASSWORD, ROOM, email_of

REQUEST_SECONDS = 10
LONGEST_PAUSE = 3.0
FINAL = ("saved", "stale", "closed", "invalid")


@dataclass
class Told:
    """What one page was told: `saved` by position, and everything that should never have been said."""

    saved: dict[int, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    retries: int = 0
    is_closed: bool = False


class Stubborn:
    """`submits` says whether the person gives in at the end or leaves the room to the clock."""

    def __init__(self, number: int, port: int, *, submits: bool) -> None:
        self.told = Told()
        self.path = ""
        self._number, self._submits = number, submits
        self._random = Random(number)
        self._browser = Browser(port, Record(), f"10.1.{number >> 8}.{number & 255}")

    async def sit(self, pause: float) -> None:
        try:
            for position in range(1, ITEMS + 1):
                await asyncio.sleep(self._random.expovariate(1 / pause))
                if not await self._save(position):
                    return
            if self._submits:
                await self._give_in()
        finally:
            await self._browser.close()

    async def enter(self) -> None:
        page = await self._browser.get("/account/login/")
        await self._browser.submit(page, "/account/login/", {"login": email_of(self._number), "password": PASSWORD})
        mocks = await self._browser.get("/mocks/")
        room = await self._browser.submit(mocks, "/mocks/start/", {})
        found = ROOM.search(room.body.decode())
        assert found, "No room after the start."
        self.path = found[0]

    async def _save(self, position: int) -> bool:
        """Whether the exam goes on."""
        chosen = self._random.randint(1, 4)
        fields = {"item": position, "base": 0, "op_id": uuid.uuid4(), "chosen": chosen}
        while True:
            answer = await self._try("POST", f"{self.path}save/", fields)
            said = self._word(answer)
            if said.get("result") in FINAL:
                break
            if answer and answer.status in (302, 401, 403):
                self._violates(f"item {position}: signed out ({answer.status})")
                return False
            self.told.retries += 1
            await asyncio.sleep(self._random.uniform(0.2, LONGEST_PAUSE))
        match said["result"]:
            case "saved":
                self.told.saved[position] = chosen
            case "closed":
                self.told.is_closed = True
                return False
            case result:
                self._violates(f"item {position}: {result}")
        return True

    async def _give_in(self) -> None:
        while True:
            answer = await self._try("POST", f"{self.path}submit/", {})
            if answer and answer.status in (200, 302):
                return
            await asyncio.sleep(self._random.uniform(0.2, LONGEST_PAUSE))

    async def _try(self, method: str, path: str, fields: dict[str, object]) -> Answer | None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._browser.ask(method, path, fields)
        except (OSError, EOFError, TimeoutError):
            # A connection on which an answer may still come is of no use for the next question.
            await self._browser.close()
            return None

    def _word(self, answer: Answer | None) -> dict[str, object]:
        if answer is None or not answer.headers.get("content-type", "").startswith("application/json"):
            return {}
        said: dict[str, object] = json.loads(answer.body)
        return said

    def _violates(self, text: str) -> None:
        self.told.violations.append(f"candidate {self._number}, {text}")
