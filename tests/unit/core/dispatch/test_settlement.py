from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest
from tests.support.rows import Tables, reply

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.dispatch.migrations import MIGRATIONS
from whinchat.core.dispatch.outgoing import Ready
from whinchat.core.dispatch.settlement import Settlement
from whinchat.core.errors import Conflict
from whinchat.core.events import EventBus, Fact
from whinchat.core.ports import Batch, Job, Statement
from whinchat.core.types import (
    Action,
    Capabilities,
    ChatKind,
    ChatRef,
    Delete,
    Edit,
    LockGroup,
    MediaKind,
    MessageRef,
    React,
    RemoveMember,
    Reply,
    Revoke,
    SendMedia,
    SendText,
    Urgency,
)
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.queue import MIGRATIONS as QUEUE
from whinchat.testing.queue import MemoryQueue

CHAT = ChatRef("chat", ChatKind.GROUP)
MESSAGE = MessageRef(CHAT, "m", "eve")
DONE = Statement("SELECT 1", {})


@dataclass(frozen=True, slots=True)
class Happened(Fact):
    what: str


class Desk:
    """A settlement, and what became of what it was given."""

    def __init__(self, limits: Capabilities | None) -> None:
        self.tables = Tables()
        self.tables.database = self.tables.outbox._database = MemoryDatabase([*MIGRATIONS, *QUEUE])
        self.queue = MemoryQueue(self.tables.database, self.tables.clock)
        self.announced: list[Ready] = []
        self.facts: list[Fact] = []
        self.known_at_fact: list[int] = []
        bus = EventBus()
        bus.subscribe(Happened, self._note)
        self.settlement = Settlement(
            self.tables.database,
            self.tables.outbox,
            self.queue,
            bus,
            Random(1),
            limits=lambda _account: limits,
            announce=self._announce,
        )

    def _announce(self, chats: Sequence[Ready]) -> None:
        self.announced += chats

    async def _note(self, fact: Happened) -> None:
        self.facts.append(fact)
        self.known_at_fact.append(len(await self.sent()))

    async def settle(self, *replies: Reply, base: str = "event") -> None:
        await self.settlement.settle(Outcome(replies=replies), DONE, 7, base)

    async def sent(self) -> list[tuple[str, Action]]:
        """(reference, action) of everything in the outbox."""
        taken = []
        async for ready in self.tables.outbox.queued_chats():
            while (out := await self.tables.outbox.take(ready.chat_key)) is not None:
                taken.append((out.reference, out.envelope.action))
        await self.tables.database.commit(Batch((Statement("UPDATE outbox SET state = 'queued'", {}),)))
        return taken


SOME = Capabilities(
    quote=True,
    react=True,
    edit=True,
    revoke=True,
    moderate_delete=True,
    remove_member=True,
    lock_group=True,
    media_out=True,
    max_text=64,
)


async def test_a_long_text_becomes_several_messages_of_which_the_first_quotes() -> None:
    desk = Desk(SOME)
    words = " ".join(f"word{number}" for number in range(30))
    await desk.settle(Reply("fake", CHAT, SendText(words, quote=MESSAGE, mentions=("bob",))))
    sent = await desk.sent()
    assert len(sent) > 3
    actions = [action for _, action in sent]
    assert all(isinstance(action, SendText) and len(action.text) <= 64 for action in actions)
    assert [getattr(action, "quote", None) for action in actions] == [MESSAGE] + [None] * (len(sent) - 1)
    assert [getattr(action, "mentions", None) for action in actions] == [("bob",)] + [()] * (len(sent) - 1)
    assert [reference for reference, _ in sent] == [f"event-{number}" for number in range(len(sent))]


async def test_a_text_too_long_for_one_message_never_takes_the_place_of_another() -> None:
    desk = Desk(SOME)
    words = " ".join(f"word{number}" for number in range(30))
    await desk.settle(replace(reply("short"), subject="one", edited="short too"))
    await desk.settle(replace(reply("short"), subject="two", edited=words), base="long edit")
    await desk.settle(replace(reply(words), subject="three", edited="short"), base="long text")
    taken = []
    while (out := await desk.tables.outbox.take(chat_key(desk.tables.sealer, "fake", CHAT))) is not None:
        taken.append((out.subject, out.envelope.edited, out.envelope.whole))
    assert taken[:2] == [("one", "short too", True), ("two", None, True)]
    assert set(taken[2:]) == {("three", None, False)}


