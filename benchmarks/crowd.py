"""People in groups: what they do, made up with a seed, and who hears what becomes of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence

from benchmarks.common import TALK, Group, World

from whinchat.transports.simulator.transcript import Entry, EntryKind

KINDS = {"talk": 84, "harmless": 6, "dangerous": 4, "edited": 1, "asked": 2, "ruled": 1, "moved": 2}  # of 100
ASKED = ("!ping", "!scan status")
SITE = re.compile(r"paypa1-login-(\d+)")


class Crowd:
    """What people do, made up with a seed, and what has to come of it."""

    def __init__(self, world: World, groups: Sequence[Group], seed: int = 1) -> None:
        self.random = random.Random(seed)
        self._world = world
        self._groups = groups
        self._guests = {group.id: world.call("person", name=f"Guest of {group.id}").id for group in groups}
        self._inside: set[str] = set()
        self._number = 0
        self.forget()

    def forget(self) -> None:
        """What came before; numbers of links go on."""
        self.events = self.links = self.commands = 0
        self.dangerous: set[int] = set()

    def act(self) -> None:
        self._number += 1
        self.events += 1
        group = self.random.choice(self._groups)
        (kind,) = self.random.choices(tuple(KINDS), tuple(KINDS.values()))
        getattr(self, f"_{kind}")(group)

    def _post(self, group: Group, text: str, sender: str = "") -> tuple[str, str]:
        """Who, and which message."""
        sender = sender or self.random.choice(group.members)
        return sender, self._world.call("post", chat=group.id, sender=sender, text=text).id

    def _talk(self, group: Group) -> None:
        self._post(group, self.random.choice(TALK))

    def _harmless(self, group: Group) -> None:
        self.links += 1
        self._post(group, f"{self.random.choice(TALK)} https://www.example.org/news/{self._number}.html")

    def _danger(self) -> str:
        self.links += 1
        self.dangerous.add(self._number)
        return f"look https://paypa1-login-{self._number}.pages.dev/verify before tonight"

    def _dangerous(self, group: Group) -> None:
        self._post(group, self._danger())

    def _edited(self, group: Group) -> None:
        self.events += 1
        sender, message = self._post(group, self.random.choice(TALK))
        self._world.call("edit", chat=group.id, sender=sender, id=message, text=self._danger())

    def _asked(self, group: Group) -> None:
        self.commands += 1
        self._post(group, self.random.choice(ASKED))

    def _ruled(self, group: Group) -> None:
        self.commands += 1
        self._post(group, f"!scan allow shop-{self._number}.example.com for 1d", group.members[0])

    def _moved(self, group: Group) -> None:
        self._world.call("leave" if group.id in self._inside else "join", chat=group.id, person=self._guests[group.id])
        self._inside ^= {group.id}


class Witness:
    """Hears the world: how often each reference arrived, whom the bot warned of, and how often it said other things."""

    def __init__(self) -> None:
        self.bot = ""
        self.forget()

    def forget(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.warned: Counter[int] = Counter()
        self.answers = 0

    def hear(self, entry: Entry | None) -> None:
        if entry is None or entry.actor != self.bot:
            return
        if entry.kind is EntryKind.SEND and entry.arrived:
            self.arrived[entry.reference] += 1
        elif entry.kind is EntryKind.MESSAGE and entry.content is not None:
            if site := SITE.search(entry.content.text):
                self.warned[int(site[1])] += 1
            else:
                self.answers += 1
