"""PostgreSQL, by its own pg_dump, pg_restore and psql; rows are counted in the very snapshot that is dumped."""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from ciip_site.backups import contents
from ciip_site.backups.contents import Contents
from ciip_site.backups.problem import BackupProblem
from scripts.programs import PROGRAMS

# Longer than any save holds a row; shorter than anybody waits for a restore that cannot begin.
LOCK_SECONDS = 10
# Only what is ours in the schema: dropping the schema itself would lose its owner and grants.
EMPTY_SCHEMA = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    LOOP EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', one.name); END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name); END LOOP;
END $$
"""


@dataclass(frozen=True)
class Postgres:
    name: str
    # As libpq reads them: PGHOST, PGPORT, PGUSER, PGPASSWORD. An argument could be read by every user of the machine.
    variables: dict[str, str]

    vendor = "postgresql"
    part = "database.dump"

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Postgres":
        named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
        variables = {variable: str(settings[key]) for variable, key in named.items() if settings.get(key)}
        if mode := settings.get("OPTIONS", {}).get("sslmode"):
            variables["PGSSLMODE"] = str(mode)
        return cls(str(settings["NAME"]), variables)

    def version(self) -> str:
        with self._connect() as connection:
            return str(connection.info.server_version)

    def dump(self, target: Path) -> Contents:
        with self._connect() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            snapshot = next(iter(_rows(connection, "SELECT pg_export_snapshot()")))[0]
            self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                      f"--file={target}", f"--dbname={self.name}")  # fmt: skip
            return self._contents(connection)

    def is_empty(self) -> bool:
        with self._connect() as connection:
            return not _tables(connection)

    def restore(self, source: Path) -> None:
        """In one transaction: what was there goes and what the archive holds comes, or nothing happens."""
        with tempfile.TemporaryDirectory(dir=source.parent) as directory:
            script = Path(directory) / "restore.sql"
            self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
            self._run("psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1",
                      f"--dbname={self.name}", f"--command={EMPTY_SCHEMA}", f"--file={script}",
                      PGOPTIONS=f"-c lock_timeout={LOCK_SECONDS}s -c client_min_messages=warning")  # fmt: skip

    def contents(self) -> Contents:
        with self._connect() as connection:
            return self._contents(connection)

    @contextmanager
    def scratch(self, directory: Path) -> Iterator["Postgres"]:
        """An empty database of its own, gone afterwards; the role needs CREATEDB."""
        name = f"ciip_scratch_{secrets.token_hex(6)}"
        with self._connect(autocommit=True) as connection:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            except psycopg.errors.InsufficientPrivilege as error:
                raise BackupProblem(
                    "Verifying needs a database for a moment, which this role may not make. As postgres, run: "
                    f"ALTER ROLE {connection.info.user} CREATEDB"
                ) from error
            try:
                yield replace(self, name=name)
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _contents(self, connection: psycopg.Connection) -> Contents:
        return contents.of(_tables(connection), lambda query: _rows(connection, query))

    def _connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGSSLMODE": "sslmode"}
        known: dict[str, Any] = {names[variable]: value for variable, value in self.variables.items()}
        try:
            return psycopg.connect(dbname=self.name, autocommit=autocommit, **known)
        except psycopg.OperationalError as error:
            raise BackupProblem(f"PostgreSQL cannot be reached: {error}") from error

    def _run(self, program: str, *arguments: str, **variables: str) -> None:
        path = PROGRAMS[program].find()
        if path is None:
            raise BackupProblem(
                f"{program} was not found. Install PostgreSQL's client programs, as new as the server or newer "
                "(Debian: apt-get install postgresql-client)."
            )
        done = subprocess.run(
            [path, *arguments], env=os.environ | self.variables | variables, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise BackupProblem(f"{program} failed:\n{done.stderr.strip()[-2000:]}")


def _tables(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in _rows(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def _rows(connection: psycopg.Connection, query: str) -> Iterable[tuple[Any, ...]]:
    literal: LiteralString = query  # names come from the catalogue
    return connection.execute(literal)
