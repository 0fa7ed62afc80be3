"""Whom the account may write to: groups, and people who wrote to it first, unless the operator lets it begin.

Writing first to strangers is what accounts are shut out for. WhatsApp answers it with error 463, the reach-out
time-lock: then no chat is begun for hours, also after a restart, while answers go on. The same error for somebody who
did write locks that chat too, until they write again. Nothing of that is ever tried again by itself.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable

from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Clock
from whinchat.core.types import ChatKind, ChatRef, Event, MessageReceived
from whinchat.transports.linked.identities import KnownIdentities
from whinchat.transports.linked.records import Records

log = logging.getLogger(__name__)

LOCKED = 12 * 3600 * 1000  # milliseconds
KEPT = 1024  # chats that are locked


class Contacts:
    def __init__(self, records: Records, identities: KnownIdentities, clock: Clock, *, first_contact: bool) -> None:
        self._records = records
        self._identities = identities
        self._clock = clock
        self._first_contact = first_contact
        self._restricted_until = 0
        self._locked: OrderedDict[str, int] = OrderedDict()
        """Chat to when its lock ends."""

    def restrict(self, until: int) -> None:
        """Nothing new is begun until then, in milliseconds."""
        self._restricted_until = until

    async def heard(self, events: Iterable[Event]) -> None:
        """Note who wrote, before anybody answers."""
        direct = [event for event in events if _is_letter(event)]
        for id_ in (each for event in direct for each in self._identities.all_of(event.chat.id)):
            self._locked.pop(id_, None)
        if direct:
            await self._records.wrote(each for event in direct for each in self._identities.all_of(event.chat.id))

    async def refusal(self, chat: ChatRef) -> str:
        """A code of why nothing may be sent there; empty when it may."""
        if chat.kind is ChatKind.GROUP:
            return ""
        if chat.kind is ChatKind.CHANNEL:
            return "unsupported"
        ids = self._identities.all_of(chat.id)
        if await self._records.has_written(ids):
            return "restricted" if any(self._locked.get(each, 0) > self._clock.now() for each in ids) else ""
        if not self._first_contact:
            return "first_contact"
        return "restricted" if self._restricted_until > self._clock.now() else ""

    async def time_locked(self, chat: ChatRef) -> int:
        """The network refused it with 463. Until when nothing new is begun, in milliseconds."""
        until = self._clock.now() + LOCKED
        self.restrict(until)
        self._locked[chat.id] = until
        self._locked.move_to_end(chat.id)
        while len(self._locked) > KEPT:
            self._locked.popitem(last=False)
        try:
            await self._records.restricted(until)
        except WhinchatError as error:
            log.warning("a restriction is known until the next restart only", extra={"error": error.code})
        return until


def _is_letter(event: Event) -> bool:
    return isinstance(event, MessageReceived) and event.chat.kind is ChatKind.DIRECT
