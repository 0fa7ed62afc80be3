"""T2: an outcome and the mark that its cause is done, committed together; then everybody concerned is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.dispatch.outgoing import Ready
from whinchat.core.events import EventBus
from whinchat.core.formatting.split import split
from whinchat.core.ports import Batch, Database, Queue, Random, Statement
from whinchat.core.types import (
    Action,
    Capabilities,
    Delete,
    Edit,
    LockGroup,
    React,
    RemoveMember,
    Reply,
    Revoke,
    SendMedia,
    SendText,
)

Announce = Callable[[Sequence[Ready]], None]


class Settlement:
    """`limits` gives an account's capabilities, None for an account that is gone."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        queue: Queue,
        bus: EventBus,
        random: Random,
        *,
        limits: Callable[[str], Capabilities | None],
        announce: Announce,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._queue = queue
        self._bus = bus
        self._random = random
        self._limits = limits
        self._announce = announce

    async def settle(self, outcome: Outcome, done: Statement, cause: int | None, base: str = "") -> None:
        """Commit `outcome` with `done`.

        `base` names the replies' references: the same for the same event, so that handling it again cannot double
        them. Without one (jobs, whose `done` has a single winner) it is random.

        Raises:
            Conflict: the state had moved on; nothing was written and the handler is to run again.
        """
        possible = [reply for reply in outcome.replies if self._possible(reply)]
        left_out = [reply for reply in outcome.replies if not self._possible(reply)]
        replies = [part for reply in possible for part in self._fit(reply)]
        base = base or self._random.randbytes(16).hex()
        jobs = [msgspec.structs.replace(job, cause=cause) for job in outcome.jobs]
        statements = (
            *outcome.changes.statements,
            *self._outbox.add(replies, base, cause),
            *self._outbox.left_out(left_out, base, cause),
            *(statement for job in jobs for statement in self._queue.add(job)),
            done,
        )
        await self._database.commit(Batch(statements, outcome.changes.durable))
        if replies:
            self._announce(self._outbox.ready(replies))
        if jobs:
            self._queue.announce()
        for fact in outcome.facts:
            await self._bus.publish(fact)

    def _possible(self, reply: Reply) -> bool:
        """Whether the transport can do that at all; an account that is not here now may be back with all it could."""
        limits = self._limits(reply.account)
        return limits is None or _possible(reply.action, limits)

    def _fit(self, reply: Reply) -> list[Reply]:
        """As many messages as the transport's limit asks for: the first one quotes, the last one has the buttons."""
        limits = self._limits(reply.account)
        if limits is None:
            return [reply]
        action = reply.action
        if not isinstance(action, SendText):
            return [reply]
        first, *rest = split(action.text, limits.max_text)
        quote = action.quote if limits.quote else None
        parts = [SendText(first, quote, action.mentions), *(SendText(text) for text in rest)]
        if limits.buttons:
            parts[-1] = msgspec.structs.replace(parts[-1], choices=action.choices)
        edited = reply.edited
        if edited and len(split(edited, limits.max_text)) > 1:
            edited = ""
        fitted = [replace(reply, action=part, edited=edited, receipt="") for part in parts]
        # What was announced has been shown when its last part was.
        return [*fitted[:-1], replace(fitted[-1], receipt=reply.receipt)]


def _possible(action: Action, limits: Capabilities) -> bool:
    able = {
        React: limits.react,
        Edit: limits.edit,
        Revoke: limits.revoke,
        Delete: limits.moderate_delete,
        RemoveMember: limits.remove_member,
        LockGroup: limits.lock_group,
        SendMedia: limits.media_out,
        SendText: True,
    }
    return able[type(action)]
