"""The disk-full rule: below a limit of free space nothing more is taken in, until there is space again."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from whinchat.core.app import Finding
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics

log = logging.getLogger(__name__)

EVERY = 3.0  # seconds between looks
MARGIN = 1.25  # times the limit that must be free again: no flapping at the edge
MEGABYTE = 1024 * 1024
FREE = Metric(MetricKind.GAUGE, "whinchat_disk_free_bytes", "Free space on the disk of the data folder.")


def free_bytes(folder: Path) -> int:
    """What an unprivileged process may still write. Raises OSError."""
    return shutil.disk_usage(folder).free


class DiskWatch:
    """`full` says whether the disk of `folder` has less than `min_free_mb` left, or cannot be asked.

    `on_change` is called with the new `full` whenever it changes.
    """

    def __init__(
        self,
        folder: Path,
        min_free_mb: int,
        metrics: Metrics,
        clock: Clock,
        *,
        on_change: Callable[[bool], None] | None = None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.full = False
        self._folder = folder
        self._limit = min_free_mb * MEGABYTE
        self._metrics = metrics
        self._clock = clock
        self._on_change = on_change
        self._free = free

    async def run(self) -> None:
        while True:
            self.look()
            await self._clock.sleep(EVERY)

    def look(self) -> bool:
        """Whether it is full, now."""
        try:
            free = self._free(self._folder)
        except OSError:  # a folder that is gone takes nothing in either
            free = 0
        self._metrics.set(FREE, free)
        full = free < (self._limit * MARGIN if self.full else self._limit)
        if full != self.full:
            self.full = full
            if full:
                log.error("the disk is full: no more messages are taken", extra={"free_megabytes": free // MEGABYTE})
            else:
                log.info("the disk has space again", extra={"free_megabytes": free // MEGABYTE})
            if self._on_change is not None:
                self._on_change(full)
        return full

    async def health(self) -> Finding:
        limit = self._limit // MEGABYTE
        if self.full:
            return Finding(
                ok=False,
                detail=f"less than {limit} MB free on the disk of the data folder",
                hint="Free some space, or lower storage.min_free_mb. Taking messages resumes by itself.",
                critical=True,
            )
        return Finding(ok=True, detail=f"at least {limit} MB free", critical=True)
