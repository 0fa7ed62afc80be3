"""Talks with a process in lines of JSON: commands with a number, answers with the same one, and events between them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.support.whatsapp.log import Log

Event = dict[str, Any]
ENDED: Event = {"event": "ended"}
LONGEST = 1 << 22
"""Bytes of a line."""


class Failed(Exception):
    """What the process says went wrong, or that it is no more."""


class Peer:
    failure: type[Failed] = Failed

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.events: Log[Event] = Log()
        self.pid = process.pid
        self._process = process
        self._killed = False
        self._numbers = 0
        self._answers: dict[int, asyncio.Future[object]] = {}

    async def listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            if line.startswith(b"{"):  # libraries write there too
                self._take(json.loads(line))
        self.events.add(ENDED)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(self.failure("the process ended"))

    def _take(self, told: Event) -> None:
        if "n" not in told:
            self.events.add(told)
            return
        answer = self._answers.pop(told["n"])
        if answer.done():
            return  # whoever asked has gone
        if "error" in told:
            answer.set_exception(self.failure(told["error"]))
        else:
            answer.set_result(told.get("result"))

    async def do(self, verb: str, **arguments: object) -> Any:
        """Raises `Failed`."""
        assert self._process.stdin is not None
        self._numbers += 1
        answer = self._answers[self._numbers] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"n": self._numbers, "do": verb, **arguments}).encode() + b"\n")
        return await answer

    async def event(self, name: str, *, within: float = 15, **fields: object) -> Event:
        """The first one of that name, and with these fields, since the process began. Raises `Failed`."""
        wanted = {"event": name, **fields}
        found = await self.events.first(lambda event: wanted.items() <= event.items() or event is ENDED, within=within)
        if found is ENDED:
            raise self.failure("the process ended")
        return found

    def kill(self) -> None:
        if not self._killed and self._process.returncode is None:
            self._killed = True
            self._process.kill()


P = TypeVar("P", bound=Peer)


@asynccontextmanager
async def process(
    kind: Callable[[asyncio.subprocess.Process], P],
    module: str,
    *arguments: str,
    errors: Path,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[P]:
    """A module of ours that says when it is ready; killed in the end. `errors`: where its standard error goes."""
    with errors.open("ab") as file:
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            env=os.environ | (environment or {}),
            limit=LONGEST,
        )
    peer = kind(started)
    listener = asyncio.create_task(peer.listen())
    try:
        await peer.event("ready", within=30)
        yield peer
    finally:
        peer.kill()
        await listener
        await started.wait()
