"""Who is told of payments, asked about them, or only looks on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.holds import Holds
from whinchat.apps.wallet.intent import Intent
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Database, Row
from whinchat.core.types import Reply, SendText
from whinchat.testing.harness import ACCOUNT


@dataclass
class Hook:
    """Notes how payments of its purpose end, and tells so."""

    purpose: str
    tells: bool = False
    ends: list[tuple[str, str]] = field(default_factory=list)

    async def paid(self, intent: Intent) -> Outcome:
        return self._note("paid", intent)

    async def failed(self, intent: Intent) -> Outcome:
        return self._note("failed", intent)

    async def unknown(self, intent: Intent) -> Outcome:
        return self._note("unknown", intent)

    def _note(self, end: str, intent: Intent) -> Outcome:
        self.ends.append((end, intent.id))
        if intent.body.chat is None:
            return NOTHING
        return Outcome((Reply(ACCOUNT, intent.body.chat, SendText(f"{self.purpose}: {end}")),))


@dataclass
class FakeReturns:
    """Requests to give money back; `reaches`: whether receivers can be asked."""

    reaches: bool = True
    asked: list[str] = field(default_factory=list)

    async def ask(self, call: Call, member: Member, intent: Intent) -> Outcome | None:
        if not self.reaches:
            return None
        self.asked.append(intent.id)
        return NOTHING


class People:
    def __init__(self, members: dict[str, Member]) -> None:
        self._members = members

    async def by_id(self, user_id: str) -> Member | None:
        return self._members.get(user_id)


class RacingHolds(Holds):
    """`race` happens right after it was looked whether money is held."""

    def __init__(self, database: Database, race: Callable[[], Awaitable[None]]) -> None:
        super().__init__(database)
        self._race = race

    async def any(self, *, payouts: bool = False) -> bool:
        found = await super().any(payouts=payouts)
        await self._race()
        return found


class Recorded:
    """The database, and of each change through it whether it was made durably."""

    def __init__(self, inner: Database, durable: list[bool]) -> None:
        self._durable = durable
        self._commit = inner.commit
        self.fetch, self.fetch_one, self.stream = inner.fetch, inner.fetch_one, inner.stream

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        self._durable.append(batch.durable)
        return await self._commit(batch)
