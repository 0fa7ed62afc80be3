"""Groups that the scanner has locked, and when they open again.

What an admin does to the lock counts: whoever locks or opens the group by hand has taken the matter over, and the
scanner leaves it alone from then on.
"""

from __future__ import annotations

import msgspec

from whinchat.apps.scanner.members import same
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.dispatch.roster import Roster
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Sealer, Statement
from whinchat.core.types import ChatRef, Event, GroupChanged, LockGroup, OnUnknown, Reply, SendText, Urgency


class _Order(msgspec.Struct, frozen=True):
    account: str
    chat: ChatRef
    chat_key: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Order).decode


class Locks:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def until(self, chat: bytes) -> int | None:
        """When the lock that we put on ends, milliseconds UTC; None when there is none of ours."""
        row = await self._database.fetch_one("SELECT until FROM scanner_locks WHERE chat = :chat", {"chat": chat})
        return None if row is None else msgspec.convert(row, tuple[int])[0]

    def lock(self, account: str, chat: ChatRef, key: bytes, until: int) -> tuple[Statement, Job]:
        """What remembers the lock, and the job that ends it. `until`: milliseconds UTC."""
        row = Statement(
            """INSERT INTO scanner_locks (chat, until) VALUES (:chat, :until)
               ON CONFLICT (chat) DO UPDATE SET until = excluded.until""",
            {"chat": key, "until": until},
        )
        return row, self.opening(_Order(account, chat, key), until)

    def opening(self, order: _Order, until: int) -> Job:
        wait = max(0, until - self._clock.now()) / 1000
        return Job(kind=Unlock.kind, key=order.chat_key.hex(), payload=_encode(order), delay=wait)

    def forget(self, chat: bytes) -> Statement:
        return Statement("DELETE FROM scanner_locks WHERE chat = :chat", {"chat": chat})


class Unlock:
    """Opens a group when its time has come, if the lock is still ours."""

    kind = "scanner.unlock"
    concurrency = 1

    def __init__(self, locks: Locks, audit: Audit, chats: Chats, words: Words, sealer: Sealer, clock: Clock) -> None:
        self._locks = locks
        self._audit = audit
        self._sealer = sealer
        self._chats = chats
        self._words = words
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        order = _decode(claim.payload)
        until = await self._locks.until(order.chat_key)
        if until is None:
            return NOTHING
        if until > self._clock.now():  # it was locked anew meanwhile
            return Outcome(jobs=(self._locks.opening(order, until),))
        language = await self._chats.language(order.chat_key)
        key = self._sealer.digest("audit", "scanner.unlock_group", order.chat_key, str(until))
        noted = self._audit.entry("scanner.unlock_group", via=Via.SERVICE, key=key, chat=order.chat_key, detail="")
        said = SendText(self._words.say("scanner.policy.unlocked", language))
        return Outcome(
            (
                Reply(order.account, order.chat, LockGroup(locked=False), OnUnknown.RESEND_ONCE, Urgency.ANSWER),
                Reply(order.account, order.chat, said, OnUnknown.RESEND_ONCE, Urgency.ANSWER),
            ),
            Batch((self._locks.forget(order.chat_key), noted)),
        )


class WatchLocks:
    """Notices that somebody else locked or opened a group that we had locked."""

    events = (GroupChanged,)

    def __init__(self, locks: Locks, roster: Roster, sealer: Sealer) -> None:
        self._locks = locks
        self._roster = roster
        self._sealer = sealer

    async def admits(self, event: Event) -> bool:
        if not isinstance(event, GroupChanged) or event.announce_only is None:
            return False
        return await self._locks.until(chat_key(self._sealer, event.account, event.chat)) is not None

    async def observe(self, context: Context) -> Outcome:
        event = context.event
        group = await self._roster.group(event.account, event.chat)
        if group is not None and group.me and same(event.sender, group.me):
            return NOTHING  # some networks tell us what we did ourselves
        return Outcome(changes=Batch((self._locks.forget(context.chat_key),)))
