"""SQLite, copied page by page by its own online backup: nobody who writes meanwhile has to wait."""

import gzip
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ciip_site.backups import contents
from ciip_site.backups.contents import Contents
from ciip_site.backups.problem import BackupProblem

LOCK_SECONDS = 30


@dataclass(frozen=True)
class Sqlite:
    path: Path

    vendor = "sqlite"
    part = "database.sqlite3.gz"

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Sqlite":
        return cls(Path(settings["NAME"]))

    def version(self) -> str:
        return sqlite3.sqlite_version

    def dump(self, target: Path) -> Contents:
        if not self.path.exists():
            raise BackupProblem(f"There is no database at {self.path}.")
        with tempfile.TemporaryDirectory(dir=target.parent) as directory:
            copy = Sqlite(Path(directory) / "copy")
            with closing(self._connect()) as source, closing(copy._connect()) as into:
                source.backup(into)
                # One file, without the log that goes with WAL.
                into.execute("PRAGMA journal_mode=DELETE")
            with copy.path.open("rb") as plain, gzip.open(target, "wb", compresslevel=6) as packed:
                shutil.copyfileobj(plain, packed)
            return copy.contents()

    def is_empty(self) -> bool:
        return not self.path.exists() or not self._tables()

    def restore(self, source: Path) -> None:
        """In one transaction of SQLite's own, through which whoever has the file open sees the old or the new."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.path.parent) as directory:
            copy = Sqlite(Path(directory) / "copy")
            with gzip.open(source, "rb") as packed, copy.path.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
            copy._refuse_damage()
            with closing(copy._connect()) as whole, closing(self._connect()) as into:
                try:
                    whole.backup(into)
                except sqlite3.Error as error:
                    raise BackupProblem(
                        f"{self.path} could not be replaced ({error}). Stop the site, then restore again."
                    ) from error
                into.execute("PRAGMA journal_mode=WAL")

    def contents(self) -> Contents:
        with closing(self._connect()) as connection:
            return contents.of(self._tables(), connection.execute)

    @contextmanager
    def scratch(self, directory: Path) -> Iterator["Sqlite"]:
        """An empty place of the same kind, gone afterwards."""
        with tempfile.TemporaryDirectory(dir=directory) as place:
            yield Sqlite(Path(place) / "scratch.sqlite3")

    def _refuse_damage(self) -> None:
        try:
            with closing(self._connect()) as connection:
                found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise BackupProblem(f"The database in this archive is damaged: {found}")

    def _tables(self) -> list[str]:
        with closing(self._connect()) as connection:
            found = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            )
            return [name for (name,) in found]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
