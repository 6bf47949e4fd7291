"""Which workers are alive and what they listen to: each says so in Redis every few seconds.

Asking them instead (`celery inspect ping`) takes a second each time, whether all is well or not.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from celery.signals import heartbeat_sent
from django.conf import settings
from redis import Redis, RedisError

WORKERS = "ciip:workers"
SAYS_EVERY = 10
# After so long a silence a worker is taken for dead, and after a day it is forgotten.
SILENT_AFTER = 45
FORGOTTEN_AFTER = 24 * 3600


@dataclass(frozen=True)
class Worker:
    name: str
    queues: tuple[str, ...]
    seconds_ago: float

    @property
    def is_silent(self) -> bool:
        return self.seconds_ago > SILENT_AFTER


def redis() -> Redis:
    """Not the cache, which swallows its faults: here they are what is asked for."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, decode_responses=True)


def workers(connection: Redis, *, now: float) -> list[Worker]:
    """All of the last day, by name."""
    found: list[Worker] = []
    for name, told in connection.hgetall(WORKERS).items():
        said = json.loads(told)
        found.append(Worker(str(name), tuple(said["queues"]), max(0.0, now - said["at"])))
    return sorted((one for one in found if one.seconds_ago < FORGOTTEN_AFTER), key=lambda one: one.name)


class Voice:
    """A worker's; its heart beats every two seconds, which is more often than anybody asks."""

    def __init__(self) -> None:
        self._said_at = -SAYS_EVERY * 1.0

    def say(self, sender: Any, **more: Any) -> None:
        if time.monotonic() - self._said_at < SAYS_EVERY:
            return
        self._said_at = time.monotonic()
        eventer = sender.eventer
        queues = sorted(eventer.app.amqp.queues.consume_from)
        try:
            with redis() as connection:
                connection.hset(WORKERS, eventer.hostname, json.dumps({"at": time.time(), "queues": queues}))
        except RedisError:
            # Who looks finds Redis itself missing.
            return


voice = Voice()
heartbeat_sent.connect(voice.say)
