"""Whether the service lives and is ready: the checks of everybody, gathered."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Mapping, Sequence

from whinchat.core.app import Finding, HealthCheck
from whinchat.core.ports import Clock

log = logging.getLogger(__name__)

TIMEOUT = 2.0  # seconds a check may take
FRESH = 1.0  # seconds a result is given again without asking


class Phase(enum.StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class Health:
    """`phase` is set by whoever starts and stops the service."""

    def __init__(self, checks: Sequence[HealthCheck], clock: Clock, *, timeout: float = TIMEOUT) -> None:
        self.phase = Phase.STARTING
        self._checks = tuple(checks)
        self._clock = clock
        self._timeout = timeout
        self._asking = asyncio.Lock()
        self._asked = -FRESH
        self._findings: dict[str, Finding] = {}

    def live(self) -> bool:
        """Whether the process does its work at all; the answer itself shows that the event loop turns."""
        return True

    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether messages can be served, and the answer: `status`, and by name what is `failing` and `degraded`."""
        findings = await self.report()
        bad = {name: finding for name, finding in findings.items() if not finding.ok}
        failing = {name: _told(finding) for name, finding in bad.items() if finding.critical}
        degraded = {name: _told(finding) for name, finding in bad.items() if not finding.critical}
        if self.phase is not Phase.RUNNING:
            status = str(self.phase)
        else:
            status = "failing" if failing else "degraded" if degraded else "ready"
        ready = self.phase is Phase.RUNNING and not failing
        return ready, {"status": status, "failing": failing, "degraded": degraded}

    async def report(self) -> Mapping[str, Finding]:
        """What every check found, at most `FRESH` seconds ago; those who ask at the same time share one answer."""
        async with self._asking:
            if self._clock.monotonic() - self._asked >= FRESH:
                answers = await asyncio.gather(*(self._ask(check) for check in self._checks))
                self._findings = {check.name: answer for check, answer in zip(self._checks, answers, strict=True)}
                self._asked = self._clock.monotonic()
            return self._findings

    async def _ask(self, check: HealthCheck) -> Finding:
        try:
            async with asyncio.timeout(self._timeout):
                return await check.check()
        except TimeoutError:
            detail = f"no answer within {self._timeout:g} s"
        except Exception as error:
            log.exception("the health check %s failed", check.name)
            detail = f"the check failed: {type(error).__name__}"
        before = self._findings.get(check.name)  # as serious as it was, when that is known
        return Finding(ok=False, detail=detail, hint="See the log.", critical=before is None or before.critical)


def _told(finding: Finding) -> dict[str, str]:
    return {"detail": finding.detail, "hint": finding.hint}
