"""Small things about files that a database must not get wrong."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path


def stamp(now: int) -> str:
    """`now` (milliseconds, UTC) for a file name, such as 20260101-000000."""
    return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%d-%H%M%S")


def sync(path: Path) -> None:
    """See a file, or the entries of a folder, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
