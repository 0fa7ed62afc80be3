"""What sources need beside being asked."""

from __future__ import annotations

from whinchat.apps.scanner.sources.panel import Panel
from whinchat.core.app import REBOOT, Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Claim, Job

CHECK = Job(kind="scanner.sources", key="check", max_attempts=1)
SCHEDULE = Schedule(REBOOT, CHECK)


class CheckSources:
    """Whenever the service starts: a key that is refused is found out then, and not when a link depends on it."""

    kind = CHECK.kind
    concurrency = 1

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    async def run(self, claim: Claim) -> Outcome:
        await self._panel.check()
        return NOTHING
