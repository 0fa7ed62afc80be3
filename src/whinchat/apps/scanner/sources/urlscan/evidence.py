"""What urlscan.io saw, kept for people to look at: sealed files, few, for a while.

A picture and the source of a page that may be a trap: they leave here as bytes to be saved, never to be shown by a
browser. A file that is lost, or was sealed with a key that is gone, is no harm: the page can be looked at again.
"""

from __future__ import annotations

import contextlib
import enum
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from whinchat.core.errors import StorageError
from whinchat.core.pages import Download, NotFound
from whinchat.core.ports import Clock, Sealer, Workers

MOST = 4 << 20  # bytes of one file; what is larger is not kept
MOST_TOGETHER = 128 << 20  # bytes; the oldest make room
KEPT = 30 * 86_400.0  # seconds
INERT = "application/octet-stream"

_TABLE = "scanner_evidence"


class Kind(enum.StrEnum):
    SCREENSHOT = "screenshot"
    DOM = "dom"


NAMES: Mapping[Kind, str] = {Kind.SCREENSHOT: "screenshot.png", Kind.DOM: "page-source.txt"}
"""As they are saved: nothing that a double click would run."""
_KEY = re.compile(r"[0-9a-f]{32}\.(screenshot|dom)")


class Evidences:
    """Files by a key that tells nothing: the keyed hash of the scan's id, and what it is."""

    def __init__(self, folder: Path, sealer: Sealer, clock: Clock, workers: Workers) -> None:
        """`folder`: made when first needed."""
        self._folder = folder
        self._sealer = sealer
        self._clock = clock
        self._workers = workers

    def key(self, scan: str, kind: Kind) -> str:
        return f"{self._sealer.digest(_TABLE, scan).hex()}.{kind}"

    def of(self, scan: str) -> dict[Kind, str]:
        """The keys of what is there of a scan."""
        keys = {kind: self.key(scan, kind) for kind in Kind}
        return {kind: key for kind, key in keys.items() if (self._folder / key).exists()}

    async def keep(self, scan: str, kind: Kind, data: bytes) -> None:
        """Kept once, whole or not at all. Raises OSError."""
        if len(data) <= MOST:
            await self._workers.run(lambda: self._write(self.key(scan, kind), data))

    async def download(self, key: str) -> Download | NotFound:
        """For an admin's page. `key` may be anything: it comes out of an address."""
        data = await self._workers.run(lambda: self._read(key))
        if data is None:
            return NotFound()
        return Download(NAMES[Kind(key.partition(".")[2])], INERT, data)

    async def prune(self) -> None:
        """Let go of what is too old, and of the oldest until the rest is not too much."""
        await self._workers.run(self._prune)

    def _write(self, key: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="new-", delete=False) as file:  # for us alone
            file.write(self._sealer.seal(_TABLE, key, data))
        now = self._clock.now() / 1000
        os.utime(file.name, (now, now))
        Path(file.name).replace(self._folder / key)

    def _read(self, key: str) -> bytes | None:
        if not _KEY.fullmatch(key):
            return None
        path = self._folder / key
        try:
            return self._sealer.open(_TABLE, key, path.read_bytes())
        except FileNotFoundError:
            return None
        except StorageError:
            path.unlink(missing_ok=True)
            return None

    def _prune(self) -> None:
        oldest = self._clock.now() / 1000 - KEPT
        room = MOST_TOGETHER
        with contextlib.suppress(FileNotFoundError):
            for path in sorted(self._folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
                status = path.stat()
                room -= status.st_size
                if room < 0 or status.st_mtime < oldest:
                    path.unlink(missing_ok=True)
