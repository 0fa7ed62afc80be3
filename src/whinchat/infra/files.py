"""Small things about files that must not go wrong."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from whinchat.core.errors import StorageError


def stamp(now: int) -> str:
    """`now` (milliseconds, UTC) for a file name, such as 20260101-000000-000."""
    return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


def make_folder(folder: Path) -> None:
    """For this user alone. Raises StorageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the data folder {folder} cannot be made: {error.strerror}",
            hint="Set storage.data to a folder that this user may write.",
            code="read_only",
        ) from error


def sync(path: Path) -> None:
    """See a file, or the entries of a folder, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, data: bytes) -> None:
    """Make a file that is the owner's alone and see it onto the disk. Raises OSError, also when it exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    sync(path.parent)
