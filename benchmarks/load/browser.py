"""What of a browser an exam needs: one kept connection, cookies, redirects, packed answers. It shares the cores."""

import asyncio
import gzip
import re
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

REDIRECTS = (301, 302, 303)
MOST_REDIRECTS = 5
CSRF_FIELD = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass
class Record:
    """Milliseconds of each operation and bytes that went over the wire, of all candidates of a profile."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    received: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


class Browser:
    """One person's. Every answer that is neither 200 nor a redirect is an error of the benchmark."""

    def __init__(self, port: int, record: Record, address: str) -> None:
        self._port, self._record, self._address = port, record, address
        self._cookies: dict[str, str] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str, *, what: str = "") -> Answer:
        return await self._timed("GET", path, None, what)

    async def post(self, path: str, fields: Mapping[str, object], *, what: str = "") -> Answer:
        return await self._timed("POST", path, urllib.parse.urlencode(fields).encode(), what)

    async def submit(self, answer: Answer, path: str, fields: Mapping[str, object], *, what: str = "") -> Answer:
        """Send a form of a page that was got."""
        found = CSRF_FIELD.search(answer.body)
        if found is None:
            raise RuntimeError(f"The page {answer.path} has no form.")
        return await self.post(path, {**fields, "csrfmiddlewaretoken": found[1].decode()}, what=what)

    async def ask(self, method: str, path: str, fields: Mapping[str, object]) -> Answer:
        """One request and its answer, whatever that is."""
        return await self._ask(method, path, urllib.parse.urlencode(fields).encode(), "")

    async def close(self) -> None:
        if self._writer:
            self._writer.close()
            self._writer = None

    async def _timed(self, method: str, path: str, body: bytes | None, what: str) -> Answer:
        began = time.perf_counter()
        answer = await self._ask(method, path, body, what)
        for _ in range(MOST_REDIRECTS):
            if answer.status not in REDIRECTS:
                break
            answer = await self._ask("GET", answer.headers["location"], None, what)
        if answer.status != 200:
            self._record.faults[f"{answer.status} {what or path}"] += 1
            raise RuntimeError(f"{method} {path} was answered {answer.status}.")
        if what:
            self._record.times[what].append(1000 * (time.perf_counter() - began))
        return answer

    async def _ask(self, method: str, path: str, body: bytes | None, what: str) -> Answer:
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: localhost:{self._port}",
            "Accept-Encoding: gzip",
            f"X-Forwarded-For: {self._address}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        ]
        if body is not None:
            head += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
                f"X-CSRFToken: {self._cookies.get('csrftoken', '')}",
            ]
        message = ("\r\n".join(head) + "\r\n\r\n").encode() + (body or b"")
        answer, size = await self._exchange(message, path)
        self._record.received[what or "pages"] += size
        return answer

    async def _exchange(self, message: bytes, path: str) -> tuple[Answer, int]:
        """A kept connection may have been closed while nothing was said; then the message goes over a new one."""
        is_kept = self._writer is not None
        try:
            return await self._send(message, path)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            if not is_kept:
                raise
            return await self._send(message, path)

    async def _send(self, message: bytes, path: str) -> tuple[Answer, int]:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(message)
        return await self._read(path)

    async def _read(self, path: str) -> tuple[Answer, int]:
        assert self._reader
        raw = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in filter(None, lines):
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
            headers[name.lower()] = value
        body = await self._body(headers)
        size = len(raw) + len(body)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if headers.get("connection") == "close":
            await self.close()
        return Answer(int(first.split()[1]), headers, body, path), size

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        assert self._reader
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(await self._reader.readline(), 16):
                parts.append((await self._reader.readexactly(size + 2))[:-2])
            await self._reader.readline()
            return b"".join(parts)
        return await self._reader.readexactly(int(headers.get("content-length", 0)))
