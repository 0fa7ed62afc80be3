"""Disks that are small, full or not to be written to, where the system lets this user mount some."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MEGABYTE = 1024 * 1024


def _mount(*arguments: str) -> bool:
    if shutil.which("mount") is None:
        return False
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own at `folder`, made of memory. Skips the test where this user may not mount one."""
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)):
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_protect(disk: Path, on: bool) -> None:
    """Of a disk that was mounted by `small_disk`."""
    assert _mount("-o", f"remount,{'ro' if on else 'rw'}", str(disk)), "the disk cannot be mounted again"


def fill(disk: Path, *, leave: int = 0) -> Path:
    """A file that takes all the room but `leave` megabytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while shutil.disk_usage(disk).free > leave * MEGABYTE:
                file.write(bytes(min(MEGABYTE, max(1, shutil.disk_usage(disk).free - leave * MEGABYTE))))
        os.fsync(file.fileno())
    return ballast
