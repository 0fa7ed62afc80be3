from __future__ import annotations

import msgspec
import pytest
from tests.support.rows import Tables, message

from whinchat.core.dispatch.inbox import KEEP, KEEP_ASIDE, retry
from whinchat.core.errors import Conflict, StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ContactCard,
    Content,
    Event,
    MessageEdited,
    Poll,
    Quoted,
    ReactionChanged,
    UserRef,
)

DAY = 24 * 3600


@pytest.fixture
def tables() -> Tables:
    return Tables()


async def test_what_is_stored_can_be_loaded_until_it_is_done(tables: Tables) -> None:
    stored = await tables.inbox.store(message("hello"))
    assert stored is not None
    assert await tables.inbox.load(stored.id) == stored
    await tables.database.commit(Batch((tables.inbox.done(stored.id),)))
    assert await tables.inbox.load(stored.id) is None
    assert await tables.rows("SELECT state, body FROM events") == [("done", None)]


async def test_done_is_done_once(tables: Tables) -> None:
    stored = await tables.inbox.store(message())
    assert stored is not None
    await tables.database.commit(Batch((tables.inbox.done(stored.id),)))
    with pytest.raises(Conflict):
        await tables.database.commit(Batch((tables.inbox.done(stored.id),)))


async def test_account_chat_sender_id_and_kind_are_an_events_identity(tables: Tables) -> None:
    event = message(id="x")
    reaction = ReactionChanged(
        account=event.account, chat=event.chat, id="x", sender=event.sender, time=0, target=event.ref, emoji="👍"
    )
    same_but_for: list[Event] = [
        msgspec.structs.replace(event, account="other"),
        msgspec.structs.replace(event, chat=ChatRef("other", ChatKind.GROUP)),
        msgspec.structs.replace(event, sender=UserRef("other")),
        msgspec.structs.replace(event, id="other"),
        reaction,
    ]
    for each in [event, *same_but_for]:
        assert await tables.inbox.store(each) is not None
        assert await tables.inbox.store(each) is None
    # Anything else may differ from one delivery to the next.
    assert await tables.inbox.store(msgspec.structs.replace(event, time=99, offline=True)) is None


async def test_halves_of_characters_become_the_replacement_sign_and_nothing_is_lost(tables: Tables) -> None:
    event = msgspec.structs.replace(
        message(id="\ud800"),
        content=Content(
            text="pay\udcff at \ud83d\ude00 https://evil.example",
            poll=Poll("which\ud800", ("a", "b\udfff")),
            contacts=(ContactCard(vcard="\ud9ff"),),
        ),
        quoted=Quoted("q", "bob", Content(text="\udead")),
    )
    stored = await tables.inbox.store(event)
    assert stored is not None
    loaded = await tables.inbox.load(stored.id)
    assert loaded == stored
    assert stored.event == msgspec.structs.replace(
        message(id="\ufffd"),
        content=Content(
            text="pay\ufffd at \ufffd\ufffd https://evil.example",
            poll=Poll("which\ufffd", ("a", "b\ufffd")),
            contacts=(ContactCard(vcard="\ufffd"),),
        ),
        quoted=Quoted("q", "bob", Content(text="\ufffd")),
    )


async def test_ids_that_differ_in_a_half_character_are_two_events(tables: Tables) -> None:
    assert await tables.inbox.store(message("one", id="\ud800")) is not None
    assert await tables.inbox.store(message("two", id="\ud801")) is not None
    assert await tables.inbox.store(message("one", id="\ud800")) is None


async def test_an_edit_keeps_its_kind_when_it_is_mended(tables: Tables) -> None:
    original = message()
    edit = MessageEdited(
        account=original.account,
        chat=original.chat,
        id="e",
        sender=original.sender,
        time=0,
        target="1",
        content=Content(text="\ud800"),
    )
    stored = await tables.inbox.store(edit)
    assert stored is not None
    assert stored.event == msgspec.structs.replace(edit, content=Content(text="\ufffd"))


async def test_a_known_event_waits_until_it_is_handled(tables: Tables) -> None:
    event = message()
    assert await tables.inbox.waits(event) is None
    stored = await tables.inbox.store(event)
    assert stored is not None
    assert await tables.inbox.waits(event) == stored.id
    await tables.database.commit(Batch((tables.inbox.done(stored.id),)))
    assert await tables.inbox.waits(event) is None


