"""What the operations are asked with: one struct each. Unknown names are an error, so that a typo is noticed."""

from __future__ import annotations

import msgspec

from whinchat.core.types import Content
from whinchat.transports.simulator.messages import NewMedia
from whinchat.transports.simulator.talk import Quote


class Arguments(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of all arguments."""


class NoArguments(Arguments):
    pass


class CreatePerson(Arguments):
    name: str
    phone: str | None = None
    colour: str | None = None


class Direct(Arguments):
    people: tuple[str, str]


class CreateGroup(Arguments):
    subject: str
    by: str
    members: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    announce_only: bool = False
    id: str | None = None


class OnePerson(Arguments):
    chat: str
    person: str


class SomePeople(Arguments):
    chat: str
    by: str
    people: tuple[str, ...]


class Subject(Arguments):
    chat: str
    by: str
    subject: str


class Announce(Arguments):
    chat: str
    by: str
    on: bool


class Post(Arguments):
    chat: str
    sender: str
    text: str | None = None
    content: Content | None = None
    media: NewMedia | None = None
    quote: Quote | None = None
    mentions: tuple[str, ...] = ()
    forwarded: bool = False
    id: str | None = None


class PostMany(Arguments):
    messages: tuple[Post, ...]


class EditMessage(Arguments):
    chat: str
    sender: str
    id: str
    text: str | None = None
    content: Content | None = None
    mentions: tuple[str, ...] = ()


class OneMessage(Arguments):
    chat: str
    sender: str
    id: str


class DeleteMessage(OneMessage):
    by: str


class ReactTo(OneMessage):
    by: str
    emoji: str


class Read(OnePerson):
    upto: int | None = None


class Typing(OnePerson):
    on: bool


class Presence(Arguments):
    person: str
    online: bool


class History(Arguments):
    chat: str
    before: int | None = None
    limit: int = 50


class Switch(Arguments):
    on: bool


class SetScript(Arguments):
    state: str


class Reset(Arguments):
    seed: int | None = None
