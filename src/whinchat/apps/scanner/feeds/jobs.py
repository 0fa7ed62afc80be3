"""The work behind lists that are kept up to date: looking which are due, and updating one."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from whinchat.apps.scanner.feeds.store import DATABASE
from whinchat.apps.scanner.feeds.updater import Followed, Updated, Updater, followed
from whinchat.core.app import Finding, Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import Refused
from whinchat.core.ports import Claim, Clock, Job, Metric, MetricKind, Metrics, Random

HOUR = 3_600_000  # milliseconds
SPREAD = 50.0  # seconds over which updates begin that come due in the same minute

AGE = Metric(
    MetricKind.GAUGE, "whinchat_feed_age_seconds", "Since a list was last known to be the newest there is.", ("feed",)
)
UPDATES = Metric(
    MetricKind.COUNTER,
    "whinchat_feed_updates_total",
    "Attempts to update a list, by result: updated, unchanged, postponed, or why it failed.",
    ("feed", "result"),
)
ENTRIES = Metric(MetricKind.GAUGE, "whinchat_feed_entries", "Entries in use of a list.", ("feed",))


log = logging.getLogger(__name__)


class UpdateFeed:
    """Updates the list that the job's key names, if it is still due. What fails is noted and tried again later."""

    kind = "scanner.feed"
    concurrency = 1

    def __init__(self, updater: Updater, metrics: Metrics) -> None:
        self._updater = updater
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        updated = await self._updater.update(claim.key, only_due=True)
        if updated is not None:
            self._metrics.add(UPDATES, feed=claim.key, result=_result(updated))
            _log(updated)
        return NOTHING


def _result(updated: Updated) -> str:
    if updated.busy:
        return "postponed"
    if updated.error is not None:
        return updated.error.code
    return "unchanged" if updated.imported is None else "updated"


def _log(updated: Updated) -> None:
    """One line when a list begins to fail and one when that is over, however long it goes on."""
    name, failing = updated.before.source.name, updated.before.failing
    if updated.busy:
        return
    if updated.error is not None:
        if not failing:
            extra = {"feed": name, "error": updated.error.code, "reason": str(updated.error)}
            log.warning("a list cannot be updated; its last good version stays in use", extra=extra)
        return
    if failing:
        log.info("a list can be updated again", extra={"feed": name})
    if updated.imported is not None:
        log.info("a list was updated", extra={"feed": name, "entries": updated.imported.feed.entries})


class WatchFeeds:
    """Every minute: adds a job for each list that is due. At least hourly it looks at what lies on the disk, and lets
    go of entries whose lifetime is over.
    """

    kind = "scanner.feeds"
    concurrency = 1

    def __init__(self, updater: Updater, folder: Path, clock: Clock, random: Random, metrics: Metrics) -> None:
        self._updater = updater
        self._file = folder / DATABASE
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._looked_at = 0
        self._followed: list[Followed] = []

    async def run(self, claim: Claim) -> Outcome:
        now = self._clock.now()
        if self._due(now) or now - self._looked_at >= HOUR:
            await self._look(now)
        for each in self._followed:
            if each.feed is not None:
                self._metrics.set(AGE, (now - each.feed.confirmed_at) / 1000, feed=each.source.name)
                self._metrics.set(ENTRIES, each.feed.entries, feed=each.source.name)
        delay = self._random.random() * SPREAD
        return Outcome(jobs=tuple(Job(kind=UpdateFeed.kind, key=name, delay=delay) for name in self._due(now)))

    async def check(self) -> Finding:
        """Old lists do not stop the scanner: it only knows less."""
        now = self._clock.now()
        late = [each for each in self._followed if each.overdue(now)]
        if not late:
            names = ", ".join(source.name for source in self._updater.sources)
            return Finding(ok=True, detail=f"kept up to date: {names or 'none'}")
        told = ", ".join(f"{each.source.name} ({_since(each, now)})" for each in late)
        hint = "`whinchat feeds status` says why, `whinchat feeds update` tries it now."
        return Finding(ok=False, detail=f"not up to date: {told}", hint=hint)

    def _due(self, now: int) -> list[str]:
        return [each.source.name for each in self._followed if each.next_at <= now]

    async def _look(self, now: int) -> None:
        self._looked_at = now
        if not self._updater.sources and not self._file.exists():
            return
        async with self._updater.open_store() as (store, database):
            with contextlib.suppress(Refused):  # an import is running: at the next look
                await store.expire()
            self._followed = await followed(self._updater.sources, store, database)


def _since(each: Followed, now: int) -> str:
    if each.feed is None:
        return "never had"
    hours = (now - each.feed.confirmed_at) // HOUR
    return f"for {hours // 24} days" if hours >= 48 else f"for {hours} hours"


WATCH = Job(kind=WatchFeeds.kind, key="watch")
SCHEDULE = Schedule("* * * * *", WATCH)
