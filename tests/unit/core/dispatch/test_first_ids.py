"""Under what a person's own chat is known after the network has given them another id."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.rows import Tables

from whinchat.core.dispatch import first_ids
from whinchat.core.dispatch.first_ids import FirstIds
from whinchat.core.dispatch.inbox import Inbox, chat_key
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef, Content, MessageReceived, UserRef

NUMBER = UserRef("49151@s.whatsapp.net", phone="+49151")
LID = UserRef("111@lid", phone="+49151", lid="111@lid")
HIDDEN = UserRef("111@lid", lid="111@lid")
HEIR = UserRef("222@lid", phone="+49151", lid="222@lid")
"""Who has the number after it was given to somebody else."""


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def known(tables: Tables) -> FirstIds:
    return FirstIds(tables.database, tables.sealer)


def message(sender: UserRef, chat: ChatRef | None = None, id_: str = "m1", account: str = "bot") -> MessageReceived:
    return MessageReceived(
        account=account,
        chat=chat or ChatRef(sender.id, ChatKind.DIRECT),
        id=id_,
        sender=sender,
        time=0,
        content=Content(text="hello"),
    )


async def lasting(known: FirstIds, sender: UserRef, account: str = "bot") -> str:
    event = await known.named(message(sender, account=account))
    assert event.chat.id == sender.id  # sent is to where they are now
    assert event.author == event.chat.lasting
    return event.chat.lasting


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NUMBER, LID),
        (UserRef("49151", phone="+49151"), UserRef("DE.abc", phone="+49151")),
        (UserRef("+49151", phone="+49151"), UserRef("DE.abc", phone="+49151")),
    ],
)
async def test_who_was_known_by_number_alone_keeps_the_chat_under_an_id_of_their_own(
    tables: Tables, known: FirstIds, before: UserRef, after: UserRef
) -> None:
    assert await lasting(known, before) == before.id
    assert await lasting(known, after) == before.id
    assert await lasting(known, before) == before.id
    again = FirstIds(tables.database, tables.sealer)  # after a restart
    assert await lasting(again, UserRef(after.id, lid=after.lid)) == before.id  # though no number is told
    assert await lasting(again, after) == before.id


async def test_who_had_an_id_of_their_own_stays_who_they_are(tables: Tables, known: FirstIds) -> None:
    assert await lasting(known, LID) == LID.id
    assert await lasting(known, NUMBER) == NUMBER.id  # for once the library could not be asked
    for each in (known, FirstIds(tables.database, tables.sealer)):
        assert await lasting(each, LID) == LID.id


async def test_who_shows_no_number_at_first_stays_who_they_are(tables: Tables, known: FirstIds) -> None:
    assert await lasting(known, HIDDEN) == HIDDEN.id
    assert await lasting(known, NUMBER) == NUMBER.id
    assert await lasting(FirstIds(tables.database, tables.sealer), LID) == LID.id


async def test_a_number_is_handed_on_once(tables: Tables, known: FirstIds) -> None:
    await lasting(known, NUMBER)
    assert await lasting(known, LID) == NUMBER.id
    assert await lasting(known, HEIR) == HEIR.id
    assert await lasting(FirstIds(tables.database, tables.sealer), HEIR) == HEIR.id


async def test_a_changed_number_changes_nothing(tables: Tables, known: FirstIds) -> None:
    await lasting(known, NUMBER)
    await lasting(known, LID)
    moved = UserRef(LID.id, phone="+49152", lid=LID.id)
    assert await lasting(FirstIds(tables.database, tables.sealer), moved) == NUMBER.id


async def test_accounts_know_nothing_of_each_other(known: FirstIds) -> None:
    await lasting(known, NUMBER)
    assert await lasting(known, LID, account="other") == LID.id


async def test_of_groups_and_of_who_has_one_name_nothing_is_kept(tables: Tables, known: FirstIds) -> None:
    group = ChatRef("club@g.us", ChatKind.GROUP)
    for sender in (NUMBER, LID):
        event = message(sender, group)
        assert await known.named(event) == event
    assert await lasting(known, UserRef("DE.abc")) == "DE.abc"
    assert await tables.rows("SELECT person FROM first_ids") == []


async def test_two_messages_at_once_are_of_one_person(known: FirstIds) -> None:
    await lasting(known, NUMBER)
    assert await asyncio.gather(*(lasting(known, LID) for _ in range(3))) == [NUMBER.id] * 3


async def test_only_so_many_are_remembered_without_asking(
    tables: Tables, known: FirstIds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_ids, "KEPT", 1)
    for sender in (NUMBER, LID, UserRef("5@lid", lid="5@lid")):
        await lasting(known, sender)
    assert len(known._known) == 1
    assert await lasting(known, LID) == NUMBER.id


async def test_what_cannot_be_opened_stops_nobody(
    tables: Tables, known: FirstIds, caplog: pytest.LogCaptureFixture
) -> None:
    await lasting(known, NUMBER)
    await lasting(known, LID)
    await tables.database.commit(Batch((Statement("UPDATE first_ids SET first = x'00' WHERE first IS NOT NULL", {}),)))
    assert await lasting(FirstIds(tables.database, tables.sealer), LID) == LID.id
    assert "cannot be opened" in caplog.text


async def test_an_event_that_comes_again_under_the_other_id_is_the_same(tables: Tables, known: FirstIds) -> None:
    """The library may have learned who it is since it first told of it."""
    inbox = Inbox(tables.database, tables.sealer, tables.clock)
    first, again = [await known.named(message(sender)) for sender in (NUMBER, LID)]
    stored = await inbox.store(first)
    assert stored is not None
    assert await inbox.store(again) is None
    assert stored.chat_key == chat_key(tables.sealer, "bot", again.chat)  # so what comes under either stays in order
