"""What a command for admins or for the owner changes is noted, in the batch that changes it."""

from __future__ import annotations

from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.command import Who
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.middlewares.chain import Invocation, Next
from whinchat.core.ports import Batch, Sealer


class Audited:
    """Innermost: it sees only what was permitted and understood. Who only looks leaves no trace."""

    def __init__(self, audit: Audit, sealer: Sealer) -> None:
        self._audit = audit
        self._sealer = sealer

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        outcome = await proceed(invocation)
        command = invocation.route.command
        if command is None or not (outcome.changes.statements or outcome.jobs or outcome.facts):
            return outcome
        if command.who is Who.ANYONE and not command.audited:
            return outcome
        context, event = invocation.context, invocation.message
        entry = self._audit.entry(
            command.path,
            via=Via.CHAT,
            key=self._sealer.digest("audit", event.account, event.chat.id, event.sender.id, event.id),
            actor=context.user_key,
            chat=context.chat_key,
            detail=event.content.text,
        )
        return outcome + Outcome(changes=Batch((entry,)))
