"""All external sources at once, under one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.about import About, Privacy
from whinchat.apps.scanner.sources.answers import Answer, Missing, NoAnswer
from whinchat.apps.scanner.sources.asked import Asked, Skip, Standing, State
from whinchat.apps.scanner.sources.guarded import Guarded, Surroundings
from whinchat.core.app import Finding
from whinchat.core.ports import Statement
from whinchat.core.resilience.background import Background
from whinchat.core.resilience.waiting import within

DEADLINE = 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Seat:
    """A source's place: `source` is None while it cannot be asked, for want of `missing` or because it is off."""

    about: About
    source: Guarded | None
    missing: tuple[str, ...] = ()

    def bars(self, link: Link, privacy: Privacy) -> Skip | None:
        """Why it is not asked about such a link in such a chat."""
        if self.source is None:
            return Skip.NOT_CONFIGURED
        if not privacy.allows(self.about.sends):
            return Skip.PRIVACY
        return None if self.about.covers.includes(link) else Skip.NOT_COVERED


class Panel:
    """Asking has an effect outside (a third party learns of a link), so jobs ask, never handlers."""

    def __init__(self, seats: Sequence[Seat], around: Surroundings, deadline: float = DEADLINE) -> None:
        """`deadline`: seconds that all sources together may take for one link."""
        self._seats = {seat.about.name: seat for seat in seats}
        self._around = around
        self._deadline = deadline
        self._background = Background()

    @property
    def abouts(self) -> Mapping[str, About]:
        """Every source that there is, configured or not, by name."""
        return {name: seat.about for name, seat in self._seats.items()}

    def asks(self, privacy: Privacy) -> bool:
        """Whether there is any source to ask at that level."""
        return any(seat.source is not None and privacy.allows(seat.about.sends) for seat in self._seats.values())

    async def ask(self, link: Link, privacy: Privacy, *, uncertainty: float = 1.0, anew: bool = False) -> Asked:
        """Answers that came within the deadline; never raises for an outage, and never takes longer.

        `uncertainty`: 0 to 1, `uncertainty(probability)` of the verdict so far: what is left of quotas goes to the most
        uncertain links. `anew` passes over what is remembered. Answers that come later are remembered all the same.
        """
        skipped: dict[str, Skip] = {}
        asking: dict[str, asyncio.Task[Answer | Skip]] = {}
        for name, seat in self._seats.items():
            skip = seat.bars(link, privacy)
            if skip is not None:
                skipped[name] = skip
            elif seat.source is not None:
                asking[name] = self._background.start(seat.source.ask(link, uncertainty=uncertainty, anew=anew))
        await self._in_time(asking.values())
        answers: dict[str, Answer] = {}
        for name, task in asking.items():
            outcome = task.result() if task.done() else NoAnswer(Missing.TIMEOUT)
            if isinstance(outcome, Skip):
                skipped[name] = outcome
            else:
                answers[name] = outcome
        return Asked(answers, skipped)

    async def learn(self, source: str, link: Link, answer: Answer) -> None:
        """Remember an answer that came by another way, such as a webhook. Raises KeyError: no such source."""
        guarded = self._seats[source].source
        if guarded is not None:
            await guarded.learn(link, answer)

    async def check(self, *, keyless: bool = False) -> tuple[Standing, ...]:
        """Ask every source that needs a key (`keyless`: the others too) about its `About.probe`: is the key good?"""
        asking = [
            seat.source.ask(probe, anew=True)
            for seat in self._seats.values()
            if seat.source is not None
            and (seat.about.needs or keyless)
            and (probe := parse_link(seat.about.probe)) is not None
        ]
        await asyncio.gather(*asking)
        return await self.overview()

    async def overview(self) -> tuple[Standing, ...]:
        """How every source stands: for `!scan status`, health, metrics and the admin page. Asks nobody."""
        return tuple([await self._standing(seat) for seat in self._seats.values()])

    async def health(self) -> Finding:
        """Degraded, never critical: without sources links are still judged, by what is known here."""
        standings = await self.overview()
        refused = [standing for standing in standings if standing.state is State.MISCONFIGURED]
        down = [standing.about.title for standing in standings if standing.state is State.DOWN]
        if refused:
            titles = ", ".join(standing.about.title for standing in refused)
            remedies = " ".join(dict.fromkeys(each.about.remedy for each in refused))
            return Finding(ok=False, detail=f"we are refused by {titles}", hint=remedies)
        if down:
            return Finding(
                ok=False, detail=f"no answers from {', '.join(down)}", hint="They are tried again and again."
            )
        used = sum(standing.state is State.UP for standing in standings)
        return Finding(ok=True, detail=f"{used} of {len(standings)} external sources in use")

    def retention(self) -> tuple[Statement, ...]:
        """What is over, so many rows at a time."""
        return self._around.remembered.retention(), self._around.quotas.retention()

    def close(self) -> None:
        """End what nobody waits for any more."""
        self._background.close()

    async def _in_time(self, tasks: Collection[asyncio.Task[Answer | Skip]]) -> None:
        if tasks:
            with suppress(TimeoutError):
                await within(asyncio.wait(tasks), self._deadline, self._around.clock)

    async def _standing(self, seat: Seat) -> Standing:
        if seat.source is None:
            return Standing(seat.about, State.OFF, missing=seat.missing)
        return await seat.source.standing()


def uncertainty(probability: float) -> float:
    """1 for an even chance, 0 for certainty either way."""
    return 4 * probability * (1 - probability)
