"""A person's own chat keeps the id that it was first known by, whatever the network calls it later.

Networks move people from their phone number to an id of its own (WhatsApp's LID, Meta's business-scoped id). What was
asked, chosen and noted in the chat must not be lost by that, and what waits there has to stay in order with what comes.
So nothing of it is moved: every table goes on knowing the chat by the first id (`ChatRef.lasting`), and only what is
sent uses the new one.

A number is handed on only once, to the first who comes with an id of their own: it may be somebody else's by then, whom
no table could tell apart. Whoever was known by such an id before stays who they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

from msgspec.structs import replace

from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Database, Sealer, Statement
from whinchat.core.types import ChatKind, Event, UserRef

log = logging.getLogger(__name__)

KEPT = 8192  # people

_FIND = "SELECT first FROM first_ids WHERE person = :person"
_NOTE = """
    INSERT INTO first_ids (person, first) VALUES (:person, :first)
    ON CONFLICT (person) DO UPDATE SET first = excluded.first"""
_HAND_ON = "DELETE FROM first_ids WHERE person = :person"


class FirstIds:
    """The table `first_ids`: a person's id to the first one, or nothing where that is itself; also, until somebody with
    an id of their own has come, a number to the id of who was known by it alone. Ids stand there as keyed digests.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._order = asyncio.Lock()

    async def named(self, event: Event) -> Event:
        """The event with its chat as our tables know it. Raises Refused: a new one cannot be written down."""
        chat, sender = event.chat, event.sender
        if chat.kind is not ChatKind.DIRECT or chat.id != sender.id:
            return event
        key = (event.account, chat.id)
        if key not in self._known:
            async with self._order:
                await self._remember(event.account, sender)
        first = self._known.get(key, chat.id)
        return event if first == chat.id else replace(event, chat=replace(chat, known_as=first))

    async def _remember(self, account: str, person: UserRef) -> None:
        found = await self._find(self._key(account, person.id), person.id)
        if found is None and person.phone is None and person.lid is None:
            return  # nothing here that could be theirs under another id
        self._known[account, person.id] = found or await self._meet(account, person)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def _meet(self, account: str, person: UserRef) -> str:
        """Somebody whose id is new: the first one of theirs."""
        own = self._key(account, person.id)
        number = None if person.phone is None else self._sealer.digest("first id of number", account, person.phone)
        if number is None:
            return await self._write(person.id, self._note(own))
        if person.is_number:
            return await self._write(person.id, self._note(own), self._note(number, person.id))
        first = await self._find(number, person.id)
        if first is None:
            return await self._write(person.id, self._note(own))
        return await self._write(first, self._note(own, first), Statement(_HAND_ON, {"person": number}, rows=1))

    async def _write(self, first: str, *statements: Statement) -> str:
        await self._database.commit(Batch(statements))
        return first

    def _note(self, person: bytes, first: str | None = None) -> Statement:
        sealed = None if first is None else self._sealer.seal("first_ids", person, first.encode())
        return Statement(_NOTE, {"person": person, "first": sealed}, rows=1)

    async def _find(self, person: bytes, itself: str) -> str | None:
        row = await self._database.fetch_one(_FIND, {"person": person})
        if row is None:
            return None
        sealed = row[0]
        if not isinstance(sealed, bytes):
            return itself
        try:
            return self._sealer.open("first_ids", person, sealed).decode()
        except StorageError:
            log.exception("what a chat was first known by cannot be opened")
            return itself

    def _key(self, account: str, id_: str) -> bytes:
        return self._sealer.digest("first id", account, id_)
