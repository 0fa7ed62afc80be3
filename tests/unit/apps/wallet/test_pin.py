"""The PIN: asked for in the chat, five tries, never kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.support.wallet.door import QUICK, House, link, tell
from tests.support.wallet.rows import tables

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.pin import Hasher, weak
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.types import ChatKind, ChatRef, SendText
from whinchat.testing.harness import BotHarness, running

ANA = "+15550001"
PIN, OTHER = "4821", "73920"
MINUTE, DAY = 60.0, 24 * 3600.0  # seconds


class Vault:
    """Something that needs the PIN."""

    def __init__(self) -> None:
        self.opened: list[bytes] = []
        self.fault: BackendError | None = None

    async def proceed(self, context: Context, member: Member, data: bytes) -> Outcome:
        if self.fault is not None:
            raise self.fault
        self.opened.append(data)
        return Outcome((member.reply(SendText("open")),))

    async def call_off(self, context: Context, member: Member, data: bytes) -> Outcome:
        return Outcome((member.reply(SendText("shut")),))


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


async def has_pin(house: House) -> bool:
    member = await house.accounts.by_phone(ANA)
    assert member is not None
    return member.has_pin


async def test_a_first_pin_is_set_at_once(bot: BotHarness, house: House) -> None:
    assert "No PIN is set" in (await tell(bot, "ana", "!wallet pin"))[0]
    assert not await has_pin(house)
    assert "Your PIN is set" in (await tell(bot, "ana", f"!wallet pin {PIN}"))[0]
    assert await has_pin(house)
    assert "A PIN is set" in (await tell(bot, "ana", "!wallet pin"))[0]


async def test_it_is_changed_and_removed_only_by_who_knows_it(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    assert "Send your PIN" in (await tell(bot, "ana", f"!wallet pin {OTHER}"))[0]
    assert "4 more tries" in (await tell(bot, "ana", OTHER))[0]
    assert "Your PIN is set" in (await tell(bot, "ana", PIN))[0]
    assert "Send your PIN" in (await tell(bot, "ana", "!wallet pin off"))[0]
    assert "4 more tries" in (await tell(bot, "ana", PIN))[0]
    assert "removed" in (await tell(bot, "ana", f" {OTHER} "))[0]
    assert not await has_pin(house)
    assert "No PIN is set" in (await tell(bot, "ana", "!wallet pin off"))[0]


async def test_five_wrong_ones_lock_it_for_a_day(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    await tell(bot, "ana", "!wallet pin off")
    left = [(await tell(bot, "ana", wrong))[0].split("have ")[1] for wrong in ("1111", "2222", "3333", "5555")]
    assert left == ["4 more tries.", "3 more tries.", "2 more tries.", "1 more try."]
    assert (await tell(bot, "ana", "6666"))[0].endswith("for 24 hours.")
    assert await tell(bot, "ana", PIN) == []
    await bot.clock.advance(DAY - MINUTE)
    assert (await tell(bot, "ana", "!wallet pin off"))[0].endswith("for 1 minute.")
    await bot.clock.advance(MINUTE)
    await tell(bot, "ana", "!wallet pin off")
    assert "removed" in (await tell(bot, "ana", PIN))[0]


async def test_the_right_one_forgives_the_wrong_ones(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    for _ in range(3):
        await tell(bot, "ana", "!wallet limits 400")
        await tell(bot, "ana", "!wallet limits 500")
        for _ in range(4):
            await tell(bot, "ana", "9999")
        assert "one payment can be $500.00" in (await tell(bot, "ana", PIN))[0]


async def test_guesses_in_two_chats_at_once_are_all_counted(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    chats = [ChatRef(f"ana-{number}@d", ChatKind.DIRECT) for number in range(8)]
    for chat in chats:
        await bot.emit(bot.message("ana", chat, "!wallet pin off"))
    await bot.emit(*(bot.message("ana", chat, f"900{number}") for number, chat in enumerate(chats)))
    locked = [text for chat in chats for text in bot.texts(chat) if "for 24 hours" in text]
    assert len(locked) == 4
    assert await bot.count("wallet_guards", "pin_free_at > 0") == 1


async def test_a_lock_that_came_meanwhile_holds_for_a_question_that_is_open(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    elsewhere = ChatRef("ana-2@d", ChatKind.DIRECT)
    await bot.emit(bot.message("ana", elsewhere, "!wallet pin off"))
    await tell(bot, "ana", "!wallet pin off")
    for wrong in ("1111", "2222", "3333", "5555", "6666"):
        await tell(bot, "ana", wrong)
    await bot.emit(bot.message("ana", elsewhere, PIN))
    assert bot.texts(elsewhere)[-1].endswith("for 24 hours.")
    assert await has_pin(house)


async def test_other_messages_are_no_answers(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    await tell(bot, "ana", "!wallet pin off")
    assert await tell(bot, "ana", "!wallet balance") == [f"you are {ANA}"]
    for other in ("hello", "48 21", "123456789", "482", "４８２１"):
        assert await tell(bot, "ana", other) == []
    assert "removed" in (await tell(bot, "ana", PIN))[0]


@pytest.mark.parametrize("word", ["no", "cancel", "No, stop!"])
async def test_a_refusal_calls_it_off(bot: BotHarness, house: House, word: str) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    await tell(bot, "ana", "!wallet pin off")
    assert "stays as it is" in (await tell(bot, "ana", word))[0]
    assert await tell(bot, "ana", PIN) == []
    assert await has_pin(house)


async def test_the_question_is_open_for_five_minutes(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    await tell(bot, "ana", "!wallet pin off")
    await bot.clock.advance(5 * MINUTE)
    assert await tell(bot, "ana", PIN) == []
    assert await has_pin(house)


async def test_an_old_answer_is_none(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    late = replace(bot.message("ana", bot.direct("ana"), PIN), time=bot.clock.now() - 6 * 60_000)
    await tell(bot, "ana", "!wallet pin off")
    await bot.emit(late)
    assert "more than five minutes old" in bot.texts()[-1]
    assert await has_pin(house)


async def test_an_answer_after_unlinking_does_nothing(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    await tell(bot, "ana", "!wallet pin off")
    await tell(bot, "ana", "!wallet unlink")
    assert "not linked" in (await tell(bot, "ana", PIN))[0]
    await link(bot, "ana")
    assert await has_pin(house)


async def test_it_is_the_account_s_whoever_links_it(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    bot.phones["eve"] = ANA
    await tell(bot, "eve", "!wallet link")
    await link(bot, "eve")
    assert "A PIN is set" in (await tell(bot, "eve", "!wallet pin"))[0]


async def test_whatever_needs_it_goes_on_with_what_it_asked_for(bot: BotHarness, house: House) -> None:
    vault = house.membership.guarded["vault"] = Vault()
    member = await house.accounts.by_phone(ANA)
    assert member is not None
    await tell(bot, "ana", f"!wallet pin {PIN}")
    house.looks.ask = lambda call, asking: house.membership.pins.ask(call, asking, "vault", b"gold")
    assert "Send your PIN" in (await tell(bot, "ana", "!wallet balance"))[0]
    assert vault.opened == []
    assert await tell(bot, "ana", PIN) == ["open"]
    assert vault.opened == [b"gold"]
    await tell(bot, "ana", "!wallet balance")
    assert await tell(bot, "ana", "no") == ["shut"]


async def test_a_backend_that_fails_what_needs_it_is_said_to(bot: BotHarness, house: House) -> None:
    vault = house.membership.guarded["vault"] = Vault()
    vault.fault = BackendError("no")
    await tell(bot, "ana", f"!wallet pin {PIN}")
    house.looks.ask = lambda call, asking: house.membership.pins.ask(call, asking, "vault", b"gold")
    await tell(bot, "ana", "!wallet balance")
    assert "is not answering" in (await tell(bot, "ana", PIN))[0]


async def test_where_there_is_none_it_goes_on_at_once(bot: BotHarness, house: House) -> None:
    vault = house.membership.guarded["vault"] = Vault()
    house.looks.ask = lambda call, asking: house.membership.pins.ask(call, asking, "vault", b"gold")
    assert await tell(bot, "ana", "!wallet balance") == ["open"]
    assert vault.opened == [b"gold"]


async def test_one_that_was_removed_meanwhile_is_not_missed(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {PIN}")
    elsewhere = ChatRef("ana-2@d", ChatKind.DIRECT)
    await bot.emit(bot.message("ana", elsewhere, "!wallet limits 400"))
    await bot.emit(bot.message("ana", elsewhere, "!wallet limits 500"))
    await tell(bot, "ana", "!wallet pin off")
    await tell(bot, "ana", PIN)
    await bot.emit(bot.message("ana", elsewhere, "9999"))
    assert "one payment can be $500.00" in bot.texts(elsewhere)[-1]


async def test_neither_it_nor_its_digits_are_kept(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", f"!wallet pin {OTHER}")
    await tell(bot, "ana", "!wallet pin off")
    await tell(bot, "ana", OTHER)
    await tell(bot, "ana", f"!wallet pin {OTHER}")
    assert not any(OTHER in text for text in bot.texts())
    for name in await tables(bot):
        for row in await bot.database.fetch(f"SELECT * FROM {name}"):
            assert not any(OTHER.encode() in value for value in row if isinstance(value, bytes))


@pytest.mark.parametrize("digits", ["1234", "0000", "11111111", "98765432", "7890", "3210", "9012"])
def test_what_a_thief_tries_first_is_refused(digits: str) -> None:
    assert weak(digits)


async def test_a_weak_one_is_not_set(bot: BotHarness, house: House) -> None:
    assert "too easy" in (await tell(bot, "ana", "!wallet pin 1234"))[0]
    assert not await has_pin(house)


@given(st.text("0123456789", min_size=4, max_size=8))
def test_the_others_have_two_different_steps_or_a_wider_one(digits: str) -> None:
    ups = "0123456789" * 2
    runs = (ups, ups[::-1], *(digit * 8 for digit in "0123456789"))
    assert weak(digits) is any(digits in run for run in runs)


def test_the_hash_is_argon2id_of_its_own_salt() -> None:
    first, second = QUICK.hash(PIN), QUICK.hash(PIN)
    assert first != second
    assert first.startswith("$argon2id$")
    assert QUICK.matches(second, PIN)
    assert not QUICK.matches(second, OTHER)
    assert "m=19456,t=2,p=1" in Hasher().hash(PIN)
