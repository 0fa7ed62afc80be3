"""What people choose: a name, a currency; and what the settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.wallet.door import House, link, tell

from whinchat.apps.wallet.backend import BackendError
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
        await link(bot, "ana")
        yield bot


async def test_settings_say_how_things_stand(bot: BotHarness, house: House) -> None:
    (text,) = await tell(bot, "ana", "!wallet settings")
    assert text.splitlines()[:4] == [
        "*Your Sandbox account* is linked.",
        "Amounts are also shown in: USD. A bare number always means US dollars.",
        "Limits: $500.00 for one payment, $1,000.00 in 24 hours.",
        "PIN: none.",
    ]
    await tell(bot, "ana", "!wallet pin 4821")
    await tell(bot, "ana", "!wallet currency jmd")
    (text,) = await tell(bot, "ana", "!wallet settings")
    assert "shown in: JMD" in text
    assert "PIN: set." in text


async def test_a_currency_is_one_that_the_backend_knows(bot: BotHarness, house: House) -> None:
    assert "Jamaican dollar (JMD)" in (await tell(bot, "ana", "!wallet currency jmd"))[0]
    assert "Did you mean `currency JMD`?" in (await tell(bot, "ana", "!wallet currency JMX"))[0]
    assert "Use its three letters" in (await tell(bot, "ana", "!wallet currency QQQ"))[0]
    await tell(bot, "ana", "!wallet balance")
    assert house.looks.members[-1].currency == "JMD"


async def test_a_chosen_currency_survives_unlinking(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet currency jmd")
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    await tell(bot, "ana", "!wallet balance")
    assert house.looks.members[-1].currency == "JMD"


async def test_a_name_is_shown_and_set(bot: BotHarness, house: House) -> None:
    account = house.door.residents[ANA]
    assert (await tell(bot, "ana", "!wallet username"))[0] == "Others can pay you as @ana."
    assert (await tell(bot, "ana", "!wallet username anabanana"))[0].startswith(
        "Done: others can pay you as @anabanana"
    )
    assert account.username == "anabanana"
    assert "@anabanana" in (await tell(bot, "ana", "!wallet username"))[0]
    account.username = None
    await bot.clock.advance(120)
    assert "no username yet" in (await tell(bot, "ana", "!wallet username"))[0]


async def test_a_name_that_is_refused(bot: BotHarness, house: House) -> None:
    house.door.fail_next("set_username", BackendError("taken", code="rejected"))
    assert "does not take the name bobby" in (await tell(bot, "ana", "!wallet username bobby"))[0]


async def test_a_try_whose_answer_was_lost_may_have_been_heard(bot: BotHarness, house: House) -> None:
    house.door.fail_next("set_username")
    assert await tell(bot, "ana", "!wallet username anab") == []
    house.door.residents[ANA].username = "anab"
    house.door.fail_next("set_username", BackendError("it is yours already", code="rejected"))
    await bot.clock.advance(5)
    await bot.settle()
    assert bot.texts()[-1].startswith("Done")


@pytest.mark.parametrize("code", ["unavailable", "unauthenticated"])
async def test_a_name_that_cannot_be_set(bot: BotHarness, house: House, code: str) -> None:
    house.door.fail_next("set_username", BackendError("no", code=code), times=3)
    await tell(bot, "ana", "!wallet username anab")
    for _ in range(3):
        await bot.clock.advance(30)
        await bot.settle()
    assert "I do not know whether" in bot.texts()[-1]


async def test_who_left_meanwhile_gets_no_name(bot: BotHarness, house: House) -> None:
    house.door.fail_next("set_username")
    await tell(bot, "ana", "!wallet username anab")
    await tell(bot, "ana", "!wallet unlink")
    await bot.clock.advance(5)
    await bot.settle()
    assert house.door.residents[ANA].username == "ana"
    assert "unlinked" in bot.texts()[-1]
