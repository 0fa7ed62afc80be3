"""Who is recognised, by what, and who is not believed any more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from tests.support.wallet.door import RIGHT, House, known, link, tell
from tests.support.wallet.rows import intent, states

from whinchat.apps.wallet.backend import BackendError
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.harness import BotHarness, running

ANA, BOB = "+15550001", "+15550002"
MINUTE = 60.0  # seconds
LID = "100200300"
FAMILY = ChatRef("family@g", ChatKind.GROUP)


@pytest.fixture
def house() -> House:
    house = House()
    house.door.resident("ana", ANA)
    house.door.resident("bob", BOB)
    return house


@pytest.fixture
async def bot(house: House) -> AsyncIterator[BotHarness]:
    async with running(house.spec) as bot:
        bot.phones["ana"] = ANA
        bot.phones["bob"] = BOB
        yield bot


# --- who it is ---


async def test_a_name_that_the_network_tells_later_is_learned(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    assert await tell(bot, "ana", "!wallet balance", lid=LID) == [f"you are {ANA}"]
    del bot.phones["ana"]
    assert await tell(bot, "somewhere", "!wallet balance", lid=LID) == [f"you are {ANA}"]
    assert await bot.count("wallet_users") == 1


async def test_a_number_that_moves_to_another_lid_ends_the_session(bot: BotHarness, house: House) -> None:
    await link(bot, "ana", lid=LID)
    await tell(bot, "ana", "!wallet balance", lid=LID)
    user = house.looks.members[0].id
    for state in ("drafted", "shown", "confirmed", "submitting", "paid"):
        await intent(bot, user, state)
    bot.phones["eve"] = ANA
    assert "changed hands" in (await tell(bot, "eve", "!wallet balance", lid="999"))[0]
    assert await states(bot) == {
        "drafted": "cancelled",
        "shown": "cancelled",
        "confirmed": "cancelled",
        "submitting": "submitting",
        "paid": "paid",
    }
    assert await house.accounts.by_phone(ANA) is None
    assert "not linked yet" in (await tell(bot, "eve", "!wallet balance", lid="999"))[0]
    # Nor does the one before have it any more.
    del bot.phones["ana"]
    assert "not linked any more" in (await tell(bot, "ana", "!wallet balance", lid=LID))[0]


async def test_whoever_has_the_number_now_links_as_somebody_new(bot: BotHarness, house: House) -> None:
    await link(bot, "ana", lid=LID)
    await tell(bot, "ana", "!wallet balance", lid=LID)
    bot.phones["eve"] = ANA
    await tell(bot, "eve", "!wallet link", lid="999")
    await link(bot, "eve", lid="999")
    await tell(bot, "eve", "!wallet balance", lid="999")
    before, after = house.looks.members
    assert before.id != after.id
    assert before.account == after.account
    assert house.door.tokens == [after.token.reveal()]


async def test_a_name_of_two_people_ends_both_sessions(bot: BotHarness, house: House) -> None:
    await link(bot, "ana", lid=LID)
    await link(bot, "bob", lid="222")
    assert "changed hands" in (await tell(bot, "ana", "!wallet balance", phone=BOB, lid=LID))[0]
    assert house.door.tokens == []
    assert "not linked" in (await tell(bot, "bob", "!wallet balance", lid="222"))[0]


async def test_nobody_is_taken_over_before_they_link(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link", lid=LID)
    for said in ("link", "start", "unlink", f"verify {RIGHT}"):
        bot.phones["eve"] = ANA
        answer = await tell(bot, "eve", f"!wallet {said}", lid=f"lid of {said}")
        assert "changed hands" in answer[0]
        await tell(bot, "eve", "!wallet link", lid=f"lid of {said}")
        await bot.clock.advance(3600)
    assert house.door.opened == []


async def test_a_login_of_before_is_worth_nothing_after_a_take_over(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link", lid=LID)
    house.door.fail_next("me")
    await tell(bot, "ana", f"!wallet verify {RIGHT}", lid=LID)
    bot.phones["eve"] = ANA
    await tell(bot, "eve", "!wallet balance", lid="999")
    await bot.clock.advance(10)
    await bot.settle()
    assert house.door.opened == house.door.revoked == ["token-1"]


async def test_an_account_whose_number_moved_belongs_to_the_last_who_linked_it(bot: BotHarness, house: House) -> None:
    """The backend gave the account another number; the old one's session ends."""
    await link(bot, "ana")
    await tell(bot, "ana", "!wallet balance")
    house.door.residents["+15550009"] = house.door.residents.pop(ANA)
    bot.phones["carl"] = "+15550009"
    await link(bot, "carl")
    assert "not linked any more" in (await tell(bot, "ana", "!wallet balance"))[0]
    assert house.door.tokens == ["token-2"]


