"""Many candidates that save over HTTP against a gunicorn of the benchmark's own, on loopback."""

import http.client
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

from django.conf import settings
from django.test import Client
from django.urls import reverse

from exams.models import Attempt
from scripts.services import free_port

START_SECONDS = 20


def saves_per_second(sittings: list[tuple[Client, Attempt]], *, seconds: float) -> tuple[float, list[float]]:
    """Saves acknowledged per second, and the milliseconds of each; every client saves as fast as it is answered."""
    port = free_port()
    command = [
        "-m",
        "gunicorn",
        "ciip_site.wsgi",
        "-k",
        "gthread",
        "-w",
        "2",
        "--threads",
        "4",
        "-b",
        f"127.0.0.1:{port}",
    ]
    server = subprocess.Popen([sys.executable, *command, "--log-level", "error"], cwd=settings.BASE_DIR)
    try:
        wait_until_it_answers(port)
        times: list[float] = []
        until = time.perf_counter() + seconds
        threads = [
            threading.Thread(target=keep_saving, args=(port, client, attempt, until, times))
            for client, attempt in sittings
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(times) / seconds, times
    finally:
        server.terminate()
        server.wait()


def keep_saving(port: int, client: Client, attempt: Attempt, until: float, times: list[float]) -> None:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    token = "a" * 32
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    path = reverse("exams:save", args=[attempt.public_id])
    turn = 0
    while time.perf_counter() < until:
        position, base = turn % 170 + 1, turn // 170
        fields = {"item": position, "base": base, "op_id": uuid.uuid4(), "chosen": turn % 4 + 1}
        began = time.perf_counter()
        connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"A save was answered {answer.status}.")
        times.append(1000 * (time.perf_counter() - began))
        turn += 1


def wait_until_it_answers(port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=2)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return
