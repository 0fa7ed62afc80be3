"""Connections on which the backend says that somebody's money moved: one for each of those who wrote last."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.notifications import look
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.sessions import SessionBegan, SessionEnded
from whinchat.core.part import Part
from whinchat.core.ports import Batch, Clock, Database, Metric, MetricKind, Metrics, Queue, Random
from whinchat.core.resilience.waiting import set_within

log = logging.getLogger(__name__)

CONNECTIONS = Metric(
    MetricKind.GAUGE, "whinchat_wallet_connections", "Open connections that say when somebody's money moves."
)
MOST = 200  # connections; for the others there is the schedule
ACTIVE = 24 * 3600 * 1000  # milliseconds since somebody wrote
ROUND = 30.0  # seconds after which it is seen who wrote last
CONNECTING = 8  # at once
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0  # seconds before a connection is tried again
STEADY = 60.0  # seconds that a connection stood after which earlier failures are forgotten


class Followers:
    def __init__(
        self,
        accounts: Accounts,
        backend: Backend,
        reads: Reads,
        database: Database,
        queue: Queue,
        clock: Clock,
        random: Random,
        metrics: Metrics,
        *,
        most: int = MOST,
    ) -> None:
        self._accounts = accounts
        self._backend = backend
        self._reads = reads
        self._database = database
        self._queue = queue
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._most = most
        self._following: dict[str, asyncio.Task[None]] = {}
        self._refused: dict[str, str] = {}
        """Sessions that the backend no longer takes, by user."""
        self._changed = asyncio.Event()
        self._gate = asyncio.Semaphore(CONNECTING)
        self._open = 0

    @property
    def part(self) -> Part:
        return Part("wallet-updates", self.run)

    async def began(self, fact: SessionBegan) -> None:
        """Looked after at once: the first look says what is old."""
        await self._ask(fact.user_id)
        self._changed.set()

    async def ended(self, fact: SessionEnded) -> None:
        self._reads.moved(fact.user_id)
        self._leave(fact.user_id)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                wanted = await self._accounts.active(self._clock.now() - ACTIVE, self._most)
                for gone in self._following.keys() - set(wanted):
                    self._leave(gone)
                for user_id in wanted:
                    if user_id not in self._following:
                        self._following[user_id] = group.create_task(self._follow(user_id))
                self._refused = {each: self._refused[each] for each in wanted if each in self._refused}
                await set_within(self._changed, ROUND, self._clock)

    def _leave(self, user_id: str) -> None:
        task = self._following.pop(user_id, None)
        if task is not None:
            task.cancel()

    async def _follow(self, user_id: str) -> None:
        try:
            await self._stay(user_id)
        finally:
            if self._following.get(user_id) is asyncio.current_task():
                del self._following[user_id]

    async def _stay(self, user_id: str) -> None:
        """As long as the session lasts; a connection that ends is made again."""
        pause = FIRST_PAUSE
        while (member := await self._member(user_id)) is not None:
            begun = self._clock.monotonic()
            try:
                await self._listen(member)
            except BackendError as error:
                if error.code == "unauthenticated":
                    self._refused[user_id] = member.session
                    return
                log.info("a connection for updates failed", extra={"code": error.code})
            if self._clock.monotonic() - begun >= STEADY:
                pause = FIRST_PAUSE
            # Chance keeps those that fell together from coming back together.
            await self._clock.sleep(pause * (0.5 + self._random.random()))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _member(self, user_id: str) -> Member | None:
        member = await self._accounts.by_id(user_id)
        if member is None or member.closing or self._refused.get(user_id) == member.session:
            return None
        return member

    async def _listen(self, member: Member) -> None:
        """While the connection stands. What came before it did is found by a look at the list."""
        async with AsyncExitStack() as stack:
            async with self._gate:
                updates = await stack.enter_async_context(self._backend.updates(member.token))
            self._count(1)
            stack.callback(self._count, -1)
            await self._moved(member.id)
            async for _ in updates:
                await self._moved(member.id)

    async def _moved(self, user_id: str) -> None:
        self._reads.moved(user_id)
        await self._ask(user_id)

    async def _ask(self, user_id: str) -> None:
        await self._database.commit(Batch(self._queue.add(look(user_id))))
        self._queue.announce()

    def _count(self, by: int) -> None:
        self._open += by
        self._metrics.set(CONNECTIONS, self._open)
