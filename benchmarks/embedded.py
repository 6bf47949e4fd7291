"""A site of the benchmark's own, as `make run` makes it: SQLite in a directory, gunicorn on a free port of loopback."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.run_tests import KEPT_VARIABLES
from scripts.services import ServiceError, free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class Site:
    """The server may be killed and started again; its data and its address stay."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "manage.py", "serve", "--bind=127.0.0.1", f"--port={self.port}"]
        with self._log.open("ab") as log:
            # A session of its own: the group is then master and workers, and nobody else.
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        give_up_at = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise ServiceError(f"The site did not start; its log ends:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Master and workers at once, in the middle of whatever they do."""
        if self._process:
            # Not reaped before this, so the number cannot have passed to another group.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()


@contextmanager
def running_site(directory: Path) -> Iterator[Site]:
    """The site, and its database as that of this process: nothing of the caller's settings is seen by either."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ |= kept | {
        "VAR_DIR": str(directory / "var"),
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "ciip_site.settings",
        # Playwright's loop runs in the thread of the benchmark, which Django takes for an asynchronous caller.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
    site = Site(directory)
    try:
        site.start()
        import django

        # After the start: of two processes the site is the one that makes the secret key.
        django.setup()
        yield site
    finally:
        site.kill()
