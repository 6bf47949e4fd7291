"""What a database holds, as far as a backup has to know: its migrations and the number of rows in each table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.migrations.loader import MigrationLoader

from ciip_site.backups.problem import BackupProblem

Query = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class Contents:
    migrations: list[str]
    rows: dict[str, int]


def of(tables: Iterable[str], query: Query) -> Contents:
    """`query` reads within one snapshot."""
    rows = {table: _single(query(f'SELECT count(*) FROM "{table}"')) for table in sorted(tables)}  # noqa: S608
    if "django_migrations" not in rows:
        raise BackupProblem("This database has never been migrated: there is nothing to back up.")
    applied = query("SELECT app, name FROM django_migrations ORDER BY app, name")
    return Contents([f"{app}.{name}" for app, name in applied], rows)


def unknown_migrations(applied: Iterable[str]) -> list[str]:
    """Those that this version of the site does not have: they are of a newer one."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    return sorted(set(applied) - known)


def differences(expected: Contents, found: Contents) -> list[str]:
    lines = [
        f"{table}: {expected.rows.get(table, 'no table')} expected, {found.rows.get(table, 'no table')} found"
        for table in sorted(expected.rows.keys() | found.rows.keys())
        if expected.rows.get(table) != found.rows.get(table)
    ]
    return lines if expected.migrations == found.migrations else [*lines, "the list of migrations"]


def _single(rows: Iterable[tuple[Any, ...]]) -> int:
    return int(next(iter(rows))[0])
