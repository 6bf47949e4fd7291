"""`make run`: prepares an embedded installation and becomes its web server."""

import hashlib
import os
import socket
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import instructors
from accounts.models import User

FIRST_INSTRUCTOR = "instructor@localhost"
EVERYWHERE = "0.0.0.0"  # noqa: S104  (compared with, never bound to unless asked for)


class Command(BaseCommand):
    help = "Prepares the database, the static files and the question bank, then serves the site until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="or PORT=8001")
        parser.add_argument("--bind", default=os.environ.get("BIND", "127.0.0.1"), help="or BIND=0.0.0.0")

    def handle(self, *args: Any, port: int, bind: str, **options: Any) -> None:
        refuse_taken_port(bind, port)
        try:
            settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
            prepare_database()
            collect_static_files()
            # What it says item by item is for authors; what goes wrong is still shown.
            call_command("load_content", stdout=StringIO())
            password = instructors.create(email=FIRST_INSTRUCTOR) if not User.objects.exists() else ""
        except KeyboardInterrupt:
            sys.exit("Stopped before the site was up; start again to go on.")
        url = f"http://{'127.0.0.1' if bind == EVERYWHERE else bind}:{port}"
        self.stdout.write(welcome(url, password))
        self.stdout.flush()
        become_gunicorn(bind, port)


def refuse_taken_port(bind: str, port: int) -> None:
    """Before anything slow happens. The address is let go again: gunicorn says so itself if it is then too late."""
    with socket.socket() as probe:
        # As gunicorn binds: connections of a site that has just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Cannot listen on {bind}:{port} ({getattr(error, 'strerror', None) or error}).\n"
                f"Start on another port with:  PORT={port + 1} make run"
            ) from error


def prepare_database() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    # Makes nothing where the cache is no database table.
    call_command("createcachetable", verbosity=0)


def collect_static_files() -> None:
    """Collecting and compressing takes seconds, so a fingerprint of the sources is kept beside the result."""
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    fingerprint = static_sources_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(fingerprint, encoding="ascii")


def static_sources_fingerprint() -> str:
    digest = hashlib.sha256(f"{version('django')} {version('whitenoise')}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name)).stat()
            digest.update(f"\n{name} {file.st_size} {file.st_mtime_ns}".encode())
    return digest.hexdigest()


def welcome(url: str, password: str) -> str:
    """What to do next, in five lines."""
    sign_in = "Sign in:   with your account, or sign up on the first page"
    if password:
        sign_in = (
            f"Sign in:   {FIRST_INSTRUCTOR} with password {password}  (shown only now; change it after signing in)"
        )
    data = f"the database {settings.DATABASE_URL.rpartition('@')[2]}" if settings.DATABASE_URL else settings.VAR_DIR
    return "\n".join(
        [
            "",
            f"Open:      {url}",
            sign_in,
            "Stop:      Ctrl-C; start again with make run, nothing is lost",
            f"Your data: {data}",
            "For others in your network: BIND=0.0.0.0 ALLOWED_HOSTS=their.name.for.this.machine make run; "
            "for the internet: docs/operations.md",
            "",
        ]
    )


def become_gunicorn(bind: str, port: int) -> None:
    """Ctrl-C then reaches gunicorn itself, which finishes running requests and ends without an error.

    Its options are in gunicorn.conf.py.
    """
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", f"--bind={bind}:{port}"])
