"""One candidate, as a browser is one: signs in, starts, saves 170 times, gives in, reads the report."""

import asyncio
import json
import re
import uuid
from http import HTTPStatus
from random import Random

from benchmarks.load.browser import Browser, Record

PASSWORD = "Korrekt-Pferd-77"
ITEMS = 170
ROOM = re.compile(r"/attempts/[0-9a-f-]{36}/")


class Candidate:
    def __init__(self, number: int, port: int, record: Record) -> None:
        self.email = email_of(number)
        self._random = Random(number)
        self._record = record
        # Each has an address of their own behind the proxy: one class, one address is a case of the suite.
        self._browser = Browser(port, record, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        self._attempt = ""
        self._room = b""

    async def sign_in(self) -> None:
        page = await self._browser.get("/account/login/")
        fields = {"login": self.email, "password": PASSWORD}
        await self._browser.submit(page, "/account/login/", fields, what="sign in")

    async def start(self, what: str = "start") -> None:
        """From the list of mocks to the room with all its items."""
        page = await self._browser.get("/mocks/", what="list")
        room = await self._browser.submit(page, "/mocks/start/", {}, what=what)
        found = ROOM.search(room.body.decode())
        if found is None:
            raise RuntimeError("No room after the start.")
        self._attempt, self._room = found[0], room.body

    async def save_all(self, pause: float = 0.0) -> int:
        """Every item once, in order; returns the saves that were acknowledged."""
        for position in range(1, ITEMS + 1):
            if pause:
                await asyncio.sleep(self._random.expovariate(1 / pause))
            await self._save(position)
        return ITEMS

    async def _save(self, position: int) -> None:
        fields = {
            "item": position,
            "base": 0,
            "op_id": uuid.uuid4(),
            "chosen": self._random.randint(1, 4),
            "struck": "",
        }
        answer = await self._browser.post(f"{self._attempt}save/", fields, what="save")
        if json.loads(answer.body)["result"] != "saved":
            raise RuntimeError(f"A save was answered {answer.body[:200]!r}.")

    async def heartbeat(self) -> None:
        fields = {"visible": json.dumps({"1": 30000}), "known": 0, "position": 1}
        await self._browser.post(f"{self._attempt}heartbeat/", fields, what="heartbeat")

    async def give_in(self, what: str = "submit to report") -> None:
        """Submit, and the report with its score."""
        page = await self._browser.get(f"{self._attempt}submit/", what="before submit")
        report = await self._browser.submit(page, f"{self._attempt}submit/", {}, what=what)
        if b"practice cut" not in report.body:
            raise RuntimeError("No score on the report.")

    async def be_ended(self) -> None:
        """What the page does at zero: ask until the server has closed the exam, then read the report."""
        fields = {"visible": "{}", "known": ITEMS + 1, "position": ITEMS}
        while (await self._browser.ask("POST", f"{self._attempt}heartbeat/", fields)).status != HTTPStatus.GONE:
            await asyncio.sleep(2 * (0.75 + self._random.random() / 2))
        report = await self._browser.get(f"{self._attempt}report/", what="report after the end")
        if b"practice cut" not in report.body:
            raise RuntimeError("No score on the report.")

    async def floor_rounds(self, rounds: int) -> None:
        for _ in range(rounds):
            await self._browser.post("/floor/", {"n": self._random.randint(1, 4)}, what="floor")

    async def close(self) -> None:
        await self._browser.close()


def email_of(number: int) -> str:
    return f"candidate{number}@example.org"
