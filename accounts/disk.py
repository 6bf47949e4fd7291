"""Writing that outlives a power cut."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """What was written to a file, or a folder's names, is on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
