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
# Each process listens for itself: at a shared socket the first to wake takes every kept connection, and a core idles.
# What systemd hands over cannot be opened again.
reuse_port = "LISTEN_FDS" not in os.environ
loglevel = "warning"
# It would be made in the home directory, which is none of our business.
control_socket_disable = True
# Workers prove that they live by touching a file, which on a disk that is slow to sync looks like hanging.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (gunicorn makes the name unguessable)


def on_starting(server: Any) -> None:
    """In the master, before its processes begin; nothing of the site can be imported earlier."""
    from ciip_site import env

    tidy_the_log(env.text("LOG_FORMAT", "line"))
    if env.text("METRICS_TOKEN"):
        count_together(Path(env.text("VAR_DIR", "var")))


def tidy_the_log(shape: str) -> None:
    """Whoever switches the access log on gets it without the addresses that are locks of their own."""
    from ciip_site.log_filters import WithoutTokens
    from ciip_site.watching.log_lines import JsonLines

    for name in ("gunicorn.access", "gunicorn.error"):
        logger = logging.getLogger(name)
        logger.addFilter(WithoutTokens())
        for handler in logger.handlers if shape.lower() == "json" else []:
            handler.setFormatter(JsonLines())


def count_together(var: Path) -> None:
    """Each process counts in files of its own, and whichever is asked for /metrics adds them up.

    prometheus_client looks for the variable when it is imported, which is after this. Celery's processes never see it:
    nobody asks them.
    """
    counted = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(var / "metrics")))
    counted.mkdir(parents=True, exist_ok=True)
    for left_over in counted.glob("*.db"):
        left_over.unlink()


def child_exit(server: Any, worker: Any) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_worker_init(worker: Any) -> None:
    """Workers end when the master tells them, and then as on SIGTERM: requests are finished.

    The quick end of gthread takes the thread pool's lock inside the signal handler. If Ctrl-C finds the worker handing
    over a request it waits for itself, and the site for half a minute until the master kills it.
    """
    from django.db import connections

    from exams import room_page

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, worker.handle_exit)
    room_page.prepare()
    # This thread asks the database nothing more.
    connections.close_all()
