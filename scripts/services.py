"""PostgreSQL, PgBouncer and Redis of the tests' own: on free ports, in a temporary directory, gone afterwards."""

import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.programs import Toolbox

START_SECONDS = 30


class ServiceError(Exception):
    """Says which server did not start, with the end of its log."""


@contextmanager
def postgres(tools: Toolbox, directory: Path, *, durable: bool = False) -> Iterator[str]:
    """Yields the DATABASE_URL of a new cluster.

    Nothing in it outlives the tests, so it need not survive a crash; benchmarks ask for commits
    as durable as real ones.
    """
    initdb, server, is_ready = (tools.get(name) for name in ("initdb", "postgres", "pg_isready"))
    data, password, port = directory / "data", secrets.token_hex(16), free_port()
    directory.mkdir()
    password_file = directory / "password"
    password_file.write_text(password)
    identity = unprivileged(directory, password_file)
    options = ["-U", "ciip", "-A", "scram-sha-256", "--pwfile", str(password_file), "-E", "UTF8", "--locale=C", "-N"]
    done = subprocess.run(
        [initdb, "-D", str(data), *options], check=False, capture_output=True, text=True, cwd=directory, **identity
    )
    if done.returncode:
        raise ServiceError(f"{initdb} failed:\n{done.stdout}{done.stderr}")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        **dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "on" if durable else "off"),
        # Tests roll back what they insert: statistics taken in between say that every table is empty, and plans made
        # from them take minutes on a bank that a test has just loaded.
        "autovacuum": "on" if durable else "off",
    }
    command = [server, "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    probe = [is_ready, "--quiet", "--host=127.0.0.1", f"--port={port}"]
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for connections to be closed.
    with running(
        command, directory, lambda: subprocess.run(probe, check=False).returncode == 0, signal.SIGINT, **identity
    ):
        # The database that initdb made: tests and benchmarks create their own in the cluster or fill this one.
        yield f"postgres://ciip:{password}@127.0.0.1:{port}/postgres"


@contextmanager
def pgbouncer(tools: Toolbox, directory: Path, url: str) -> Iterator[str]:
    """Yields the DATABASE_URL of a pooler before the cluster at `url`.

    Each transaction gets a connection that nobody has used before and nobody will use again: what relies on a
    session's state, of its own or of another, fails.
    """
    server, port, there = tools.get("pgbouncer"), free_port(), urlsplit(url)
    directory.mkdir()
    settings = directory / "pgbouncer.ini"
    settings.write_text(f"""\
[databases]
* = host={there.hostname} port={there.port} user={there.username} password={there.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
server_lifetime = 0
""")
    with running([server, str(settings)], directory, lambda: listens(port), signal.SIGINT, **unprivileged(directory)):
        yield there._replace(netloc=f"{there.username}:{there.password}@127.0.0.1:{port}").geturl()


@contextmanager
def redis(tools: Toolbox, directory: Path) -> Iterator[str]:
    server, port = tools.get("redis-server"), free_port()
    directory.mkdir()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    with running(command, directory, lambda: answers_ping(port), signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def running(
    command: list[str], directory: Path, is_ready: Callable[[], bool], stop: signal.Signals, **identity: Any
) -> Iterator[None]:
    log = directory / "log"
    with log.open("w") as output:
        # A session of its own keeps Ctrl-C from the server, so that tests can still clean up before it goes.
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=directory, start_new_session=True, **identity
        )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise ServiceError(f"{command[0]} did not start; its log ends:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(stop)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def unprivileged(*paths: Path) -> dict[str, Any]:
    """How PostgreSQL is started when root runs the tests: it refuses root, so its own user gets the paths."""
    if os.geteuid() != 0:
        return {}
    try:
        person = pwd.getpwnam("postgres")
    except KeyError as error:
        raise ServiceError(
            "PostgreSQL does not run as root and there is no user postgres to run it as. Make one with\n"
            "    useradd --system postgres"
        ) from error
    for path in paths:
        os.chown(path, person.pw_uid, person.pw_gid)
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
