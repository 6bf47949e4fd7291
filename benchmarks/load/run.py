"""Many candidates at once:  make bench-load  (ARGS="--embedded" for SQLite, "--clients 8 32", "--no-class").

On servers of its own on loopback, bounded in count and time; the driver shares the machine's cores with them. Compare
figures of one run, never of two.
"""

import argparse
import asyncio
import os
import platform
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.load import machine, profiles  # noqa: E402  (the path above makes it importable)
from benchmarks.load.browser import Record  # noqa: E402
from benchmarks.load.candidate import PASSWORD, email_of  # noqa: E402
from benchmarks.load.machine import Machine  # noqa: E402
from benchmarks.timing import line, percentile  # noqa: E402
from scripts.programs import MissingProgramError  # noqa: E402
from scripts.services import ServiceError  # noqa: E402

# They sit an exam before anything is measured: each process reads templates and the texts of items once.
WARMING = 8
CLASS_SIZE, CLASS_MINUTES, CLASS_THINK = 300, 5, 1.4
GROWTH_PEOPLE = 40
PGBENCH_SECONDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedded", action="store_true", help="SQLite without broker, as `make run` starts it")
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 8, 32, 128])
    parser.add_argument("--no-class", action="store_true")
    parser.add_argument("--no-growth", action="store_true")
    arguments = parser.parse_args()
    try:
        with machine.environment(embedded=arguments.embedded) as found:
            measure(found, arguments)
    except (MissingProgramError, ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def measure(found: Machine, arguments: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    what = "SQLite, no broker" if arguments.embedded else "PostgreSQL with durable commits, Redis, a worker of two"
    print(f"\n{date.today()}, Python {platform.python_version()}, Django {django.__version__}, ", end="")  # noqa: DTZ011
    print(f"{os.cpu_count()} cores with the driver on them, {what}\n")
    people = prepare(WARMING + sum(arguments.clients) + CLASS_SIZE + GROWTH_PEOPLE + 2)
    measure_statements(people[-2], people[-1])
    if not arguments.no_growth:
        measure_growth(people[-GROWTH_PEOPLE - 2 : -2])
    connections.close_all()
    first = WARMING
    with machine.serving(found):
        asyncio.run(profiles.throughput(found.port, first=0, clients=WARMING, floor_rounds=1))
        for clients in arguments.clients:
            tell(asyncio.run(profiles.throughput(found.port, first=first, clients=clients, floor_rounds=100)), found)
            first += clients
        if not arguments.no_class:
            shorten_exam(CLASS_MINUTES)
            connections.close_all()
            grace = settings.SAVE_GRACE_SECONDS
            sitting: dict[str, Any] = {
                "clients": CLASS_SIZE,
                "think": CLASS_THINK,
                "minutes": CLASS_MINUTES,
                "grace": grace,
            }
            in_class = asyncio.run(profiles.in_class(found.port, first=first, **sitting))
            tell_class(in_class, last_score_after(people[first : first + CLASS_SIZE]))


def prepare(people: int) -> "list[User]":
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.models import User
    from benchmarks.load import floor

    with Path(os.devnull).open("w") as nowhere:
        call_command("migrate", verbosity=0)
        if connection.vendor == "sqlite":
            call_command("createcachetable", verbosity=0)
        call_command("load_content", stdout=nowhere)
        call_command("collectstatic", interactive=False, verbosity=0)
    password = make_password(PASSWORD)
    User.objects.bulk_create(
        User(email=email_of(number), password=password, terms_accepted_at=timezone.now()) for number in range(people)
    )
    found = list(User.objects.order_by("pk"))
    with connection.cursor() as cursor:
        cursor.execute(floor.TABLE)
        cursor.executemany(floor.ROW, [[user.pk] for user in found])
    return found


def shorten_exam(minutes: int) -> None:
    from questions.models import Outline

    Outline.objects.update(minutes=minutes)


def measure_statements(exam: "User", beat: "User") -> None:
    from benchmarks.load import statements

    counts = statements.of_one_exam(exam)
    line("SQL statements of a whole exam", f"{counts.total()}: " + ", ".join(f"{n} {k}" for k, n in counts.items()))
    line("SQL statements of a heartbeat", str(statements.of_a_heartbeat(beat)))


def measure_growth(people: "list[User]") -> None:
    from benchmarks.load import statements

    published, personal, tables = statements.growth(people)
    line("database growth of an exam", f"{published:.0f} kB on a published form, {personal:.0f} kB on a personal one")
    most = ", ".join(f"{name} {size:.0f}" for name, size in tables.most_common(6) if size >= 1)
    line("  of the personal one, by table", f"{most} kB")


def tell(found: profiles.Throughput, where: Machine) -> None:
    print(f"\n{found.clients} at once, no think time")
    for what in ("sign in", "list", "start", "start, personal", "save", "heartbeat", "submit to report", "floor"):
        tell_times(found.record, what)
    line("saves/s", f"{found.saves_per_second:.0f}")
    ratio = found.saves_per_second / found.floor_per_second
    line("floor view: one durable write/s", f"{found.floor_per_second:.0f} (saves are {ratio:.2f} of it)")
    if where.database:
        script = Path(os.environ["VAR_DIR"]) / "floor.sql"
        script.write_text("\\set id random(1, 500)\nUPDATE benchmark_floor SET n = n + 1 WHERE id = :id;\n")
        rate = machine.pgbench(where, script, clients=min(found.clients, 64), seconds=PGBENCH_SECONDS)
        line("pgbench: single-row updates/s", f"{rate:.0f} (saves are {found.saves_per_second / rate:.2f} of them)")
    line(
        "an exam: CPU, sent to the browser",
        f"{found.cpu_per_exam:.2f} s (sign-in {found.cpu_of_sign_in:.2f} s more), {found.bytes_per_exam / 1000:.0f} kB",
    )
    line("web processes, resident", f"{found.web_megabytes:.0f} MB")


def tell_class(found: profiles.Class, scored_after: float) -> None:
    print(f"\nA class of {found.clients}: common start, {CLASS_MINUTES} minutes, common deadline")
    for what in ("start", "save", "report after the end"):
        tell_times(found.record, what)
    line("last score stored after deadline and grace", f"{scored_after:.1f} s")
    line("last report read after deadline and grace", f"{found.read_after:.1f} s")
    line("candidates who met a fault", f"{len(found.faults)} {' '.join(found.faults[:3])}")


def last_score_after(people: "list[User]") -> float:
    """Seconds from when they could save no more."""
    from exams.models import Score
    from exams.models.attempt import save_grace

    last = Score.objects.filter(attempt__user__in=people).select_related("attempt").latest("computed_at")
    after: float = (last.computed_at - last.attempt.deadline_at - save_grace()).total_seconds()
    return after


def tell_times(record: Record, what: str) -> None:
    if times := record.times.get(what):
        values = " / ".join(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 0.99))
        line(f"{what}: p50 / p95 / p99 of {len(times)}", f"{values} ms")


if __name__ == "__main__":
    sys.exit(main())
