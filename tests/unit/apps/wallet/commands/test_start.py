"""The first card, and the next step from wherever somebody stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.wallet.door import RIGHT, House, link, tell

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.users import ABSOLUTE
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.harness import BotHarness, running

ANA = "+15550001"


@pytest.fixture
def house() -> House:
    house = House()
    house.door.resident("ana", ANA)
    return house


@pytest.fixture
async def bot(house: House) -> AsyncIterator[BotHarness]:
    async with running(house.spec) as bot:
        bot.phones["ana"] = ANA
        yield bot


async def step(bot: BotHarness) -> str:
    (text,) = await tell(bot, "ana", "!wallet start")
    return text.split("\n\n")[-1]


async def test_every_step_leads_to_the_next(bot: BotHarness, house: House) -> None:
    account = house.door.residents[ANA]
    account.username = None
    account.balances = dict.fromkeys(account.balances, 0)
    assert "First step:* send `link`" in await step(bot)
    await tell(bot, "ana", "!wallet link")
    assert "six digits" in await step(bot)
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    assert "`receive 10`" in await step(bot)
    account.balances = dict.fromkeys(account.balances, 1)
    await bot.clock.advance(120)
    assert "`username alice`" in await step(bot)
    await tell(bot, "ana", "!wallet username anab")
    assert "`pin 2749`" in await step(bot)
    await tell(bot, "ana", "!wallet pin 4821")
    assert "`help wallet`" in await step(bot)


async def test_whom_the_network_shows_no_number_of_learns_why(bot: BotHarness, house: House) -> None:
    del bot.phones["ana"]
    assert "does not show me your phone number" in await step(bot)


async def test_who_stands_in_line_is_told_so(bot: BotHarness, house: House) -> None:
    for number in range(12):
        bot.phones[f"p{number}"] = f"+1555100{number:02}"
        await tell(bot, f"p{number}", "!wallet link")
    await tell(bot, "ana", "!wallet link")
    assert "in line" in await step(bot)


async def test_a_backend_that_is_down_is_no_obstacle(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    house.door.fail_next("me", BackendError("no"))
    assert "`help wallet`" in await step(bot)


async def test_a_session_that_is_over_is_said_to_be(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    await bot.clock.advance(ABSOLUTE / 1000)
    assert "session has ended" in (await tell(bot, "ana", "!wallet start"))[0]
    assert "First step" in await step(bot)


async def test_a_number_that_changed_hands_ends_the_session_here_too(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    bot.phones["eve"] = ANA
    assert "changed hands" in (await tell(bot, "eve", "!wallet start"))[0]


async def test_in_a_group_nothing_of_it_is_said(bot: BotHarness, house: House) -> None:
    family = ChatRef("family@g", ChatKind.GROUP)
    await bot.emit(bot.message("ana", family, "!wallet start"))
    assert not any("wallet in your chat" in text for text in bot.texts(family))
