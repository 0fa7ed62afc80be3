"""A clock that can be set forward while others go by it, and `whinchat run` that goes by it.

Run as `python -m benchmarks.skipping FILE`; whoever has a `SkippingClock` on the same file sets the service's too.
"""

from __future__ import annotations

import asyncio
import functools
import mmap
import sys
from pathlib import Path
from unittest import mock

from whinchat import bootstrap
from whinchat.cli.main import main
from whinchat.infra.clock import SystemClock

LOOK = 0.2  # seconds between two looks of a sleeper at the clock


class SkippingClock(SystemClock):
    """The machine's, and ahead of it by what was skipped. Sleepers whose time was skipped wake up."""

    def __init__(self, file: Path) -> None:
        """`file` holds eight bytes: how many milliseconds were skipped."""
        with file.open("r+b") as opened:
            self._skipped = memoryview(mmap.mmap(opened.fileno(), 8)).cast("q")

    def skip(self, milliseconds: int) -> None:
        self._skipped[0] += milliseconds

    def now(self) -> int:
        return super().now() + self._skipped[0]

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped[0] / 1000

    async def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        await asyncio.sleep(0)
        while (left := end - self.monotonic()) > 0:
            await asyncio.sleep(min(left, LOOK))


if __name__ == "__main__":
    goes_by_it = functools.partial(SkippingClock, Path(sys.argv.pop()))
    with mock.patch.object(bootstrap, "SystemClock", goes_by_it):
        raise SystemExit(main(["run"]))
