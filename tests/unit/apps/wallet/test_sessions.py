"""How sessions end, and what is left afterwards."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.support.wallet.door import House, link, tell
from tests.support.wallet.rows import intent, states, tables

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.sessions import SWEEP, SessionBegan, SessionEnded
from whinchat.core.events import Fact
from whinchat.core.ports import Batch, Statement
from whinchat.testing.harness import BotHarness, running

ANA = "+15550001"
MINUTE, DAY = 60.0, 24 * 3600.0  # seconds


@pytest.fixture
def house() -> House:
    house = House()
    house.door.resident("ana", ANA)
    return house


@pytest.fixture
async def bot(house: House) -> AsyncIterator[BotHarness]:
    async with running(house.spec) as bot:
        bot.phones["ana"] = ANA
        await link(bot, "ana")
        yield bot


async def ana(house: House) -> Member:
    member = await house.accounts.by_phone(ANA)
    assert member is not None
    return member


async def sweep(bot: BotHarness) -> None:
    await bot.run_job(SWEEP)


async def time_passes(bot: BotHarness, seconds: float) -> None:
    await bot.clock.advance(seconds)
    await bot.settle()


# --- unlinking ---


async def test_unlinking_ends_the_session_at_once_and_revokes_the_token(bot: BotHarness, house: House) -> None:
    house.door.fail_next("logout")
    member = await ana(house)
    assert "is unlinked" in (await tell(bot, "ana", "!wallet unlink"))[0]
    assert house.door.revoked == []
    assert "not linked any more" in (await tell(bot, "ana", "!wallet balance"))[0]
    await time_passes(bot, 5)
    assert house.door.revoked == ["token-1"]
    assert await house.accounts.by_id(member.id) is None
    assert await bot.count("wallet_users", "token IS NOT NULL OR session IS NOT NULL OR closing_at IS NOT NULL") == 0
    assert "No account is linked" in (await tell(bot, "ana", "!wallet unlink"))[0]


async def test_unlinking_cancels_what_is_open_and_leaves_what_is_on_its_way(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    for state in ("drafted", "shown", "confirmed", "submitting", "unknown", "unresolved", "paid", "failed"):
        await intent(bot, member.id, state)
    await intent(bot, "somebody else", "shown", "theirs")
    await tell(bot, "ana", "!wallet unlink")
    assert await states(bot) == {
        "drafted": "cancelled",
        "shown": "cancelled",
        "confirmed": "cancelled",
        "submitting": "submitting",
        "unknown": "unknown",
        "unresolved": "unresolved",
        "paid": "paid",
        "failed": "failed",
        "theirs": "shown",
    }


async def test_the_token_is_kept_to_look_for_a_payment_and_for_nothing_else(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    await intent(bot, member.id, "unknown")
    await tell(bot, "ana", "!wallet unlink")
    await time_passes(bot, 10 * MINUTE)
    assert house.door.revoked == []
    kept = await house.accounts.by_id(member.id)
    assert kept is not None
    assert kept.closing
    assert kept.token.reveal() == "token-1"
    assert await house.accounts.by_phone(ANA) is None
    await bot.database.commit(Batch((Statement("UPDATE wallet_intents SET state = 'paid'", {}),)))
    await time_passes(bot, MINUTE)
    assert house.door.revoked == ["token-1"]
    assert await house.accounts.by_id(member.id) is None


async def test_it_is_kept_for_a_day_at_most(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    await intent(bot, member.id, "unknown")
    await tell(bot, "ana", "!wallet unlink")
    await time_passes(bot, DAY - 1)
    assert house.door.revoked == []
    await time_passes(bot, MINUTE)
    assert house.door.revoked == ["token-1"]


async def test_a_backend_that_never_answers_does_not_keep_the_token_here(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    house.door.fail_next("logout", times=100)
    await tell(bot, "ana", "!wallet unlink")
    await time_passes(bot, DAY - 1)
    await sweep(bot)
    assert await house.accounts.by_id(member.id) is not None
    await time_passes(bot, 1)
    await sweep(bot)
    assert await house.accounts.by_id(member.id) is None
    assert await bot.count("wallet_users", "token IS NOT NULL") == 0


async def test_a_token_that_cannot_be_revoked_is_forgotten(
    bot: BotHarness, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.door.fail_next("logout", BackendError("no", code="rejected"))
    caplog.set_level(logging.WARNING)
    await tell(bot, "ana", "!wallet unlink")
    assert [record.message for record in caplog.records] == ["a token could not be revoked"]
    assert await bot.count("wallet_users", "token IS NOT NULL") == 0


async def test_linking_while_the_old_token_is_being_revoked_loses_neither(bot: BotHarness, house: House) -> None:
    house.door.fail_next("logout", times=2)
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    assert house.door.revoked == []
    await time_passes(bot, 30)
    await time_passes(bot, 30)
    assert house.door.revoked == ["token-1"]
    await tell(bot, "ana", "!wallet balance")
    assert house.looks.members[-1].token.reveal() == "token-2"


async def test_a_new_session_looks_for_the_old_one_s_payments(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    await intent(bot, member.id, "unknown")
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    await time_passes(bot, MINUTE)
    assert house.door.revoked == ["token-1"]
    assert (await ana(house)).token.reveal() == "token-2"


async def test_who_listens_hears_of_both_ends(bot: BotHarness, house: House) -> None:
    heard: list[Fact] = []

    def listen(kind: type[Fact]) -> Callable[[Fact], Awaitable[None]]:
        async def react(fact: Fact) -> None:
            assert isinstance(fact, kind)
            heard.append(fact)

        return react

    bot.bus.subscribe(SessionBegan, listen(SessionBegan))
    bot.bus.subscribe(SessionEnded, listen(SessionEnded))
    member = await ana(house)
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    assert heard == [SessionEnded(member.id), SessionBegan(member.id)]


# --- time ---


async def test_a_session_that_is_used_lasts_ninety_days(bot: BotHarness, house: House) -> None:
    for _ in range(4):
        await time_passes(bot, 22 * DAY)
        await sweep(bot)
        assert await tell(bot, "ana", "!wallet balance") == [f"you are {ANA}"]
    await time_passes(bot, 2 * DAY - 60)
    assert await tell(bot, "ana", "!wallet balance") == [f"you are {ANA}"]
    await time_passes(bot, 60)
    assert "session has ended" in (await tell(bot, "ana", "!wallet balance"))[0]
    assert house.door.revoked == ["token-1"]


async def test_a_session_that_nobody_uses_lasts_thirty_days(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    await time_passes(bot, 30 * DAY)
    assert await house.accounts.by_phone(ANA) is None
    kept = await house.accounts.by_id(member.id)
    assert kept is not None
    assert kept.closing
    before = len(bot.texts())
    await sweep(bot)
    assert house.door.revoked == ["token-1"]
    assert len(bot.texts()) == before
    assert "not linked any more" in (await tell(bot, "ana", "!wallet balance"))[0]


async def test_a_session_that_is_over_can_be_begun_anew_at_once(bot: BotHarness, house: House) -> None:
    await time_passes(bot, 30 * DAY)
    await link(bot, "ana")
    assert house.door.tokens == ["token-2"]


# --- what nobody needs any more ---


async def test_attempts_are_forgotten_when_they_count_no_more(bot: BotHarness, house: House) -> None:
    await tell(bot, "eve", "!wallet link", phone="+15550009")
    await tell(bot, "eve", "!wallet verify 000000", phone="+15550009")
    await sweep(bot)
    assert await bot.count("wallet_attempts") == 3
    await time_passes(bot, DAY)
    await sweep(bot)
    assert await bot.count("wallet_attempts") == 0


async def test_who_never_linked_is_forgotten_after_a_week(bot: BotHarness, house: House) -> None:
    await tell(bot, "eve", "!wallet link", phone="+15550009")
    await time_passes(bot, 7 * DAY)
    await sweep(bot)
    assert await bot.count("wallet_users") == 1
    assert await bot.count("wallet_aliases") == 2


async def test_who_left_is_forgotten_after_half_a_year_unless_money_is_open(bot: BotHarness, house: House) -> None:
    member = await ana(house)
    await intent(bot, member.id, "unresolved")
    await tell(bot, "ana", "!wallet unlink")
    await time_passes(bot, 179 * DAY)
    await sweep(bot)
    await time_passes(bot, DAY)
    await sweep(bot)
    assert await bot.count("wallet_users") == 1
    await bot.database.commit(Batch((Statement("UPDATE wallet_intents SET state = 'paid'", {}),)))
    await sweep(bot)
    assert await bot.count("wallet_users") == 0
    assert await bot.count("wallet_aliases") == 0


async def test_everything_that_is_kept_for_somebody_goes_with_them(bot: BotHarness, house: House) -> None:
    theirs = {
        name
        for name in await tables(bot)
        if any(row[1] == "user_id" for row in await bot.database.fetch(f"PRAGMA table_info({name})"))
    }
    for name in theirs - {"wallet_aliases", "wallet_wallets"}:
        columns = await bot.database.fetch(f"PRAGMA table_info({name})")
        values = {str(row[1]): 0 if row[2] == "INTEGER" else "x" for row in columns}
        values["user_id"] = (await ana(house)).id
        await bot.database.fetch(f"INSERT INTO {name} ({', '.join(values)}) VALUES (:{', :'.join(values)})", values)
    assert all([await bot.count(name) for name in theirs])
    await tell(bot, "ana", "!wallet unlink")
    await time_passes(bot, 180 * DAY)
    await sweep(bot)
    assert not any([await bot.count(name) for name in theirs])


async def test_a_busy_sweep_goes_on_until_all_is_done(bot: BotHarness, house: House) -> None:
    """More sessions than it ends at a time."""
    connection: sqlite3.Connection = bot.database._connection
    body, token, *_ = (await bot.database.fetch("SELECT body, token FROM wallet_users"))[0]
    assert isinstance(body, bytes)
    assert isinstance(token, bytes)
    for number in range(120):
        name = f"p{number}"
        connection.execute(
            "INSERT INTO wallet_users (id, backend, account, session, linked_at, used_at, body, token, created_at)"
            " VALUES (?, 'sandbox', x'00', ?, 0, 0, ?, ?, 0)",
            (
                name,
                name,
                bot.sealer.seal("wallet_users", name, body[8:]),
                bot.sealer.seal("wallet_users", f"{name}/token", f"{name}-token".encode()),
            ),
        )
    await time_passes(bot, 1)
    await sweep(bot)
    assert len(house.door.revoked) == 120
    assert await bot.count("wallet_users", "session IS NOT NULL") == 1
