"""What was given up after its last attempt: jobs, and messages that were set aside. To be tried again, or let go."""

from __future__ import annotations

from typing import Protocol

from whinchat.admin.whole import JobTable
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.inbox import Aside
from whinchat.core.pages import Acted, Done, Nav, NotFound, Notice, PageRequest, Redirect, View
from whinchat.core.ports import Batch, Statement

SHOWN = 100
LARGEST = 2**62


class AsideEvents(Protocol):
    async def aside(self, limit: int = ...) -> list[Aside]: ...
    def retrial(self, event_id: int) -> Statement: ...
    def dismissal(self, event_id: int) -> Statement: ...


class DeadLetters:
    """A form says `what` (`job` or `event`), which `id`, and what to `do` (`retry` or `drop`)."""

    path = "/dead"
    title = "admin.dead.title"
    nav = Nav(1, "dead")

    def __init__(self, jobs: JobTable, events: AsideEvents) -> None:
        self._jobs = jobs
        self._events = events

    async def show(self, _request: PageRequest) -> View:
        data = {"jobs": await self._jobs.dead(SHOWN), "events": await self._events.aside(SHOWN), "shown": SHOWN}
        return View("admin/dead.html", data)

    async def act(self, request: PageRequest) -> Acted:
        what, do = request.form.get("what"), request.form.get("do")
        row = request.form.get("id", "")
        if what not in {"job", "event"} or do not in {"retry", "drop"} or not row.isascii() or not row.isdigit():
            return NotFound()
        number = min(int(row[:20]), LARGEST)
        changes = self._of_job(number, do) if what == "job" else self._of_event(number, do)
        # Whoever was here first has done it: the statements touch nothing then, and nothing is left to be done.
        return Done(
            f"admin.{what}.{do}",
            str(number),
            Redirect("/dead", Notice(f"admin.dead.{do}_done")),
            Outcome(changes=Batch(changes)),
        )

    def _of_job(self, number: int, do: str) -> tuple[Statement, ...]:
        return self._jobs.revival(number) if do == "retry" else (self._jobs.removal(number),)

    def _of_event(self, number: int, do: str) -> tuple[Statement, ...]:
        return (self._events.retrial(number) if do == "retry" else self._events.dismissal(number),)
