"""A soak: the service for days, killed now and then, and whether anything grows, is lost or is doubled.

`python -m benchmarks.bench_soak [--hours H] [--state FILE] | --report FILE` prints one JSON line. 50 groups talk,
mostly without links, some with new harmless or dangerous ones, also by editing; they ask the bot, make rules, come and
go.

default      24 weeks in four minutes: 5,000 messages a week at 600 a second, then the clock of world and service is set
             forward by a week, and the night's work is made up. From the thirteenth week on, as much is removed as is
             added: what is kept for longest, strikes, is kept for 90 days.
--hours 168  seven days by the machine's clock, one message a second, with a line of progress an hour. SIGINT and
             SIGTERM end it early, with its result. `--state` keeps every sample as it is taken; `--report` prints the
             result of such a file, whatever became of the run.

Everything is kept for as short as the settings allow: 8 days what was handled and sent, a day what was seen. In the
first 0.4 of the run the service is killed (SIGKILL) every second week, or sixth hour, in the middle of the messages;
where weeks are skipped, in the night after as well. Then one process lives to the end, and `slope` is that of the
second half: megabytes a 100,000 messages, and two standard errors. A sample is taken when all is handled and sent, and
the night's work done: megabytes of memory and of the database's pages (`used`, and with the free ones `database`), open
files, threads, jobs. `behind` is the most events that waited for the service.

Every interval is checked: each event is handled once, each new link remembered once, each dangerous message warned of
once, each command answered. `doubled` counts sendings that arrived twice, `unanswered` commands whose answer was given
up: right for what was being sent when the service was killed (decisions/0005), a fault otherwise. Faults are in the
result, and the benchmark then ends with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import (
    BATCH,
    BEHIND,
    INTERPRETER,
    LOOK,
    Service,
    World,
    machine,
    make_groups,
    open_service,
    open_world,
    say,
    tell,
    until,
)
from benchmarks.crowd import Crowd, Witness
from benchmarks.skipping import SkippingClock
from benchmarks.soak_result import counts, faults, marks, sample, summary

WEEK = 7 * 24 * 3600 * 1000  # milliseconds
GROUPS = 50
KILLED = 0.4  # part of the run in which the service is killed
QUIET = 1.0  # seconds before a look
ROOT = Path(__file__).parents[1]
SETTINGS = {
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
    "WHINCHAT_STORAGE__AUDIT_DAYS": "1",
    "WHINCHAT_APPS__SCANNER__SIGHTINGS_DAYS": "1",
    "WHINCHAT_APPS__SCANNER__LABELS_DAYS": "1",
}
NIGHTLY = """SELECT (SELECT count(*) FROM schedules WHERE name LIKE '% nightly %' AND fired_at <= {0})
                  + (SELECT count(*) FROM jobs WHERE key = 'nightly' AND state <> 'dead')"""


@dataclass(frozen=True, slots=True)
class Plan:
    intervals: int
    seconds: float
    """Of messages, in each."""
    rate: float
    """Messages a second."""
    kill_every: int
    """Intervals."""
    skip: bool
    """The clock is set forward by a week after each."""

    def kills(self, number: int) -> bool:
        return number % self.kill_every == 0 and number <= KILLED * self.intervals


QUICK = Plan(intervals=24, seconds=5_000 / 600, rate=600.0, kill_every=2, skip=True)


class Soak:
    def __init__(self, plan: Plan, world: World, service: Service, witness: Witness, clock: SkippingClock) -> None:
        self.stopping = asyncio.Event()
        self._plan = plan
        self._world = world
        self._service = service
        self._witness = witness
        self._clock = clock
        self._messages = self._behind = self._kills = 0
        self._interrupted: set[str] = set()

    async def prepare(self) -> None:
        await self._service.start()
        self._crowd = Crowd(self._world, await make_groups(self._world, self._service, GROUPS))

    async def interval(self, number: int) -> dict[str, Any]:
        """Messages, a kill if it is time, the night; what was wrong, and a sample."""
        self._crowd.forget()
        self._witness.forget()
        self._interrupted.clear()
        self._behind = self._kills = 0
        before = marks(self._service)
        ended = await self._talk(self._plan.kills(number))
        found = {
            "messages": self._messages,
            "behind": self._behind,
            **counts(self._service, before, self._crowd, self._witness, self._interrupted),
        }
        if self._plan.skip:
            await self._night(self._plan.kills(number))
        await asyncio.sleep(QUIET)
        found |= {"kills": self._kills, "faults": [*ended, *faults(found)], **sample(self._service)}
        return {"interval": number, **found}

    async def _talk(self, kills: bool) -> list[str]:
        """Returns when all is handled and sent."""
        speaking = asyncio.ensure_future(self._speak())
        if kills:
            await asyncio.wait([speaking], timeout=self._crowd.random.uniform(0.2, 0.8) * self._plan.seconds)
            await self._kill()
        await speaking
        ended = self._service.process.returncode is not None
        if ended:
            await self._service.start()
        await until(lambda: not self._world.waiting and not self._service.open_rows, "everything is handled and sent")
        # A signal from the terminal is the service's as well.
        return ["the service ended by itself"] if ended and not self.stopping.is_set() else []

    async def _speak(self) -> None:
        posted, began = 0, time.perf_counter()
        while (now := time.perf_counter() - began) < self._plan.seconds and not self.stopping.is_set():
            waiting = self._world.waiting
            self._behind = max(self._behind, waiting)
            for _ in range(int(min(BATCH, BEHIND - waiting, self._plan.rate * now + 1 - posted))):
                self._crowd.act()
                posted += 1
            await asyncio.sleep(LOOK)
        self._messages += posted

    async def _kill(self) -> None:
        await self._service.kill()
        self._kills += 1
        sending = self._service.query("SELECT reference FROM outbox WHERE state = 'sending'")
        self._interrupted |= {reference for (reference,) in sending}
        await self._service.start()

    async def _night(self, kills: bool) -> None:
        """A week goes by; returns when the nightly jobs are done."""
        done = NIGHTLY.format(self._clock.now())
        self._clock.skip(WEEK)
        if kills:
            await self._kill()
        await until(lambda: self._service.query(done) == [(0,)], "the night's work is done")


async def soak(plan: Plan, folder: Path, keep: Callable[[dict[str, Any]], None]) -> None:
    """Gives every sample to `keep`. Ends early, in good order, at a signal."""
    skipped = folder / "skipped"
    skipped.write_bytes(bytes(8))
    clock, witness = SkippingClock(skipped), Witness()

    class Soaked(Service):
        command = (*INTERPRETER, "-m", "benchmarks.skipping", str(skipped)) if plan.skip else Service.command
        settings = SETTINGS

    async with open_world(witness.hear, clock=clock) as world, open_service(folder, world, Soaked) as service:
        witness.bot = next(world.host.world.people.bots()).id
        run = Soak(plan, world, service, witness, clock)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, run.stopping.set)
        await run.prepare()
        for interval in range(1, plan.intervals + 1):
            keep(await run.interval(interval))
            if run.stopping.is_set():
                break
        await service.stop()


def played(plan: Plan, state: Path | None) -> dict[str, Any]:
    """The result of a run, however it ended."""
    about: dict[str, Any] = {"machine": machine(), "plan": asdict(plan)}
    samples: list[dict[str, Any]] = []
    ended: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        kept = state or Path(folder, "state")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("w", buffering=1) as file:
            file.write(json.dumps(about) + "\n")

            def keep(sample: dict[str, Any]) -> None:
                samples.append(sample)
                file.write(json.dumps(sample) + "\n")
                say(", ".join(f"{name} {value}" for name, value in sample.items()))

            try:
                uvloop.run(soak(plan, Path(folder), keep))
            except SystemExit as end:
                ended = [str(end)]
    result = summary(about, samples)
    return {**result, "faults": [*result["faults"], *ended]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, help="by the machine's clock; without it, 24 weeks in four minutes")
    parser.add_argument("--state", type=Path, help="file that every sample is written to as it is taken")
    parser.add_argument("--report", type=Path, help="no run: the result of a file that --state wrote")
    given = parser.parse_args()
    if given.report:
        about, *samples = map(json.loads, given.report.read_text().splitlines())
        result = summary(about, samples)
    else:
        plan = Plan(given.hours, 3600.0, 1.0, 6, skip=False) if given.hours else QUICK
        result = played(plan, given.state)
    tell(result)
    if result["faults"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
