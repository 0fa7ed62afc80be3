from __future__ import annotations

import pytest
from tests.support.invocations import invocation
from tests.support.rows import Tables

from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.command import Command, Who
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.middlewares.audit import Audited
from whinchat.core.middlewares.chain import Invocation
from whinchat.core.ports import Batch, Job, Statement

CHANGE = Outcome(changes=Batch((Statement("DELETE FROM steps", {}),)))
ADMINS = Command("admin", "echo", who=Who.CHAT_ADMIN)
OWNERS = Command("owner", "echo", who=Who.OWNER)
ANYBODYS = Command("say", "echo")
LANGUAGE = Command("language", audited=True)


class Desk:
    def __init__(self) -> None:
        self.tables = Tables()
        self.audit = Audit(self.tables.database, self.tables.sealer, self.tables.clock)
        self.audited = Audited(self.audit, self.tables.sealer)

    async def carry_out(self, command: Command | None, outcome: Outcome) -> list[tuple[str, bytes | None, str]]:
        async def handle(_: Invocation) -> Outcome:
            return outcome

        result = await self.audited(invocation(command, by="ana"), handle)
        await self.tables.database.commit(result.changes)
        assert all(entry.via is Via.CHAT and entry.chat == b"chat" for entry in await self.audit.page())
        return [(entry.action, entry.actor, entry.detail) for entry in await self.audit.page()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("command", [ADMINS, OWNERS, LANGUAGE])
async def test_what_an_admin_changes_is_noted_with_who_and_what(desk: Desk, command: Command) -> None:
    assert await desk.carry_out(command, CHANGE) == [(command.path, b"ana", "!echo say")]


async def test_work_that_was_ordered_is_a_change_too(desk: Desk) -> None:
    assert len(await desk.carry_out(ADMINS, Outcome(jobs=(Job(kind="a.b", key="c"),)))) == 1


@pytest.mark.parametrize(("command", "outcome"), [(ADMINS, NOTHING), (ANYBODYS, CHANGE), (None, CHANGE)])
async def test_what_only_shows_or_anybody_may_do_is_not(desk: Desk, command: Command | None, outcome: Outcome) -> None:
    assert await desk.carry_out(command, outcome) == []


async def test_a_command_that_is_handled_again_is_noted_once(desk: Desk) -> None:
    await desk.carry_out(ADMINS, CHANGE)
    assert len(await desk.carry_out(ADMINS, CHANGE)) == 1
