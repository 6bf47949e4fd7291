"""Taking a backup, proving it, putting it back."""

import os
import platform
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from accounts.disk import sync
from ciip_site.backups import archive, contents
from ciip_site.backups.archive import Manifest
from ciip_site.backups.contents import Contents
from ciip_site.backups.postgres import Postgres
from ciip_site.backups.problem import BackupProblem
from ciip_site.backups.sqlite import Sqlite

NAME = re.compile(r"ciip-\d{8}T\d{6}Z\.tar")
KEY_PART = "secret_key"


class Engine(Protocol):
    @property
    def vendor(self) -> str: ...
    @property
    def part(self) -> str: ...
    def version(self) -> str: ...
    def dump(self, target: Path) -> Contents: ...
    def is_empty(self) -> bool: ...
    def restore(self, source: Path) -> None: ...
    def contents(self) -> Contents: ...
    @contextmanager
    def scratch(self, directory: Path) -> Iterator["Engine"]: ...


@dataclass(frozen=True)
class Place:
    """What a backup is taken of and put back into: the database, and the key that an embedded site made itself."""

    database: Engine
    key_file: Path

    @classmethod
    def of(cls, database: dict[str, Any], directory: Path) -> "Place":
        engine: Engine = Postgres.of(database) if "postgresql" in database["ENGINE"] else Sqlite.of(database)
        return cls(engine, directory / KEY_PART)


def take(place: Place, *, folder: Path, verify: bool, now: datetime) -> Path:
    """The path of a new archive, which has its name only once it is whole, and proved where that is asked for."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"ciip-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"
    # Made by mkdtemp: nobody else may read what is in it.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".ciip-") as directory:
        parts = Path(directory)
        held = place.database.dump(parts / place.database.part)
        names = [place.database.part]
        if _made_its_own_key(place.key_file):
            (parts / KEY_PART).write_bytes(place.key_file.read_bytes())
            names.append(KEY_PART)
        manifest = Manifest(
            format=archive.FORMAT,
            taken_at=now.isoformat(),
            vendor=place.database.vendor,
            versions=_versions(place.database),
            key_mark=key_mark(),
            contents=held,
            digests={name: archive.digest_of(parts / name) for name in names},
        )
        draft = parts / "draft.tar"
        draft.touch(mode=0o600)
        archive.write(draft, manifest, parts)
        if verify:
            prove(place, draft, directory=parts)
        draft.replace(target)
        sync(folder)
    return target


def prove(place: Place, file: Path, *, directory: Path) -> None:
    """Put the archive into an empty place of the same kind and compare what is there with what was backed up."""
    with archive.opened(file, directory) as (manifest, parts), place.database.scratch(directory) as scratch:
        scratch.restore(parts / scratch.part)
        if different := contents.differences(manifest.contents, scratch.contents()):
            raise BackupProblem("Restored for a trial, the backup differs in\n  " + "\n  ".join(different))


def put_back(place: Place, file: Path, *, replace: bool, directory: Path) -> Manifest:
    """Check everything, then restore the database in one transaction, then the key."""
    with archive.opened(file, directory) as (manifest, parts):
        _refuse_unfit(place, manifest)
        if not replace and not place.database.is_empty():
            raise BackupProblem("The database is not empty. To lose what is in it, restore with --replace.")
        place.database.restore(parts / place.database.part)
        if KEY_PART in manifest.digests:
            _put_key(parts / KEY_PART, place.key_file)
        # What Redis holds belongs to rows that may be others now; a cache in the database came with it.
        if settings.REDIS_URL:
            cache.clear()
        return manifest


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the newest archives; their names sort by age."""
    found = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    old = found[:-keep]
    for path in old:
        path.unlink()
    return old


def key_mark() -> str:
    """Tells whether two keys are the same, and nothing else about them."""
    return salted_hmac("ciip_site.backups", "SECRET_KEY", algorithm="sha256").hexdigest()[:16]


def _refuse_unfit(place: Place, manifest: Manifest) -> None:
    if manifest.vendor != place.database.vendor:
        raise BackupProblem(
            f"This backup is of {manifest.vendor}, the site's database is {place.database.vendor}. "
            "Restore it where DATABASE_URL names a database of its own kind."
        )
    if unknown := contents.unknown_migrations(manifest.contents.migrations):
        raise BackupProblem(
            f"This backup was taken by a newer version of the site: here nobody knows {', '.join(unknown)}. "
            f"Install that version ({manifest.versions['site']} or newer), then restore."
        )


def _made_its_own_key(key_file: Path) -> bool:
    return key_file.exists() and key_file.read_text(encoding="ascii") == settings.SECRET_KEY


def _put_key(source: Path, target: Path) -> None:
    draft = target.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(source.read_bytes())
    draft.replace(target)


def _versions(database: Engine) -> dict[str, str]:
    return {
        "site": site_version(),
        "django": version("django"),
        "python": platform.python_version(),
        database.vendor: database.version(),
    }


def site_version() -> str:
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    return found[1] if found else "unknown"
