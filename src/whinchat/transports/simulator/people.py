"""Who lives in the world: people, and the bots' accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import UserRef

COLOURS = (
    "#c2185b", "#00897b", "#5e35b1", "#ef6c00", "#1e88e5", "#6d4c41", "#43a047", "#8e24aa",
    "#d84315", "#3949ab", "#00838f", "#7cb342",
)  # fmt: skip
PHONE = re.compile(r"\+[1-9][0-9]{5,14}\Z")
COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
LONGEST_NAME = 80


class Person(msgspec.Struct, omit_defaults=True):
    """A person, or a bot's account; as the page and the API show them."""

    id: str
    name: str
    phone: str
    """E.164."""
    colour: str
    online: bool
    bot: bool = False
    account: str = ""
    """Of a bot: what the service calls it."""
    connected: bool = False
    """Of a bot: the service is there."""
    waiting: int = 0
    """Of a bot: events that the service has not acknowledged."""

    def reference(self) -> UserRef:
        return UserRef(self.id, phone=self.phone, name=self.name)


class People:
    """Everybody, by id; phone numbers are unique, names need not be."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._people: dict[str, Person] = {}
        self._bots: dict[str, Person] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __getitem__(self, person: str) -> Person:
        """Raises Refused (`no_person`)."""
        try:
            return self._people[person]
        except KeyError:
            raise Refused("there is no such person", hint="create the person first", code="no_person") from None

    def bots(self) -> Iterator[Person]:
        return iter(self._bots.values())

    def bot(self, account: str) -> Person:
        """The bot of an account, created when first asked for."""
        found = self._bots.get(account)
        if found is None:
            found = self._bots[account] = self._new("Whinchat", None, None)
            found.bot, found.account = True, account
        return found

    def create(self, name: str, phone: str | None = None, colour: str | None = None) -> Person:
        """Raises Refused: a name, number or colour that cannot be, or a number that somebody has."""
        return self._new(name, phone, colour)

    def find(self, who: str) -> Person:
        """By id, phone number, or a name that only one has. Raises Refused (`no_person`, `ambiguous`)."""
        if who in self._people:
            return self._people[who]
        by_phone = self._people.get(f"{who.removeprefix('+')}@sim")
        if by_phone is not None:
            return by_phone
        named = [person for person in self if person.name == who]
        if len(named) > 1:
            raise Refused("several people have that name", hint="use the id or the phone number", code="ambiguous")
        return named[0] if named else self[who]

    def _new(self, name: str, phone: str | None, colour: str | None) -> Person:
        if not 0 < len(name) <= LONGEST_NAME:
            raise Refused("a name has 1 to 80 characters", code="bad_name")
        phone = phone or self._free_phone()
        if not PHONE.match(phone):
            raise Refused("not a phone number", hint="write it as +5511900000001", code="bad_phone")
        if colour is not None and not COLOUR.match(colour):
            raise Refused("not a colour", hint="write it as #c2185b", code="bad_colour")
        identity = f"{phone[1:]}@sim"
        if identity in self._people:
            raise Refused("somebody has that phone number", hint="choose another one", code="taken")
        colour = colour or COLOURS[len(self._people) % len(COLOURS)]
        person = self._people[identity] = Person(identity, name, phone, colour, online=True)
        return person

    def _free_phone(self) -> str:
        """A made-up number of a country code that is not assigned."""
        while True:
            phone = f"+999{self._random.randrange(10**8, 10**9)}"
            if f"{phone[1:]}@sim" not in self._people:
                return phone
