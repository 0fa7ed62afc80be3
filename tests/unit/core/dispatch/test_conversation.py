from __future__ import annotations

import pytest
from tests.support.rows import Tables

from whinchat.core.dispatch.conversation import Conversations, Turn
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement

CHAT, OTHER = b"chat", b"other"
ANA, BOB = b"ana", b"bob"


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def talks(tables: Tables) -> Conversations:
    return Conversations(tables.database, tables.sealer, tables.clock)


async def commit(tables: Tables, *statements: Statement) -> None:
    await tables.database.commit(Batch(statements))


async def test_a_question_is_open_to_one_person_in_one_chat_until_it_expires(
    tables: Tables, talks: Conversations
) -> None:
    await commit(tables, talks.open(CHAT, ANA, "app.colour", b"which", seconds=60))
    expires = tables.clock.now() + 60_000
    assert await talks.current(CHAT, ANA) == Turn("app.colour", b"which", expires)
    assert await talks.current(CHAT, BOB) is None
    assert await talks.current(OTHER, ANA) is None
    tables.clock.move(59.999)
    assert await talks.current(CHAT, ANA) is not None
    tables.clock.move(0.001)
    assert await talks.current(CHAT, ANA) is None


async def test_the_newest_question_replaces_the_one_before(tables: Tables, talks: Conversations) -> None:
    await commit(tables, talks.open(CHAT, ANA, "app.colour", b"1", seconds=60))
    old = await talks.current(CHAT, ANA)
    assert old is not None
    await commit(tables, talks.open(CHAT, ANA, "app.size", b"2", seconds=90))
    turn = await talks.current(CHAT, ANA)
    assert turn is not None
    assert (turn.topic, turn.data) == ("app.size", b"2")
    with pytest.raises(Conflict):  # an answer to the old question comes too late
        await commit(tables, talks.close(CHAT, ANA, old))


async def test_one_answer_wins(tables: Tables, talks: Conversations) -> None:
    await commit(tables, talks.open(CHAT, ANA, "app.colour", b"", seconds=60))
    turn = await talks.current(CHAT, ANA)
    assert turn is not None
    await commit(tables, talks.close(CHAT, ANA, turn))
    with pytest.raises(Conflict):
        await commit(tables, talks.close(CHAT, ANA, turn))
    assert await talks.current(CHAT, ANA) is None