async def test_in_a_group_it_is_the_author_who_is_meant(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    await bot.emit(bot.message("ana", FAMILY, "!wallet tip group 10"))
    (member,) = house.tips.members
    assert member.phone == ANA
    assert member.chat == bot.direct("ana")
    ana = await house.accounts.by_person("fake", known("ana", ANA))
    assert ana == member
    assert await house.accounts.by_person("fake", known("bob", BOB)) is None
    assert await house.accounts.by_person("fake", known("bob", ANA)) is None


async def test_in_a_group_nothing_is_said_of_anybodys_account(bot: BotHarness, house: House) -> None:
    await bot.emit(bot.message("ana", FAMILY, "!wallet tip group 10"))
    await link(bot, "ana")
    bot.phones["eve"] = ANA
    await bot.emit(bot.message("eve", FAMILY, "!wallet tip group 10"))
    assert bot.texts(FAMILY) == ["Write to me in a direct chat for that."] * 2
    assert house.door.tokens == []


async def test_people_are_found_by_what_others_know_of_them(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    ana = await house.accounts.by_phone(ANA)
    assert ana is not None
    assert await house.accounts.by_id(ana.id) == ana
    assert await house.accounts.by_wallet("usd-ana") == ana
    assert await house.accounts.active(0, 10) == [ana.id]
    assert await house.accounts.active(bot.clock.now() + 1, 10) == []
    for nobody in (
        await house.accounts.by_phone(BOB),
        await house.accounts.by_id("nobody"),
        await house.accounts.by_wallet("usd-bob"),
    ):
        assert nobody is None
    await tell(bot, "ana", "!wallet unlink")
    assert await house.accounts.by_phone(ANA) is None
    assert await house.accounts.by_wallet("usd-ana") is None
    assert await house.accounts.active(0, 10) == []


async def test_where_somebody_writes_from_is_where_they_are_written_to(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    elsewhere = ChatRef("ana-2@d", ChatKind.DIRECT)
    await bot.emit(bot.message("ana", elsewhere, "!wallet balance"))
    ana = await house.accounts.by_phone(ANA)
    assert ana is not None
    assert ana.chat == elsewhere
    assert ana.reply(bot.sent(elsewhere)[0].action).chat == elsewhere


# --- what they may do ---


async def test_a_message_of_six_minutes_ago_moves_no_money(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    for age, works in ((5 * MINUTE, True), (5 * MINUTE + 0.001, False)):
        old = bot.message("ana", bot.direct("ana"), "!wallet refresh")
        await bot.emit(replace(old, time=bot.clock.now() - round(age * 1000)))
        assert ("nothing" in bot.texts()[-1]) is not works
    old = bot.message("ana", bot.direct("ana"), "!wallet balance")
    await bot.emit(replace(old, time=bot.clock.now() - 3_600_000))
    assert bot.texts()[-1] == f"you are {ANA}"


async def test_a_message_that_comes_twice_is_answered_once(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    await bot.emit(bot.message("ana", bot.direct("ana"), "!wallet refresh"), times=3)
    assert len(house.spends.members) == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("unavailable", "is not answering just now"),
        ("rate_limited", "asked too much"),
        ("not_found", "does not find that"),
        ("rejected", "refuses that"),
        ("a code of tomorrow", "is not answering just now"),
    ],
)
async def test_what_the_backend_cannot_do_is_said(bot: BotHarness, house: House, code: str, said: str) -> None:
    await link(bot, "ana")
    house.looks.fault = BackendError("no", code=code)
    assert said in (await tell(bot, "ana", "!wallet balance"))[0]
    house.looks.fault = None
    assert await tell(bot, "ana", "!wallet balance") == [f"you are {ANA}"]


async def test_a_token_that_the_backend_does_not_take_ends_the_session(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    house.looks.fault = BackendError("no", code="unauthenticated")
    assert "session has ended" in (await tell(bot, "ana", "!wallet balance"))[0]
    assert "not linked any more" in (await tell(bot, "ana", "!wallet balance"))[0]
    assert house.door.tokens == []


async def test_a_session_that_ends_while_a_command_runs_undoes_it(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    ana = await house.accounts.by_phone(ANA)
    assert ana is not None
    await bot.database.commit(Batch((house.accounts.stands(ana),)))
    await tell(bot, "ana", "!wallet unlink")
    with pytest.raises(Conflict):
        await bot.database.commit(Batch((house.accounts.stands(ana),)))


async def test_a_number_with_another_id_is_somebody_else_s(bot: BotHarness, house: House) -> None:
    """Where the network tells no LID, its own id for the person changes when a number is given to somebody else."""
    await link(bot, "ana")
    bot.phones["eve"] = ANA
    assert "changed hands" in (await tell(bot, "eve", "!wallet balance"))[0]
    assert house.door.tokens == []


async def test_a_new_number_has_to_be_linked(bot: BotHarness, house: House) -> None:
    await link(bot, "ana", lid=LID)
    bot.phones["ana"] = "+15550007"
    assert "changed hands" in (await tell(bot, "ana", "!wallet balance", lid=LID))[0]


async def test_a_number_may_be_the_network_s_own_id(bot: BotHarness, house: House) -> None:
    bot.phones[ANA] = ANA
    await link(bot, ANA)
    assert await bot.count("wallet_aliases") == 1
    assert await tell(bot, ANA, "!wallet balance") == [f"you are {ANA}"]
