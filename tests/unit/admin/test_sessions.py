"""Links that sign in once, and sessions that end."""

from __future__ import annotations

import asyncio
import random

import pytest

from whinchat.admin.migrations import AFTER_RESTORE, MIGRATIONS
from whinchat.admin.sessions import HOUR, IDLE, LINK_LIVES, LONGEST, MINUTE, Session, Sessions
from whinchat.core.dispatch import migrations as engine_schema
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer


class Office:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase([*engine_schema.MIGRATIONS, *MIGRATIONS])
        self.audit = Audit(self.database, PlainSealer(), self.clock)
        self.sessions = Sessions(self.database, PlainSealer(), self.clock, random.Random(1), self.audit)

    async def signed_in(self, device: str = "Firefox, Linux") -> str:
        token = await self.sessions.redeem(await self.sessions.new_link(), device)
        assert token is not None
        return token

    async def found(self, token: str) -> Session:
        session = await self.sessions.find(token)
        assert session is not None
        return session


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_link_signs_in_once(office: Office) -> None:
    link = await office.sessions.new_link()
    assert await office.sessions.is_open(link)
    token = await office.sessions.redeem(link, "Firefox, Linux")
    assert token is not None
    assert (await office.found(token)).device == "Firefox, Linux"
    assert not await office.sessions.is_open(link)
    assert await office.sessions.redeem(link, "Firefox, Linux") is None


async def test_of_two_who_use_a_link_at_once_one_gets_in(office: Office) -> None:
    link = await office.sessions.new_link()
    tokens = await asyncio.gather(*(office.sessions.redeem(link, "?") for _ in range(4)))
    assert sum(token is not None for token in tokens) == 1


async def test_a_link_ends_to_the_millisecond(office: Office) -> None:
    link = await office.sessions.new_link()
    office.clock.move(LINK_LIVES / 1000 - 0.001)
    assert await office.sessions.is_open(link)
    office.clock.move(0.001)
    assert not await office.sessions.is_open(link)
    assert await office.sessions.redeem(link, "?") is None


@pytest.mark.parametrize("token", ["", "x", "A" * 42, "A" * 43, "A" * 44, "ä" * 43, "A" * 42 + "\n", "' OR 1=1 --"])
async def test_what_is_no_token_opens_nothing(office: Office, token: str) -> None:
    await office.signed_in()
    assert not await office.sessions.is_open(token)
    assert await office.sessions.redeem(token, "?") is None
    assert await office.sessions.find(token) is None


async def test_a_links_token_is_no_sessions_and_a_sessions_is_no_links(office: Office) -> None:
    link, token = await office.sessions.new_link(), await office.signed_in()
    assert await office.sessions.find(link) is None
    assert not await office.sessions.is_open(token)


async def test_a_session_ends_when_nobody_uses_it(office: Office) -> None:
    token = await office.signed_in()
    office.clock.move(IDLE / 1000 - 1)
    assert await office.sessions.find(token) is not None
    office.clock.move(IDLE / 1000 - 1)
    assert await office.sessions.find(token) is not None
    office.clock.move(IDLE / 1000)
    assert await office.sessions.find(token) is None
    assert await office.sessions.all() == []


async def test_a_page_that_looks_by_itself_is_no_use(office: Office) -> None:
    token = await office.signed_in()
    for hour in range(1, 13):
        office.clock.move(HOUR / 1000)
        assert (await office.sessions.find(token, used=False) is None) is (hour == 12)


async def test_a_session_ends_after_a_week_however_busy(office: Office) -> None:
    token = await office.signed_in()
    for _ in range(LONGEST // (6 * HOUR) - 1):
        office.clock.move(6 * HOUR / 1000)
        assert await office.sessions.find(token) is not None
    office.clock.move(6 * HOUR / 1000)
    assert await office.sessions.find(token) is None


async def test_use_is_noted_once_a_minute(office: Office) -> None:
    token = await office.signed_in()
    began = (await office.found(token)).seen_at
    office.clock.move(MINUTE / 1000 - 1)
    assert (await office.found(token)).seen_at == began
    office.clock.move(1)
    await office.found(token)
    assert (await office.found(token)).seen_at == began + MINUTE


async def test_signing_out_ends_one_session_or_all(office: Office) -> None:
    first, second, third = [await office.signed_in() for _ in range(3)]
    unused = await office.sessions.new_link()
    await office.database.commit(Batch((office.sessions.end((await office.found(first)).id),)))
    assert await office.sessions.find(first) is None
    assert len(await office.sessions.all()) == 2
    assert await office.sessions.end_all(Via.CLI) == 2
    assert [await office.sessions.find(token) for token in (second, third)] == [None, None]
    assert not await office.sessions.is_open(unused)
    newest, *_ = await office.audit.page()
    assert (newest.via, newest.action) == (Via.CLI, "admin.sign_out_all")


async def test_every_session_has_forms_of_its_own(office: Office) -> None:
    first, second = [await office.found(await office.signed_in()) for _ in range(2)]
    assert first.csrf != second.csrf
    assert first.id != second.id
    assert first.short == first.id.hex()[:8]


async def test_tokens_do_not_stand_in_the_tables(office: Office) -> None:
    token, link = await office.signed_in(), await office.sessions.new_link()
    stored = [
        *(await office.database.fetch("SELECT * FROM admin_sessions")),
        *(await office.database.fetch("SELECT * FROM admin_links")),
        *(await office.database.fetch("SELECT * FROM audit")),
    ]
    assert token.encode() not in repr(stored).encode()
    assert link.encode() not in repr(stored).encode()


async def test_sessions_that_are_over_and_links_go(office: Office) -> None:
    await office.signed_in()
    await office.sessions.new_link()
    office.clock.move(LONGEST / 1000)
    await office.signed_in()
    assert await office.database.fetch("SELECT count(*) FROM admin_sessions") == [(1,)]
    assert await office.database.fetch("SELECT count(*) FROM admin_links") == [(0,)]


async def test_a_restored_backup_lets_nobody_in(office: Office) -> None:
    token, link = await office.signed_in(), await office.sessions.new_link()
    await office.database.commit(Batch(AFTER_RESTORE))
    assert await office.sessions.find(token) is None
    assert not await office.sessions.is_open(link)
