"""Work behind the chats: looking again when the lists changed, and letting go of what is over."""

from __future__ import annotations

import msgspec

from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.labels import Labels
from whinchat.apps.scanner.moderation import DANGEROUS, Moderation, Voice
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import PAGE, Repository, Sighting
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.verdict import Level
from whinchat.core.app import Schedule
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Statement
from whinchat.core.types import Content, MessageReceived, Reply, UserRef

HOUR = 3600 * 1000  # milliseconds
DAY = 24 * HOUR

LISTS = Job(kind="scanner.lists", key="watch")
RETENTION = Job(kind="scanner.retention", key="nightly")
SCHEDULES = (Schedule("* * * * *", LISTS), Schedule("23 3 * * *", RETENTION))


class WatchLists:
    """Notices that a list was imported or removed, and has the recent sightings looked at again."""

    kind = LISTS.kind
    concurrency = 1

    def __init__(self, repository: Repository, lists: Lists) -> None:
        self._repository = repository
        self._lists = lists

    async def run(self, claim: Claim) -> Outcome:
        version = self._lists.version
        if version == await self._repository.checked_lists():
            return NOTHING
        look_again = Job(kind=Recheck.kind, key="lists", payload=_encode(_Cursor(0)))
        return Outcome(changes=Batch((self._repository.note_lists(version),)), jobs=(look_again,))


class _Cursor(msgspec.Struct, frozen=True):
    after: int
    """Sightings up to this row are done."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Cursor).decode


class Recheck:
    """Judges the links seen within the correction window anew, a page at a time, and tells chats what got worse."""

    kind = "scanner.recheck"
    concurrency = 1

    def __init__(
        self,
        scanner: Scanner,
        moderation: Moderation,
        repository: Repository,
        replies: Replies,
        chats: Chats,
        clock: Clock,
        settings: ScannerSettings,
    ) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._repository = repository
        self._replies = replies
        self._chats = chats
        self._clock = clock
        self._window = settings.correction_hours * HOUR

    async def run(self, claim: Claim) -> Outcome:
        since = self._clock.now() - self._window
        page = await self._repository.sightings_since(since, _decode(claim.payload).after)
        outcome = NOTHING
        told: set[tuple[bytes, bytes]] = set()
        for sighting in page:
            outcome += await self._look_again(sighting, told)
        if len(page) == PAGE:
            rest = Job(kind=self.kind, key=f"lists-{page[-1].id}", payload=_encode(_Cursor(page[-1].id)))
            outcome += Outcome(jobs=(rest,))
        return outcome

    async def _look_again(self, sighting: Sighting, told: set[tuple[bytes, bytes]]) -> Outcome:
        """`told`: the chats and links of this page that have their text, which is said only once."""
        again = await self._scanner.recall([sighting.seen], sighting.chat_key)
        if not again or not await self._repository.may_read(sighting.seen.message.chat, sighting.chat_key):
            return NOTHING
        found = again[0]
        level = found.verdict.level
        kept = Batch(() if found.keep is None else (found.keep,))
        if level not in DANGEROUS or level.rank >= sighting.shown.rank:
            return Outcome(changes=kept)
        state = await self._repository.chat(sighting.chat_key)
        if state.muted_until > self._clock.now() and level is not Level.MALICIOUS:
            return Outcome(changes=kept + self._moderation.corrected(sighting, found, warned=False))
        context, message, once = (
            await self._context(sighting),
            sighting.seen.message,
            (sighting.chat_key, sighting.url_key),
        )
        voice = await self._moderation.voice(*once, level, context.now)
        speaks = voice >= Voice.SHORT and once not in told
        replies: tuple[Reply, ...] = (self._replies.reaction(context, message, level),)
        if speaks:
            told.add(once)
            replies = self._replies.correction(context, message, found.verdict)
        return Outcome(replies, kept + self._moderation.corrected(sighting, found, warned=speaks))

    async def _context(self, sighting: Sighting) -> Context:
        """The message as far as it is remembered: where it stands and who sent it."""
        message = sighting.seen.message
        now = self._clock.now()
        event = MessageReceived(
            account=sighting.seen.account,
            chat=message.chat,
            id=message.id,
            sender=UserRef(message.sender),
            time=now,
            content=Content(),
        )
        language = await self._chats.language(sighting.chat_key)
        return Context(event, 0, sighting.chat_key, b"", now, language)


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
    ) -> None:
        self._repository = repository
        self._sites = sites
        self._labels = labels
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
        )
