from __future__ import annotations

import pytest
from tests.support.rows import Tables, message, reply

from whinchat.core.dispatch import audit as audit_module
from whinchat.core.dispatch import retention as module
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.conversation import Conversations
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.dispatch.inbox import KEEP, chat_key
from whinchat.core.dispatch.outgoing import SendState
from whinchat.core.dispatch.retention import JOB, Retention
from whinchat.core.ports import Batch, Claim, Statement
from whinchat.core.types import ChatKind, ChatRef

CLAIM = Claim(1, JOB.kind, JOB.key, b"", 1, 8, 1, 0)
WEEK = 7 * 24 * 3600 * 1000


async def counts(tables: Tables) -> dict[str, object]:
    found: dict[str, object] = {}
    for table in ("events", "outbox", "steps", "conversations"):
        ((number,),) = await tables.rows(f"SELECT count(*) FROM {table}")
        found[table] = number
    return found


async def fill(tables: Tables, number: int) -> None:
    """One row of each table that is over after its time."""
    stored = await tables.inbox.store(message(id=str(number)))
    assert stored is not None
    await tables.queue(reply("hello"), base=str(number))
    out = await tables.outbox.take(chat_key(tables.sealer, "fake", ChatRef("chat", ChatKind.GROUP)))
    assert out is not None
    await tables.outbox.settle(out, SendState.SENT)
    talks = Conversations(tables.database, tables.sealer, tables.clock)
    step = Statement("INSERT INTO steps (cause, at, what) VALUES (1, :now, 'x')", {"now": tables.clock.now()})
    asking = talks.open(b"chat", str(number).encode(), "topic", b"", seconds=60)
    await tables.database.commit(Batch((tables.inbox.done(stored.id), step, asking)))


async def test_everything_that_is_over_goes_in_one_night_however_much_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    tables = Tables()
    for number in range(5):
        await fill(tables, number)
    retention = Retention(tables.database, tables.inbox, tables.outbox, tables.clock, WEEK)
    tables.clock.move((KEEP + 1) / 1000)
    before = tables.database._connection.total_changes
    commits = 0

    def counting(point: str) -> None:
        nonlocal commits
        if point == "after_commit":
            commits += 1
            assert tables.database._connection.total_changes - before <= 8 * commits

    tables.database.hook = counting
    assert await retention.run(CLAIM) is NOTHING
    assert await counts(tables) == {"events": 0, "outbox": 0, "steps": 0, "conversations": 0}
    assert commits == 4


async def test_what_is_not_over_stays() -> None:
    tables = Tables()
    await fill(tables, 1)
    waiting = await tables.inbox.store(message(id="waiting"))
    assert waiting is not None
    await tables.queue(reply("queued", "other"), base="queued")
    retention = Retention(tables.database, tables.inbox, tables.outbox, tables.clock, WEEK)
    await retention.run(CLAIM)
    assert await counts(tables) == {"events": 2, "outbox": 2, "steps": 1, "conversations": 1}
    tables.clock.move((WEEK + 1) / 1000)
    await retention.run(CLAIM)
    # The identity of what was handled is remembered longer than asked for: transports repeat events for days.
    assert await counts(tables) == {"events": 2, "outbox": 1, "steps": 0, "conversations": 0}
    tables.clock.move(100 * WEEK / 1000)
    await retention.run(CLAIM)
    assert await counts(tables) == {"events": 1, "outbox": 1, "steps": 0, "conversations": 0}
    assert await tables.inbox.load(waiting.id) == waiting


async def test_others_have_what_is_theirs_taken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = Tables()
    audit = Audit(tables.database, tables.sealer, tables.clock)
    monkeypatch.setattr(audit_module, "DELETED", 2)
    for number in range(5):
        entry = audit.entry("x", via=Via.CLI, key=bytes([number]) * 16, detail="")
        await tables.database.commit(Batch((entry,)))
    tables.clock.move(10)
    also = (lambda: audit.retention(5_000),)
    await Retention(tables.database, tables.inbox, tables.outbox, tables.clock, WEEK, also).run(CLAIM)
    assert await audit.page() == []
