"""Nonsense at every door:  make fuzz  (ARGS="--requests 100000 --seed 7")

Every address of the URL configuration is asked, by a stranger, a candidate and an instructor with all rights, with
fields that the site's forms know and values that no form expects. An answer of 500 is a fault, and then it exits 1.
In process, on a database of its own; whatever is done is undone after each batch. The seed fixes every request.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import line
from scripts.run_tests import KEPT_VARIABLES

BATCH = 100
# They start programs of their own, for seconds each: asked once in so many times.
SLOW, SELDOM = ("report_pdf", "build_forms", "check_import", "apply_import", "export"), 40
# fmt: off
VALUES = [
    "", "0", "1", "2", "-1", "9" * 30, "1e309", "NaN", "true", "on", "\x00", "a\x00b", "é" * 5000, "x" * 100_000, "😀",
    "<script>alert(1)</script>", "' OR 1=1 --", "{{ 7*7 }}", "{% debug %}", "=cmd|' /C calc'!A0", "../../etc/passwd",
    "[]", "{}", "[[[[", '{"1": 5}', '{"1": -5, "x": 2}', '[["stem", 1, 3]]', "%", "%00", "1,2,3", "a@b",
    "\u202egnp.exe", "2026-02-30", "2026-11-23", "9999-12-31", "0001-01-01", "IM", "IM-1", "missed", "tutor",
    "http://127.0.0.1:1/", "//evil.example", "javascript:alert(1)",
]
BODIES = [
    b"", b"\xff\xfe\x00", b"{", b'{"a": 1}', b"a=%zz&b=%ff",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
]
CONTENT_TYPES = [
    "application/json", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "a/b; charset=zz",
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=zz",
    "multipart/form-data; boundary=é",
]
# fmt: on


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ciip-fuzz-") as directory:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        os.environ.clear()
        os.environ |= kept | {
            "VAR_DIR": directory,
            "LOG_LEVEL": "CRITICAL",
            "TESTING": "true",
            "SECRET_KEY": "for benchmarks only, " * 3,
            "DJANGO_SETTINGS_MODULE": "ciip_site.settings",
        }
        import django

        django.setup()
        logging.disable(logging.CRITICAL)
        return fuzz(arguments.requests, arguments.seed)


def fuzz(requests: int, seed: int) -> int:
    from django.db import transaction

    from benchmarks.fuzz_site import Site

    site, chance = Site.make(), Random(seed)
    faults: dict[str, str] = {}
    answers: Counter[int] = Counter()
    began = time.monotonic()
    while sum(answers.values()) < requests:
        # One batch builds on what it did itself; the next finds the site as it was.
        with transaction.atomic():
            site.enter()
            for _ in range(BATCH):
                if status := ask(site, chance, faults):
                    answers[status] += 1
            transaction.set_rollback(True)
    seconds = time.monotonic() - began
    line(f"{sum(answers.values())} requests at {len(site.doors)} addresses, seed {seed}", f"{seconds:.0f} s")
    line("answers", ", ".join(f"{status}: {n}" for status, n in sorted(answers.items())))
    line("different faults (500)", str(len(faults)))
    for where, trace in faults.items():
        print(f"\n{where}\n{trace}", file=sys.stderr)
    return 1 if faults else 0


def ask(site: Any, chance: Random, faults: dict[str, str]) -> int:
    """One request; its status, 0 for one that was not made."""
    from django.db import transaction

    who, client = chance.choice(list(site.clients.items()))
    name, path = site.door(chance)
    if name in SLOW and chance.randrange(SELDOM):
        return 0
    method = chance.choices(["get", "post", "put", "delete", "head", "options"], [40, 50, 2, 2, 3, 3])[0]
    keywords: dict[str, Any] = {"headers": dict(headers(chance))}
    if not chance.randrange(12):
        call = partial(client.generic, method.upper())
        keywords |= {"data": chance.choice(BODIES), "content_type": chance.choice(CONTENT_TYPES)}
    else:
        call = getattr(client, method)
        if method in ("get", "post"):
            keywords["data"] = site.fields(chance, VALUES)
    del site.exceptions[:]
    try:
        with transaction.atomic():
            status = int(call(path, **keywords).status_code)
    except Exception as error:  # noqa: BLE001  (whatever comes out of the site is what is looked for)
        site.exceptions.append(error)
        status = 500
    if status == 500:
        fault = site.exceptions[-1] if site.exceptions else RuntimeError("500 without an exception")
        trace = "".join(traceback.format_exception(fault))[-1800:]
        place = f"{type(fault).__name__} at {name}"
        faults.setdefault(place, f"{who} {method} {path[:200]}\n{str(keywords)[:600]}\n{trace}")
    return status


def headers(chance: Random) -> Iterator[tuple[str, str]]:
    if not chance.randrange(5):
        yield "HX-Request", "true"
    if not chance.randrange(5):
        yield "Accept", chance.choice(["application/json", "text/html", "*/*;q=x", "image/png"])
    if not chance.randrange(10):
        yield "Accept-Encoding", chance.choice(["gzip", "br", "gzip;q=0", "x" * 500])
    if not chance.randrange(20):
        yield "X-Forwarded-For", chance.choice(["1.2.3.4", "::1", "x", "1.2.3.4, " * 50])
    if not chance.randrange(20):
        yield "Referer", chance.choice(["http://[", "javascript:1", str(uuid.UUID(int=chance.getrandbits(128)))])


if __name__ == "__main__":
    sys.exit(main())
