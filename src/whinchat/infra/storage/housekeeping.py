"""What the database needs from time to time, and whether it can be written."""

from __future__ import annotations

import logging

from whinchat.core.app import Finding
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Batch, Claim, Database, Job, Statement
from whinchat.infra.storage.sqlite import SqliteDatabase

log = logging.getLogger(__name__)

JOB = Job(kind="storage.vacuum", key="nightly")
CRON = "41 3 * * *"
MOST_PAGES = 250_000  # a gigabyte in one night


class Vacuum:
    """Nightly, after the retention jobs: gives freed pages back to the disk."""

    kind = JOB.kind
    concurrency = 1

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def run(self, claim: Claim) -> Outcome:
        released = await self._database.incremental_vacuum(MOST_PAGES)
        await self._database.checkpoint()
        sizes = await self._database.sizes()
        log.info("the database was vacuumed", extra={"pages": released, "bytes": sizes.database})
        return NOTHING


class Writable:
    """A health check: a statement that changes nothing must be accepted, and `file` must have met no damage."""

    def __init__(self, database: Database, file: SqliteDatabase) -> None:
        self._database = database
        self._file = file

    async def check(self) -> Finding:
        try:
            await self._database.commit(Batch((Statement("DELETE FROM events WHERE id = -1", {}),)))
        except WhinchatError as error:
            return _fault(error)
        if self._file.damage is not None:
            return _fault(self._file.damage)
        return Finding(ok=True, detail="the database can be written")


def _fault(error: WhinchatError) -> Finding:
    return Finding(ok=False, detail=str(error), hint=getattr(error, "hint", ""), critical=True)
