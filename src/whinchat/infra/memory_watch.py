"""How much memory the process and its children hold, anonymous and file-backed apart, as metrics."""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from whinchat.core.ports import Clock, Metric, MetricKind, Metrics

log = logging.getLogger(__name__)

EVERY = 15.0  # seconds between samples
MEGABYTE = 1024 * 1024
MEMORY = Metric(
    MetricKind.GAUGE,
    "whinchat_memory_bytes",
    "Memory of the service and its children; shared pages count in proportion.",
    labels=("of", "kind"),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `anonymous` is the process's own; `file` can be read again from disk (code, mapped data)."""

    anonymous: int
    file: int

    @property
    def total(self) -> int:
        return self.anonymous + self.file

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.anonymous + other.anonymous, self.file + other.file)


NONE = Memory(0, 0)


def parse_rollup(text: str) -> Memory:
    """`/proc/PID/smaps_rollup`: proportional sizes, split by kernel 5.9 and later; before, `Anonymous` splits them."""
    sizes: dict[str, int] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        number, _, unit = rest.strip().partition(" ")
        if unit == "kB" and number.isdigit():
            sizes[name] = int(number) * 1024
    total = sizes.get("Pss", 0)
    anonymous = sizes.get("Pss_Anon", min(total, sizes.get("Anonymous", 0)))
    return Memory(anonymous, total - anonymous)


def read_memory(process: Path = Path("/proc/self")) -> tuple[Memory, Memory]:
    """The process's memory and its children's. Where there is no `/proc`, the peak of each, all as anonymous."""
    try:
        own = parse_rollup((process / "smaps_rollup").read_text())
    except OSError:
        return _peaks()
    children = NONE
    for child in _children(process):
        try:
            children += parse_rollup((process.parent / child / "smaps_rollup").read_text())
        except OSError:  # it has just ended, or belongs to another user
            continue
    return own, children


def memory_in_use() -> int:
    """Bytes, with children, now."""
    own, children = read_memory()
    return (own + children).total


def _children(process: Path) -> Iterator[str]:
    for listing in process.glob("task/*/children"):
        try:
            found = listing.read_text().split()
        except OSError:
            continue
        for child in found:
            yield child
            yield from _children(process.parent / child)


def _peaks() -> tuple[Memory, Memory]:
    unit = 1 if sys.platform == "darwin" else 1024
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Memory(own * unit, 0), Memory(children * unit, 0)


class MemoryWatch:
    """Samples while `run` runs. Above `warn_mb` (0: never) it says so once."""

    def __init__(
        self,
        metrics: Metrics,
        clock: Clock,
        *,
        warn_mb: int = 0,
        read: Callable[[], tuple[Memory, Memory]] = read_memory,
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._ceiling = warn_mb * MEGABYTE
        self._read = read
        self._warned = False

    async def run(self) -> None:
        while True:
            self.sample()
            await self._clock.sleep(EVERY)

    def sample(self) -> Memory:
        """All of it together, now."""
        own, children = self._read()
        for name, memory in (("service", own), ("children", children)):
            self._metrics.set(MEMORY, memory.anonymous, of=name, kind="anonymous")
            self._metrics.set(MEMORY, memory.file, of=name, kind="file")
        both = own + children
        if self._ceiling and both.total > self._ceiling and not self._warned:
            self._warned = True
            log.warning(
                "memory is above the set ceiling",
                extra={"megabytes": both.total // MEGABYTE, "ceiling": self._ceiling // MEGABYTE},
            )
        return both
