"""Whom the account may write to, when a person has two ids."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.library import ANA, ANA_PHONE
from tests.support.messages import said

from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked.contacts import Contacts
from whinchat.transports.linked.identities import KnownIdentities
from whinchat.transports.linked.migrations import MIGRATIONS
from whinchat.transports.linked.records import Records

BY_NUMBER, BY_LID = ChatRef(ANA_PHONE, ChatKind.DIRECT), ChatRef(ANA, ChatKind.DIRECT)


@pytest.mark.parametrize(("locked", "other"), [(BY_NUMBER, BY_LID), (BY_LID, BY_NUMBER)])
async def test_a_chat_that_is_locked_is_so_under_both_ids_until_they_write(locked: ChatRef, other: ChatRef) -> None:
    clock, identities = FakeClock(), KnownIdentities()
    records = Records(MemoryDatabase(MIGRATIONS), PlainSealer(), clock, "bot")
    contacts = Contacts(records, identities, clock, first_contact=False)
    await contacts.heard([replace(said("hello"), chat=BY_NUMBER)])
    identities.learn(ANA, ANA_PHONE)
    assert [await contacts.refusal(chat) for chat in (locked, other)] == ["", ""]
    await contacts.time_locked(locked)
    assert [await contacts.refusal(chat) for chat in (locked, other)] == ["restricted", "restricted"]
    await contacts.heard([replace(said("hello"), chat=other)])
    assert [await contacts.refusal(chat) for chat in (locked, other)] == ["", ""]
