"""A backup's file: a tar of parts, a manifest with the digest of each, and a seal with the manifest's own.

The seal comes last, so an archive that was cut short has none.
"""

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from accounts.disk import sync
from ciip_site.backups.contents import Contents
from ciip_site.backups.problem import BackupProblem

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "seal.sha256"
MOST_MANIFEST_BYTES = 1_000_000


@dataclass(frozen=True)
class Manifest:
    format: int
    taken_at: str
    vendor: str
    versions: dict[str, str]
    # Of SECRET_KEY, which is not in an archive unless the site made it itself.
    key_mark: str
    contents: Contents
    digests: dict[str, str]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        values = json.loads(text)
        return cls(**values | {"contents": Contents(**values["contents"])})


def write(archive: Path, manifest: Manifest, parts: Path) -> None:
    """All or nothing of `archive`: it has its name only once it is whole and on the disk."""
    text = manifest.to_json()
    (parts / MANIFEST).write_bytes(text)
    (parts / SEAL).write_text(hashlib.sha256(text).hexdigest(), encoding="ascii")
    with archive.open("wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        for name in [MANIFEST, *manifest.digests, SEAL]:
            tar.add(parts / name, arcname=name)
    sync(archive)


@contextmanager
def opened(archive: Path, directory: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and a folder with the parts, every one of which has been checked."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        parts = Path(place)
        try:
            manifest = _unpack(archive, parts)
        except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
            raise BackupProblem(f"{archive} is no whole backup of this site: {error}") from error
        except OSError as error:
            raise BackupProblem(f"{archive} cannot be read: {error.strerror or error}") from error
        yield manifest, parts


def _unpack(archive: Path, parts: Path) -> Manifest:
    with tarfile.open(archive, mode="r:") as tar:
        if (size := tar.getmember(MANIFEST).size) > MOST_MANIFEST_BYTES:
            raise ValueError(f"{MANIFEST} has {size} bytes")
        text = _member(tar, MANIFEST)
        if _member(tar, SEAL).decode("ascii") != hashlib.sha256(text).hexdigest():
            raise ValueError(f"{MANIFEST} is not what was sealed")
        manifest = Manifest.from_json(text)
        if manifest.format != FORMAT:
            raise ValueError(f"its format is {manifest.format}, and this version reads {FORMAT}")
        for name, digest in manifest.digests.items():
            packed = tar.extractfile(name)
            if packed is None:
                raise ValueError(f"{name} is no file")
            # Names that lead elsewhere are no parts.
            with (parts / Path(name).name).open("wb") as target:
                shutil.copyfileobj(packed, target)
            if digest_of(parts / name) != digest:
                raise ValueError(f"{name} is not what was backed up")
    return manifest


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    packed = tar.extractfile(name)
    if packed is None:
        raise ValueError(f"{name} is no file")
    return packed.read(MOST_MANIFEST_BYTES)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
