"""Plays recorded messages into a world: a given number a second, or as fast as the bots keep up."""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Protocol

import aiohttp
import msgspec

from whinchat.core.errors import Refused
from whinchat.core.ports import Clock
from whinchat.core.types import Content
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.operations import perform
from whinchat.web.access import Failure

BATCH = 200  # messages of one call
BEHIND = 2_000  # events that may wait for a bot before playing pauses
PAUSE = 0.02  # seconds between looks
COLUMNS = ["label", "text", "source", "date", "has_url"]


class Record(msgspec.Struct, frozen=True):
    """A recorded message, with what is known of it."""

    content: Content
    label: str = ""
    source: str = ""
    date: str = ""


class Progress(msgspec.Struct, frozen=True):
    posted: int
    waiting: int
    """Events that the slowest bot has not acknowledged."""
    seconds: float


class Place(msgspec.Struct, frozen=True):
    """A group to play in; the first member is its admin."""

    chat: str
    members: tuple[str, ...]


class WorldApi(Protocol):
    async def call(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The operation's value as JSON has it. Raises Refused."""
        ...


class LocalApi:
    """A world in this process."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def call(self, operation: str, arguments: dict[str, Any]) -> Any:
        return msgspec.to_builtins(perform(self._host, operation, arguments))


class HttpApi:
    """A world elsewhere, such as at `http://127.0.0.1:8765`; the session is the caller's to close."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: str) -> None:
        self._session = session
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, operation: str, arguments: dict[str, Any]) -> Any:
        address, body = f"{self._address}/api/{operation}", msgspec.json.encode(arguments)
        async with self._session.post(address, data=body, headers=self._headers) as response:
            answer = await response.read()
            if response.status >= 400:
                failure = msgspec.json.decode(answer, type=Failure)
                raise Refused(failure.message, hint=failure.hint, code=failure.code)
            return msgspec.json.decode(answer)


class Player:
    """Spreads messages over groups and people by `random`; ids of messages are `RUN-0`, `RUN-1`, … in their order."""

    def __init__(self, api: WorldApi, clock: Clock, random: Random, *, account: str = "Whinchat") -> None:
        """`account`: name, number or id of the bot that is a member of every group."""
        self._api = api
        self._clock = clock
        self._random = random
        self._account = account
        self.run = f"{random.getrandbits(32):08x}"

    async def settle(self, groups: int, people: int, *, size: int = 8, opening: str | None = None) -> list[Place]:
        """Make people, and groups of `size` of them with the bot; the admin of each says `opening`. Raises Refused."""
        everybody = [(await self._api.call("person", {"name": f"Player {n + 1}"}))["id"] for n in range(people)]
        places: list[Place] = []
        for number in range(groups):
            admin, *others = self._random.sample(everybody, min(size, people))
            arguments = {"subject": f"Group {number + 1}", "by": admin, "members": [*others, self._account]}
            chat = (await self._api.call("group", arguments))["id"]
            places.append(Place(chat, (admin, *others)))
            if opening is not None:
                await self._api.call("post", {"chat": chat, "sender": admin, "text": opening})
        return places

    async def play(
        self,
        contents: Iterable[Content],
        places: list[Place],
        *,
        rate: float | None = None,
        behind: int = BEHIND,
        progress: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """`rate`: messages a second; None: as fast as at most `behind` wait for the bot. Returns when all are posted.

        Raises Refused: a message cannot be posted; those before it are.
        """
        began = self._clock.monotonic()
        reached = Progress(0, 0, 0.0)
        messages = self._messages(contents, places)
        while batch := list(itertools.islice(messages, await self._room(rate, behind, reached, began))):
            posted = await self._api.call("post_many", {"messages": batch})
            seconds = self._clock.monotonic() - began
            reached = Progress(reached.posted + len(batch), posted["waiting"], seconds)
            if progress is not None:
                progress(reached)
        return reached

    async def finish(self, *, progress: Callable[[Progress], None] | None = None) -> None:
        """Until the bots have acknowledged everything."""
        began = self._clock.monotonic()
        while waiting := await self._waiting():
            if progress is not None:
                progress(Progress(0, waiting, self._clock.monotonic() - began))
            await self._clock.sleep(PAUSE)

    async def _room(self, rate: float | None, behind: int, reached: Progress, began: float) -> int:
        """How many messages to post next: waits until that is one at least."""
        if rate is not None:
            while (due := int((self._clock.monotonic() - began) * rate) + 1 - reached.posted) < 1:
                await self._clock.sleep(PAUSE)
            return min(due, BATCH)
        waiting = reached.waiting
        while waiting >= behind:
            await self._clock.sleep(PAUSE)
            waiting = await self._waiting()
        return min(BATCH, behind - waiting)

    async def _waiting(self) -> int:
        return int((await self._api.call("post_many", {"messages": []}))["waiting"])

    def _messages(self, contents: Iterable[Content], places: list[Place]) -> Iterator[dict[str, Any]]:
        for number, content in enumerate(contents):
            place = self._random.choice(places)
            yield {
                "chat": place.chat,
                "sender": self._random.choice(place.members),
                "id": f"{self.run}-{number}",
                "content": msgspec.to_builtins(content),
            }


def read_records(path: Path) -> Iterator[Record]:
    """Messages of a file, one at a time: TSV (label, text, source, date, has_url) or JSON lines; `.gz` of either.

    A JSON line is a Content, or a Record with `content`. Raises Refused: another format; names the line.
    """
    read = _from_tsv if path.name.removesuffix(".gz").endswith(".tsv") else _from_json
    with (
        gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw,
        io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="\n") as lines,
    ):
        yield from read(path.name, lines)


def _from_tsv(name: str, lines: Iterable[str]) -> Iterator[Record]:
    rows = (line.rstrip("\r\n").split("\t") for line in lines)
    if next(rows, None) != COLUMNS:
        raise Refused(f"{name} cannot be played", hint=f"the first line has to be {', '.join(COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(COLUMNS):
            raise Refused(f"{name}, line {number}: {len(row)} columns instead of {len(COLUMNS)}")
        label, text, source, date, _ = row
        if text:
            yield Record(Content(text=text), label, source, date)


def _from_json(name: str, lines: Iterable[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        try:
            found = msgspec.json.decode(line, type=dict[str, Any])
            yield msgspec.convert(found if "content" in found else {"content": found}, Record)
        except msgspec.MsgspecError as error:
            raise Refused(f"{name}, line {number}: {error}", hint="one Content or Record as JSON a line") from None
