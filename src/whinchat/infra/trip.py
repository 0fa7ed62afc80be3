"""One visit, hop by hop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from whinchat.core.ports import FetchFault, FetchHop, Step, Visit, VisitLimits
from whinchat.infra.guard import Guard, Stopped, read_url
from whinchat.infra.hop import Answer, Asker


class Trip:
    """How far a visit has come: what is known stays known, however it ends."""

    def __init__(
        self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None, *, document: bool = False
    ) -> None:
        self._url = url
        self._limits = limits
        self._follow = follow
        self._hops: list[FetchHop] = []
        self._document = document
        self._answer = Answer(document)
        self._fault: FetchFault | None = None

    async def go(self, guard: Guard, user_agent: str, tls: Callable[[], ssl.SSLContext]) -> None:
        """To the end, or as far as the limits let it. Raises nothing for what is met."""
        try:
            async with asyncio.timeout(self._limits.total):
                await self._go(guard, Asker(user_agent), tls)
        except TimeoutError:
            self._fault = FetchFault.TIMEOUT
        except Stopped as stopped:
            self._fault = stopped.fault

    async def _go(self, guard: Guard, asker: Asker, tls: Callable[[], ssl.SSLContext]) -> None:
        url = read_url(self._url)
        while True:
            self._url, self._answer = url.href, Answer(self._document)
            if self._hops and self._follow is not None and not self._follow(self._url):
                return
            target = await guard.admit(url)
            await asker.ask(target, tls() if target.secure else None, self._limits, self._answer)
            leads = self._answer.leads_to(url)
            if leads is None:
                return
            step, url = leads
            self._leave(step, url.href)

    def _leave(self, step: Step, following: str) -> None:
        """Raises Stopped: it has gone far enough, or was there before."""
        was_there = following == self._url or any(hop.url == following for hop in self._hops)
        if was_there or len(self._hops) == self._limits.hops:
            raise Stopped(FetchFault.HOPS)
        self._hops.append(FetchHop(self._url, self._answer.status or 0, step))

    def report(self) -> Visit:
        answer = self._answer
        return Visit(
            hops=tuple(self._hops),
            url=self._url,
            status=answer.status,
            headers=answer.headers,
            body=bytes(answer.body),
            certificate=answer.certificate,
            fault=self._fault,
        )
