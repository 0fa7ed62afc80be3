"""The work behind Safe Browsing's lists: every minute a look whether they are due, and the update."""

from __future__ import annotations

import logging

from whinchat.apps.scanner.feeds.jobs import AGE, ENTRIES, SPREAD, UPDATES
from whinchat.apps.scanner.sources.answers import Missing
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.source import ABOUT, STALE, allowed
from whinchat.apps.scanner.sources.safe_browsing.store import FOLDER, PrefixStore, State
from whinchat.apps.scanner.sources.safe_browsing.updater import Updater
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.core.app import Finding, Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Claim, Clock, Job, Metrics, Random

KIND = "scanner.safe_browsing"
WATCH, UPDATE = "watch", "update"
SCHEDULE = Schedule("* * * * *", Job(kind=KIND, key=WATCH))

log = logging.getLogger(__name__)


class KeepLists:
    kind = KIND
    concurrency = 1

    def __init__(self, updater: Updater, clock: Clock, random: Random, metrics: Metrics) -> None:
        self._updater = updater
        self._clock = clock
        self._random = random
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        if claim.key == UPDATE:
            before = self._updater.state
            after = await self._updater.update()
            if after is not None:
                self._tell(before, after)
            return NOTHING
        state, lists = self._updater.state, self._updater.store.lists
        if state.confirmed_at is not None:
            self._metrics.set(AGE, (self._clock.now() - state.confirmed_at) / 1000, feed=ABOUT.name)
        self._metrics.set(ENTRIES, sum(map(len, lists.values())), feed=ABOUT.name)
        if not self._updater.due:
            return NOTHING
        delay = self._random.random() * SPREAD  # not everybody shall come at the full minute
        return Outcome(jobs=(Job(kind=KIND, key=UPDATE, delay=delay),))

    async def check(self) -> Finding:
        """Old lists do not stop the scanner: it only knows less."""
        state = self._updater.state
        if state.reason is Missing.REFUSED:
            detail = "Google does not accept the key, or its project may not use the Safe Browsing API"
            return Finding(ok=False, detail=detail, hint=f"Check apps.scanner.{ABOUT.needs[0]}.")
        if state.confirmed_at is None:
            return Finding(ok=not state.failures, detail=f"its lists are not here yet{_why(state)}")
        minutes = (self._clock.now() - state.confirmed_at) // 60_000
        fresh = self._clock.now() - state.confirmed_at <= STALE
        return Finding(ok=fresh, detail=f"its lists are {minutes} minutes old{_why(state)}")

    def _tell(self, before: State, after: State) -> None:
        """One line when updates begin to fail and one when that is over, however long it goes on."""
        result = after.reason.value if after.reason else "updated"
        self._metrics.add(UPDATES, feed=ABOUT.name, result=result)
        if after.failures and not before.failures:
            extra = {"reason": result}
            log.warning("Safe Browsing's lists cannot be updated; the last good version stays in use", extra=extra)
        elif before.failures and not after.failures:
            log.info("Safe Browsing's lists are up to date again")


def _why(state: State) -> str:
    return f" ({state.reason.value})" if state.reason else ""


def keepers(given: Means, settings: Settings, metrics: Metrics) -> tuple[KeepLists, ...]:
    """One, or none where Safe Browsing may not be asked."""
    key = allowed(settings.sources.safe_browsing)
    if given.http is None or key is None:
        return ()
    store = PrefixStore(given.data / FOLDER, given.clock)
    updater = Updater(Client(given.http, key), key, store, given.clock, given.random, given.workers)
    return (KeepLists(updater, given.clock, given.random, metrics),)
