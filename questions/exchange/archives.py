"""Zip files from strangers: read whole into memory within bounds, or refused."""

import io
import stat
import zipfile
from pathlib import PurePosixPath

from questions.exchange.found import Unreadable

MOST_FILES = 20_000
MOST_BYTES = 100 * 1024 * 1024


def read(data: bytes) -> dict[str, bytes]:
    """Name to content of every file in the archive.

    Raises Unreadable for what is no zip file, is damaged or encrypted, holds over 20,000 files or 100 MB, and for
    names that stand twice or lead out of the archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Unreadable(f"The file is not a sound zip archive: {error}.") from error


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_FILES:
        raise Unreadable(f"The archive holds {len(members):,} files; split it into parts of at most {MOST_FILES:,}.")
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for member in members:
        _must_stay_inside(member)
        if member.filename in files:
            raise Unreadable(f"The archive holds {member.filename!r} twice.")
        with archive.open(member) as file:
            # The sizes in the archive's own list may be forged: count what comes out.
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise Unreadable(f"The archive unpacks to over {MOST_BYTES // 1024**2} MB; split it into parts.")
        files[member.filename] = content
    return files


def _must_stay_inside(member: zipfile.ZipInfo) -> None:
    name = member.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]:
        raise Unreadable(f"The archive's file {name!r} leads out of the archive; pack it anew with plain names.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable(f"The archive's file {name!r} is a link; pack the file itself.")
    if member.flag_bits & 0x1:
        raise Unreadable("The archive is encrypted; pack it anew without a password.")
