from __future__ import annotations

import pytest
from tests.support.invocations import Handler, invocation, texts

from whinchat.core.dispatch.command import Command, Where, Who
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.access import Access
from whinchat.core.types import ChatKind, ChatRef, Group, Role, UserRef
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.clock import FakeClock

ANYBODYS = Command("say", "echo")
ADMINS = Command("admin", "echo", who=Who.CHAT_ADMIN)
OWNERS = Command("owner", "echo", who=Who.OWNER)
IN_GROUPS = Command("groups", "echo", where=Where.GROUP)
ALONE = Command("alone", "echo", where=Where.DIRECT)


class Door:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asked = 0
        self.connected = True
        roster = Roster(self._group, self.clock, ["owner"])
        self.access = Access(roster, TokenBuckets(self.clock), Words())

    async def _group(self, account: str, chat: ChatRef) -> Group | None:
        self.asked += 1
        if not self.connected:
            raise TransportError("not connected")
        return Group(chat, "club", (UserRef("ana"), UserRef("bob")), ("ana",))


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize(
    ("who", "command", "role"),
    [
        ("bob", ANYBODYS, Role.MEMBER),
        ("ana", ANYBODYS, Role.MEMBER),  # nobody asks who need not be asked
        ("owner", ANYBODYS, Role.OWNER),
        ("ana", ADMINS, Role.ADMIN),
        ("owner", ADMINS, Role.OWNER),
        ("owner", OWNERS, Role.OWNER),
    ],
)
async def test_who_may_passes_with_their_role(door: Door, who: str, command: Command, role: Role) -> None:
    handler = Handler()
    assert texts(await door.access(invocation(command, by=who), handler)) == ["done"]
    assert [passed.role for passed in handler.called] == [role]
    if command is ANYBODYS:
        assert door.asked == 0


@pytest.mark.parametrize(
    ("who", "command", "kind", "said"),
    [
        ("bob", ADMINS, ChatKind.GROUP, "Only admins of this group can use this command."),
        ("ana", OWNERS, ChatKind.GROUP, "Only the owner of this bot can use this command."),
        ("ana", IN_GROUPS, ChatKind.DIRECT, "This command works in groups only."),
        ("ana", ALONE, ChatKind.GROUP, "This command works only in a direct chat with me."),
    ],
)
async def test_who_may_not_is_told_so(door: Door, who: str, command: Command, kind: ChatKind, said: str) -> None:
    handler = Handler()
    outcome = await door.access(invocation(command, by=who, kind=kind), handler)
    assert handler.called == []
    assert texts(outcome) == [said]


async def test_a_refusal_is_said_once_a_minute_to_one_person_in_one_chat(door: Door) -> None:
    async def refused(by: str, chat: str = "chat") -> bool:
        return await door.access(invocation(ADMINS, by=by, chat=chat), Handler()) is not NOTHING

    assert await refused("bob")
    assert not await refused("bob")
    assert await refused("eve")
    assert await refused("bob", "another chat")
    door.clock.move(60)
    assert await refused("bob")


async def test_a_right_that_cannot_be_checked_is_not_granted(door: Door) -> None:
    door.connected = False
    handler = Handler()
    (text,) = texts(await door.access(invocation(ADMINS), handler))
    assert text.startswith("I cannot see right now")
    assert handler.called == []


async def test_what_is_no_command_is_not_checked(door: Door) -> None:
    handler = Handler()
    await door.access(invocation(None), handler)
    assert len(handler.called) == 1
