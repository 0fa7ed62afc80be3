"""Nightly: what the engine's own tables need not keep any longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import Inbox
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Statement

JOB = Job(kind="core.retention", key="nightly")
CRON = "7 3 * * *"
PAGE = 5000  # rows of a table in one transaction


class Retention:
    """Goes through the tables a bounded number of rows at a time, until none is left that is over."""

    kind = JOB.kind
    concurrency = 1

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        outbox: Outbox,
        clock: Clock,
        keep: int,
        also: Sequence[Callable[[], Statement]] = (),
    ) -> None:
        """`also`: what else is over; a statement that returns rows is repeated until it returns none."""
        self._database = database
        self._inbox = inbox
        self._outbox = outbox
        self._clock = clock
        self._keep = keep
        self._also = also

    async def run(self, claim: Claim) -> Outcome:
        while any(await self._database.commit(Batch(self._statements()))):
            await self._clock.sleep(0)
        return NOTHING

    def _statements(self) -> tuple[Statement, ...]:
        now = self._clock.now()
        return (
            self._inbox.forget(self._keep, PAGE),
            self._outbox.forget(self._keep, PAGE),
            self._outbox.forget_ids(PAGE),
            Statement(
                """DELETE FROM steps WHERE id IN (SELECT id FROM steps WHERE at < :before ORDER BY at LIMIT :limit)
                 RETURNING id""",
                {"before": now - self._keep, "limit": PAGE},
            ),
            Statement(
                """DELETE FROM conversations WHERE (chat, person) IN (
                       SELECT chat, person FROM conversations WHERE expires_at < :now ORDER BY expires_at LIMIT :limit)
                 RETURNING topic""",
                {"now": now, "limit": PAGE},
            ),
            *(over() for over in self._also),
        )
