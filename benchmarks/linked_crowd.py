"""People of the fake network who talk with a bot, and a witness of what it does; the same for every kind of bot."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.common import TALK
from benchmarks.linked import Network, Told
from tests.support.whatsapp.lines import Failed

PEOPLE = 10
KINDS: Mapping[str, float] = {"talk": 0.35, "link": 0.45, "ping": 0.1, "group ping": 0.1}
LINK = "look https://www.example.org/news/{i}.html"
BEHIND = 1.0  # seconds that are caught up when the network could not be spoken to


@dataclass(frozen=True)
class Said:
    """`at`: seconds since 1970, before it was said."""

    id: str
    chat: str
    sender: str
    at: float
    ping: bool


@dataclass
class Witness:
    """What the network tells."""

    answers: defaultdict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    """To each ping: ids, and when each was there."""
    confirmed: dict[str, float] = field(default_factory=dict)
    """When the library said of a message that it had arrived."""
    logins: list[float] = field(default_factory=list)

    def hear(self, told: Told) -> None:
        if told["event"] == "received" and told["quoted"]:
            self.answers[told["quoted"]].setdefault(told["id"], told["time"])
        elif told["event"] == "receipt" and told["kind"] in {"", "inactive"}:
            for each in told["ids"]:
                self.confirmed.setdefault(each, time.time())
        elif told["event"] == "connected":
            self.logins.append(told["time"])

    def login_after(self, moment: float) -> float | None:
        return next((login for login in self.logins if login > moment), None)


class Crowd:
    """Speaks as long as the network is there."""

    def __init__(self, network: Network, chance: random.Random) -> None:
        self._network = network
        self._chance = chance
        self._number = 0
        self.said: list[Said] = []
        self.unsure = 0
        """Messages that the network was taking when it was killed."""

    async def gather(self) -> None:
        """In two groups whose admins agree to be protected."""
        names = [f"person{number}" for number in range(PEOPLE)]
        self._people = {name: str((await self._network.do("person", name=name))["lid"]) for name in names}
        self._groups = {
            str(await self._network.do("group", subject=f"Of {count}", people=names[:count])): names[:count]
            for count in (PEOPLE, PEOPLE // 2)
        }
        for group, (admin, *_) in self._groups.items():
            await self._say(admin, "!scan consent", group)

    async def speak(self, rate: float, over: asyncio.Event) -> None:
        """`rate` messages a second."""
        due = time.monotonic()
        while not over.is_set():
            await asyncio.sleep(due - time.monotonic())
            await self._network.there.wait()
            due = max(due + 1 / rate, time.monotonic() - BEHIND)
            try:
                await self._next()
            except Failed:
                self.unsure += 1

    async def _next(self) -> None:
        self._number += 1
        (kind,) = self._chance.choices([*KINDS], [*KINDS.values()])
        group, members = self._chance.choice([*self._groups.items()])
        person = self._chance.choice(members)
        if kind == "talk":
            await self._say(person, self._chance.choice(TALK))
        elif kind == "link":
            await self._say(person, LINK.replace("{i}", str(self._number)), group)
        else:
            await self._say(person, "!ping", group if kind == "group ping" else None, ping=True)

    async def _say(self, person: str, text: str, group: str | None = None, *, ping: bool = False) -> None:
        at = time.time()
        where = {} if group is None else {"group": group}
        (id_,) = (await self._network.do("say", person=person, text=text, **where))["ids"]
        sender = self._people[person]
        self.said.append(Said(id_, group or sender, sender, at, ping))

    async def burst(self, count: int, *, group: bool = False, ping: bool = False) -> list[Said]:
        """So many messages as quickly as the network takes them, each person as many."""
        text = "!ping" if ping else LINK if group else "message {i}: see you at 10.30 in the cafe"
        chat = next(iter(self._groups)) if group else None
        where = {} if chat is None else {"group": chat}
        each, at = count // len(self._people), time.time()
        told = await asyncio.gather(
            *(self._network.do("say", person=name, text=text, count=each, **where) for name in self._people)
        )
        return [
            Said(id_, chat or sender, sender, at, ping)
            for sender, one in zip(self._people.values(), told, strict=True)
            for id_ in one["ids"]
        ]