async def test_waiting_events_come_oldest_first_and_only_those_old_enough(tables: Tables) -> None:
    first = await tables.inbox.store(message(id="1", chat="a"))
    tables.clock.move(10)
    second = await tables.inbox.store(message(id="2", chat="b"))
    assert first is not None
    assert second is not None
    everything = [(first.id, first.chat_key), (second.id, second.chat_key)]
    assert [row async for row in tables.inbox.waiting()] == everything
    assert [row async for row in tables.inbox.waiting(longer_than=10_000)] == everything[:1]


async def test_failed_attempts_are_counted_and_the_last_one_sets_aside(tables: Tables) -> None:
    stored = await tables.inbox.store(message())
    assert stored is not None
    assert await tables.inbox.failed(stored.id, "first") == 1
    assert await tables.inbox.failed(stored.id, "second") == 2
    loaded = await tables.inbox.load(stored.id)
    assert loaded is not None
    assert loaded.attempts == 2
    await tables.inbox.set_aside(stored.id, "second")
    (aside,) = await tables.inbox.aside()
    assert (aside.id, aside.kind, aside.error, aside.attempts) == (stored.id, "message", "second", 2)
    assert await tables.inbox.load(stored.id) is None
    with pytest.raises(Conflict):
        await tables.inbox.failed(stored.id, "third")


async def test_what_was_set_aside_is_put_back_with_all_its_attempts(tables: Tables) -> None:
    stored = await tables.inbox.store(message("kept"))
    assert stored is not None
    await tables.inbox.failed(stored.id, "bad")
    await tables.inbox.set_aside(stored.id, "bad")
    assert await retry(tables.database, stored.id)
    assert not await retry(tables.database, stored.id)
    assert await tables.inbox.load(stored.id) == stored


async def test_the_newest_are_listed_first(tables: Tables) -> None:
    for number in range(3):
        stored = await tables.inbox.store(message(id=str(number)))
        assert stored is not None
        await tables.inbox.set_aside(stored.id, str(number))
    assert [aside.error for aside in await tables.inbox.aside(limit=2)] == ["2", "1"]


async def test_a_damaged_body_is_noticed(tables: Tables) -> None:
    stored = await tables.inbox.store(message())
    assert stored is not None
    await tables.database.commit(Batch((Statement("UPDATE events SET body = :body", {"body": b"12345678damaged"}),)))
    with pytest.raises(StorageError):
        await tables.inbox.load(stored.id)


async def test_identities_outlive_every_repetition_and_what_waits_stays_for_ever(tables: Tables) -> None:
    done, aside, waiting = [await tables.inbox.store(message(id=name)) for name in ("done", "aside", "waiting")]
    assert done is not None
    assert aside is not None
    assert waiting is not None
    await tables.database.commit(Batch((tables.inbox.done(done.id),)))
    await tables.inbox.set_aside(aside.id, "bad")

    async def forget() -> list[object]:
        await tables.database.commit(Batch((tables.inbox.forget(0, 10),)))
        return [state for (state,) in await tables.rows("SELECT state FROM events ORDER BY id")]

    tables.clock.move(KEEP / 1000)
    assert await forget() == ["done", "aside", "waiting"]  # asked to keep nothing, it keeps identities all the same
    tables.clock.move(0.001)
    assert await forget() == ["aside", "waiting"]
    tables.clock.move((KEEP_ASIDE - KEEP) / 1000)
    assert await forget() == ["waiting"]
    tables.clock.move(1000 * DAY)
    assert await forget() == ["waiting"]


async def test_only_so_many_are_forgotten_at_a_time(tables: Tables) -> None:
    for number in range(5):
        stored = await tables.inbox.store(message(id=str(number)))
        assert stored is not None
        await tables.database.commit(Batch((tables.inbox.done(stored.id),)))
    tables.clock.move(2 * KEEP / 1000)
    assert [len(rows) for rows in await tables.database.commit(Batch((tables.inbox.forget(KEEP, 3),)))] == [3]
    assert [len(rows) for rows in await tables.database.commit(Batch((tables.inbox.forget(KEEP, 3),)))] == [2]
