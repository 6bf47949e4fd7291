"""Read by gunicorn from the working directory, in the container as in `make run`."""

import logging
import os
import signal
from pathlib import Path
from typing import Any

wsgi_app = "ciip_site.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
loglevel = "warning"
# It would be made in the home directory, which is none of our business.
control_socket_disable = True
# Workers prove that they live by touching a file, which on a disk that is slow to sync looks like hanging.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (gunicorn makes the name unguessable)


def on_starting(server: Any) -> None:
    """Whoever switches the access log on gets it without the addresses that are locks of their own."""
    from ciip_site.log_filters import WithoutTokens

    for name in ("gunicorn.access", "gunicorn.error"):
        logging.getLogger(name).addFilter(WithoutTokens())


def post_worker_init(worker: Any) -> None:
    """Workers end when the master tells them, and then as on SIGTERM: requests are finished.

    The quick end of gthread takes the thread pool's lock inside the signal handler. If Ctrl-C finds the worker handing
    over a request it waits for itself, and the site for half a minute until the master kills it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, worker.handle_exit)
