"""Handing work to Celery without ever waiting long for the broker."""

import logging
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Nobody who ends an exam waits longer than this for the broker.
QUEUEING_SECONDS = 0.5


def queue(task: Any, pk: int, *more: str) -> bool:
    """Ask for a task; call it after the commit. False, and a line in the log, when the broker is down or silent.

    A connection of its own keeps the bound on waiting from the workers, whose reads block for longer on purpose.
    """
    try:
        with current_app.connection_for_write() as connection:
            connection.transport_options = {**(connection.transport_options or {}), "socket_timeout": QUEUEING_SECONDS}
            task.apply_async((pk, *more), connection=connection, retry=False)
    except OperationalError as error:
        logger.warning("%s of %s could not be queued: %s", task.name, pk, error)
        return False
    return True