async def test_a_long_text_has_been_shown_when_its_last_part_was() -> None:
    desk = Desk(SOME)
    await desk.settle(replace(reply("one " * 30), receipt="shop:1"), base="long")
    rows = await desk.tables.rows("SELECT receipt FROM outbox ORDER BY id")
    assert len(rows) > 1
    assert rows == [(None,)] * (len(rows) - 1) + [("shop:1",)]


async def test_handling_again_gives_the_same_references_and_so_the_same_messages() -> None:
    desk = Desk(SOME)
    for _ in range(2):
        await desk.settle(reply("one " * 30), reply("two", "other"))
    references = [reference for reference, _ in await desk.sent()]
    assert len(references) == len(set(references)) == 4


async def test_a_transport_that_cannot_quote_gets_no_quotes() -> None:
    desk = Desk(Capabilities())
    await desk.settle(Reply("fake", CHAT, SendText("hello", quote=MESSAGE)))
    assert [action for _, action in await desk.sent()] == [SendText("hello")]


ACTIONS: list[Action] = [
    React(MESSAGE, "⛔"),
    Edit(MESSAGE, "new"),
    Revoke(MESSAGE),
    Delete(MESSAGE),
    RemoveMember("bob"),
    LockGroup(locked=True),
    SendMedia(MediaKind.IMAGE, "image/png", b"png"),
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
async def test_what_a_transport_cannot_do_is_left_out(action: Action) -> None:
    able, unable, gone = Desk(SOME), Desk(Capabilities()), Desk(None)
    for desk in (able, unable, gone):
        await desk.settle(Reply("fake", CHAT, action), reply("said all the same"))
    assert [done for _, done in await able.sent()] == [action, SendText("said all the same")]
    assert [done for _, done in await unable.sent()] == [SendText("said all the same")]
    # An account that is not here now may be back with all it could do.
    assert [done for _, done in await gone.sent()] == [action, SendText("said all the same")]


async def test_what_was_left_out_stands_in_the_trace() -> None:
    desk = Desk(Capabilities())
    for _ in range(2):
        await desk.settle(Reply("fake", CHAT, Delete(MESSAGE)), reply("said all the same"))
    rows = await desk.tables.database.fetch("SELECT kind, state, error, cause FROM outbox ORDER BY id")
    assert rows == [("text", "queued", None, 7), ("delete", "failed", "impossible", 7)]


async def test_the_sender_hears_of_every_chat_after_the_commit() -> None:
    desk = Desk(SOME)
    await desk.settle(reply("danger", urgency=Urgency.DANGER), reply("talk", "other", urgency=Urgency.COURTESY))
    assert [ready.urgency for ready in desk.announced] == [Urgency.DANGER, Urgency.COURTESY]


async def test_jobs_carry_their_cause_and_facts_are_told_when_all_is_written() -> None:
    desk = Desk(SOME)
    outcome = Outcome(
        replies=(reply("hello"),), jobs=(Job(kind="a.b", key="k"),), facts=(Happened("this"), Happened("that"))
    )
    await desk.settlement.settle(outcome, DONE, 7, "event")
    claim = await desk.queue.claim(["a.b"])
    assert claim is not None
    assert claim.cause == 7
    assert desk.facts == [Happened("this"), Happened("that")]
    assert desk.known_at_fact == [1, 1]


async def test_nothing_is_written_or_told_when_the_state_has_moved_on() -> None:
    desk = Desk(SOME)
    gone = Statement("UPDATE events SET state = 'done' WHERE id = 1", {}, rows=1)
    outcome = Outcome(replies=(reply("hello"),), jobs=(Job(kind="a.b", key="k"),), facts=(Happened("this"),))
    with pytest.raises(Conflict):
        await desk.settlement.settle(outcome, gone, 7, "event")
    assert await desk.sent() == []
    assert await desk.queue.claim(["a.b"]) is None
    assert (desk.announced, desk.facts) == ([], [])


async def test_what_jobs_say_has_references_of_its_own() -> None:
    desk = Desk(SOME)
    for _ in range(2):
        await desk.settle(reply("hello"), base="")
    references = [reference for reference, _ in await desk.sent()]
    assert len(set(references)) == 2
