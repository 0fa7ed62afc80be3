"""Adds jobs when their time comes, by cron expressions in UTC."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from cronsim import CronSim, CronSimError

from whinchat.core.app import REBOOT, Schedule
from whinchat.core.errors import Conflict, Refused, WhinchatError
from whinchat.core.ports import Batch, Clock, Database, Queue, Statement
from whinchat.core.resilience.waiting import set_within

log = logging.getLogger(__name__)

LOOK_AGAIN = 30.0  # seconds; the clock may be set meanwhile
STEPPED_BACK = 24 * 3_600_000  # milliseconds: a last time that lies further ahead was a wrong clock's

_BEGIN = "INSERT INTO schedules (name, fired_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING"
_FIRED_AT = "SELECT fired_at FROM schedules WHERE name = :name"
_ADVANCE = "UPDATE schedules SET fired_at = :due WHERE name = :name AND fired_at = :last"


class Cron:
    """Five fields: minute, hour, day of month, month, day of week."""

    def __init__(self, text: str) -> None:
        """Raises Refused (code `cron`) when the text is no cron expression, or one that never comes due."""
        self._text = text
        if len(text.split()) != 5:
            raise _refused(text, "wrong number of fields")
        try:
            next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
        except CronSimError as error:
            raise _refused(text, str(error).lower()) from error
        except StopIteration as error:
            raise _refused(text, "there is no such day") from error

    def after(self, time: int) -> int:
        """The next time it comes due after `time`; milliseconds."""
        return _millis(next(CronSim(self._text, _moment(time))))

    def latest(self, time: int) -> int:
        """The last time it came due until `time`, which counts too; milliseconds."""
        return _millis(next(CronSim(self._text, _moment(time) + timedelta(seconds=1), reverse=True)))


def _refused(text: str, reason: str) -> Refused:
    return Refused(
        f"{text!r} is not a schedule: {reason}",
        hint="Five fields: minute, hour, day of month, month, day of week; `30 4 * * *` is every day at 04:30 UTC.",
        code="cron",
    )


def _moment(time: int) -> datetime:
    """Whole seconds: cron knows nothing finer."""
    return datetime.fromtimestamp(time // 1000, UTC)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


@dataclass(slots=True)
class _Entry:
    name: str
    """Of the row. A changed expression is another schedule and begins anew."""
    cron: Cron
    schedule: Schedule
    last: int = 0
    """The time it was last fired for, as far as known here; milliseconds."""


class Scheduler:
    """Each time fires once over all processes and restarts; times that were missed are made up by one firing.

    A schedule that is seen for the first time begins with its next time.
    """

    def __init__(self, schedules: Sequence[Schedule], database: Database, queue: Queue, clock: Clock) -> None:
        """Raises Refused (code `cron`) for an expression that is not one."""
        self._at_start = [schedule.job for schedule in schedules if schedule.cron == REBOOT]
        self._entries = [
            _Entry(f"{each.job.kind} {each.job.key} {each.cron}", Cron(each.cron), each)
            for each in schedules
            if each.cron != REBOOT
        ]
        self._database = database
        self._queue = queue
        self._clock = clock
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`."""
        pause = 0.0
        while not await set_within(self._stopping, pause, self._clock):
            try:
                await self._start()
                pause = min([LOOK_AGAIN, *[await self._look_at(entry) for entry in self._entries]])
            except WhinchatError as error:
                log.warning("the schedules cannot be kept", extra={"error": error.code})
                pause = LOOK_AGAIN

    def stop(self) -> None:
        self._stopping.set()

    async def _start(self) -> None:
        """What the start of the service calls for, once."""
        if not self._at_start:
            return
        await self._database.commit(Batch(tuple(step for job in self._at_start for step in self._queue.add(job))))
        self._at_start = []
        self._queue.announce()

    async def _look_at(self, entry: _Entry) -> float:
        """Fire if it is time. Seconds until it is worth another look."""
        now = self._clock.now()
        if not entry.last:
            await self._begin(entry, now)
        if entry.last > now + STEPPED_BACK:
            await self._advance(entry, now)
        elif (due := entry.cron.latest(now)) > entry.last:
            await self._advance(entry, due, *self._queue.add(entry.schedule.job))
            self._queue.announce()
        return max(0.0, (entry.cron.after(max(now, entry.last)) - now) / 1000)

    async def _begin(self, entry: _Entry, now: int) -> None:
        await self._database.commit(Batch((Statement(_BEGIN, {"name": entry.name, "now": now}),)))
        await self._read(entry)

    async def _read(self, entry: _Entry) -> None:
        row = await self._database.fetch_one(_FIRED_AT, {"name": entry.name})
        entry.last = cast("int", row[0]) if row is not None else 0

    async def _advance(self, entry: _Entry, due: int, *more: Statement) -> None:
        """The step from `last` to `due` and what goes with it has one winner; whoever loses learns where it stands."""
        step = Statement(_ADVANCE, {"name": entry.name, "due": due, "last": entry.last}, rows=1)
        try:
            await self._database.commit(Batch((step, *more)))
        except Conflict:
            await self._read(entry)
        else:
            entry.last = due
