"""Work behind the chats: looking again when the lists changed, and letting go of what is over."""

from __future__ import annotations

from collections.abc import Callable

from whinchat.apps.scanner import tell
from whinchat.apps.scanner.deep import DeepScan, Why
from whinchat.apps.scanner.delivery import Delivery, Said
from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.labels import Labels
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.repository import PAGE, Repository, Sighting
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.tell import Tell
from whinchat.core.app import Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Statement

HOUR = 3600 * 1000  # milliseconds
DAY = 24 * HOUR

LISTS = Job(kind="scanner.lists", key="watch")
RETENTION = Job(kind="scanner.retention", key="nightly")
SCHEDULES = (Schedule("* * * * *", LISTS), Schedule("23 3 * * *", RETENTION))


class WatchLists:
    """Notices that lists or model changed, and has the recent sightings looked at again."""

    kind = LISTS.kind
    concurrency = 1

    def __init__(self, repository: Repository, lists: Lists, judge: Judge) -> None:
        self._repository = repository
        self._lists = lists
        self._judge = judge

    async def run(self, claim: Claim) -> Outcome:
        version = f"{self._lists.version} {self._judge.version}"
        if version == await self._repository.checked_lists():
            return NOTHING
        return Outcome(changes=Batch((self._repository.note_lists(version),)), jobs=(Tell().job(),))


class Recheck:
    """Goes through what chats saw within the correction window, a page at a time, and tells what has changed.

    Of one link after a deep look at it, of all after the lists changed. A warning that only the local verdict does not
    bear out any more is looked into deeper before it is taken back.
    """

    kind = tell.KIND
    concurrency = 1

    def __init__(
        self,
        delivery: Delivery,
        deep: DeepScan,
        privacy: PrivacyLevels,
        repository: Repository,
        clock: Clock,
        settings: ScannerSettings,
    ) -> None:
        self._delivery = delivery
        self._deep = deep
        self._privacy = privacy
        self._repository = repository
        self._clock = clock
        self._window = settings.correction_hours * HOUR

    async def run(self, claim: Claim) -> Outcome:
        order = tell.opened(claim.payload)
        page = await self._page(order)
        outcome, said = NOTHING, Said()
        done: set[bytes] = set()
        for sighting in page:
            if sighting.message_key not in done and not (order.only_asked and not self._delivery.awaited(sighting)):
                outcome += await self._look_again(sighting, order, said, done)
        if len(page) == PAGE:
            outcome += Outcome(jobs=(order.rest(page[-1].id).job(),))
        return outcome

    async def _page(self, order: Tell) -> list[Sighting]:
        since = self._clock.now() - self._window
        if order.url is None:
            return await self._repository.sightings_since(since, order.after)
        return await self._repository.sightings_of_link(order.url, since, order.after)

    async def _look_again(self, sighting: Sighting, order: Tell, said: Said, done: set[bytes]) -> Outcome:
        """`done`: messages that everything was said about."""
        change = await self._delivery.change(sighting)
        if change is None:
            return NOTHING
        looked = order.url is not None
        if await self._delivery.concerns(change, looked=looked):
            done.add(sighting.message_key)
            return await self._delivery.again(sighting, said, corrects=not looked)
        kept = Batch(() if change.found.keep is None else (change.found.keep,))
        if looked or not change.better:
            return Outcome(changes=kept)
        privacy = await self._privacy.of(sighting.chat_key)
        return Outcome(changes=kept, jobs=self._deep.jobs([change.found], privacy, asked=True, why=Why.DOUBTED))


class Retention:
    """Nightly: rows past their time go, a bounded number in one transaction."""

    kind = RETENTION.kind
    concurrency = 1

    def __init__(
        self,
        repository: Repository,
        sites: SiteRepository,
        labels: Labels,
        database: Database,
        settings: ScannerSettings,
        *,
        also: Callable[[], tuple[Statement, ...]],
    ) -> None:
        self._repository = repository
        self._sites = sites
        self._labels = labels
        self._also = also
        self._database = database
        self._keep = settings.sightings_days * DAY
        self._keep_labels = settings.labels_days * DAY

    async def run(self, claim: Claim) -> Outcome:
        while any(await self._database.commit(Batch(self._over()))):
            pass
        return NOTHING

    def _over(self) -> tuple[Statement, ...]:
        # A site is kept as long as a link of it would be: for so long after it was posted last.
        return (
            *self._repository.retention(self._keep),
            self._sites.retention(self._keep),
            self._labels.retention(self._keep_labels),
            *self._also(),
        )
