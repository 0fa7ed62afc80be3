"""From `link` to a session: codes, wrong codes, lines and everything that goes wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from tests.support.wallet.door import RIGHT, WRONG, House, link, tell

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.codes import ASKED
from whinchat.apps.wallet.sessions import SWEEP
from whinchat.core.ports import Batch, Statement
from whinchat.testing.harness import BotHarness, running

HOUR = 3600.0  # seconds
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


async def strangers(bot: BotHarness, count: int, *, first: int = 0, say: str = "!wallet link") -> list[list[str]]:
    """So many people with numbers of their own say this, one after the other."""
    answers = []
    for number in range(first, first + count):
        bot.phones[f"p{number}"] = f"+1555100{number:02}"
        answers.append(await tell(bot, f"p{number}", say))
        await bot.clock.advance(0.01)
    return answers


async def health(house: House) -> bool:
    (check,) = house.membership.health
    return (await check.check()).ok


# --- the way it goes ---


async def test_somebody_links_with_the_code_that_the_backend_sent_them(bot: BotHarness, house: House) -> None:
    assert (await tell(bot, "ana", "!wallet balance"))[0].startswith("Your Sandbox account is not linked yet.")
    assert "six digits on WhatsApp" in (await tell(bot, "ana", "!wallet link"))[0]
    assert house.door.codes == [ANA]
    assert (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0].startswith("✅ Your Sandbox account is linked.")
    assert await tell(bot, "ana", "!wallet balance") == [f"you are {ANA}"]
    (member,) = house.looks.members
    assert member.token.reveal() == "token-1"
    assert (member.backend, member.transport, member.language, member.currency) == ("sandbox", "fake", "en", "USD")
    assert member.chat == bot.direct("ana")
    assert not member.closing


async def test_nothing_is_kept_in_the_clear(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    rows = await bot.database.fetch(
        "SELECT u.phone, u.account, a.alias FROM wallet_users u JOIN wallet_aliases a ON a.user_id = u.id"
    )
    for row in rows:
        assert all(isinstance(value, bytes) and len(value) == 16 for value in row)


async def test_whom_the_network_shows_no_number_of_cannot_link(bot: BotHarness, house: House) -> None:
    del bot.phones["ana"]
    assert "does not show me your phone number" in (await tell(bot, "ana", "!wallet link"))[0]
    assert house.door.codes == []


async def test_who_is_linked_needs_no_code(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    assert "linked already" in (await tell(bot, "ana", "!wallet link"))[0]
    assert "linked already" in (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0]
    assert house.door.codes == [ANA]


async def test_a_code_that_nobody_asked_for_is_not_looked_at(bot: BotHarness, house: House) -> None:
    assert "not waiting for a code" in (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0]
    await tell(bot, "ana", "!wallet link")
    await bot.clock.advance(HOUR)
    assert "not waiting for a code" in (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0]
    assert "login" not in house.door.calls


# --- bounds of our own ---


async def test_one_number_gets_two_codes_an_hour(bot: BotHarness, house: House) -> None:
    for _ in range(2):
        await tell(bot, "ana", "!wallet link")
    assert (await tell(bot, "ana", "!wallet link"))[0].endswith("Try again in 1 hour.")
    assert house.door.codes == [ANA, ANA]
    await bot.clock.advance(HOUR)
    await tell(bot, "ana", "!wallet link")
    assert house.door.codes == [ANA] * 3


async def test_one_number_may_be_wrong_three_times_in_six_hours(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    for _ in range(2):
        assert "not the code" in (await tell(bot, "ana", f"!wallet verify {WRONG}"))[0]
    assert (await tell(bot, "ana", f"!wallet verify {WRONG}"))[0].endswith("Try again in 6 hours.")
    assert (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0].startswith("Too many wrong codes.")
    assert house.door.calls.count("login") == 3
    await bot.clock.advance(HOUR)
    assert (await tell(bot, "ana", "!wallet link"))[0].endswith("Try again in 5 hours.")
    await bot.clock.advance(5 * HOUR)
    await link(bot, "ana")


async def test_beyond_twelve_codes_an_hour_people_stand_in_line(
    bot: BotHarness, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await strangers(bot, 12)
    assert len(house.door.codes) == 12
    assert not await health(house)
    caplog.set_level(logging.WARNING)
    answers = await strangers(bot, 2, first=12)
    assert all("You are in line" in answer and "1 hour" in answer for (answer,) in answers)
    assert (await tell(bot, "p12", "!wallet link"))[0].startswith("You are in line already")
    assert (await tell(bot, "p12", f"!wallet verify {RIGHT}"))[0].startswith("You are in line already")
    assert len(house.door.codes) == 12
    assert [record.message for record in caplog.records] == ["codes are at their limit"] * 2
    assert "+1555" not in caplog.text
    assert bot.metrics.value(ASKED, result="waiting") == 2

    await bot.clock.advance(HOUR)
    await bot.settle()
    assert house.door.codes[12:] == ["+155510012", "+155510013"]
    assert bot.texts(bot.direct("p13"))[-1].startswith("Your code is on its way")
    assert await health(house)


async def test_who_came_into_the_line_unseen_is_told_by_the_line(bot: BotHarness, house: House) -> None:
    """Several messages at once find room for one."""
    await strangers(bot, 11)
    messages = []
    for number in (11, 12, 13):
        bot.phones[f"p{number}"] = f"+1555100{number}"
        messages.append(bot.message(f"p{number}", bot.direct(f"p{number}"), "!wallet link"))
    await bot.emit(*messages)
    assert len(house.door.codes) == 12
    told = [bot.texts(bot.direct(f"p{number}")) for number in (11, 12, 13)]
    assert sum(any("in line" in text for text in texts) for texts in told) == 2


async def test_many_wrong_codes_make_everybody_wait_for_a_new_one(bot: BotHarness, house: House) -> None:
    for number in range(5):
        await strangers(bot, 1, first=number)
        for _ in range(3):
            await strangers(bot, 1, first=number, say=f"!wallet verify {WRONG}")
    await bot.clock.advance(1)
    assert not await health(house)
    ((answer,),) = await strangers(bot, 1, first=5)
    assert "You are in line" in answer
    assert house.door.calls.count("login") == 15
    await bot.clock.advance(6 * HOUR)
    await bot.settle()
    assert house.door.codes[-1] == "+155510005"


async def test_a_code_in_hand_is_replaced_when_no_more_can_be_tried(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    for number in range(5):
        await strangers(bot, 1, first=number)
        for _ in range(3):
            await strangers(bot, 1, first=number, say=f"!wallet verify {WRONG}")
    assert "I ask for a new code for you" in (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0]
    await bot.clock.advance(6 * HOUR)
    await bot.settle()
    assert house.door.codes[-1] == ANA
    assert (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0].startswith("✅")


async def test_two_wrong_codes_at_once_count_as_two(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    chat = bot.direct("ana")
    await bot.emit(*(bot.message("ana", chat, f"!wallet verify {WRONG}") for _ in range(5)))
    assert house.door.calls.count("login") == 3
    assert await bot.count("wallet_attempts", "kind = 'failure'") == 3


# --- what the backend does ---


async def test_a_backend_that_does_not_answer_is_asked_once_more(bot: BotHarness, house: House) -> None:
    house.door.fail_next("send_code")
    await tell(bot, "ana", "!wallet link")
    assert house.door.codes == []
    await bot.clock.advance(1)
    await bot.settle()
    assert house.door.codes == [ANA]
    assert await bot.count("wallet_attempts", "kind = 'code'") == 2


async def test_a_backend_that_is_down_is_said_to_be(bot: BotHarness, house: House) -> None:
    house.door.fail_next("send_code", times=2)
    await tell(bot, "ana", "!wallet link")
    await bot.clock.advance(1)
    await bot.settle()
    assert "not answering, so no code" in bot.texts()[-1]
    assert await health(house)
    assert "has had enough codes" in (await tell(bot, "ana", "!wallet link"))[0]


@pytest.mark.parametrize(
    ("code", "answer", "healthy"),
    [
        ("rejected", "sends no code to your number", True),
        ("rate_limited", "takes no more codes just now. Try again in 20 minutes.", False),
        ("unauthenticated", "not answering, so no code", False),
    ],
)
async def test_a_backend_that_refuses_to_send_a_code(
    bot: BotHarness, house: House, code: str, answer: str, *, healthy: bool
) -> None:
    house.door.fail_next("send_code", BackendError("no", code=code, retry_after=1200))
    said = await tell(bot, "ana", "!wallet link")
    assert answer in said[-1]
    assert await health(house) is healthy
    assert "not waiting for a code" in (await tell(bot, "ana", f"!wallet verify {RIGHT}"))[0]


async def test_one_whose_number_is_used_up_does_not_hold_up_the_line(bot: BotHarness, house: House) -> None:
    """The backend heard nothing twice; those behind go on."""
    house.door.fail_next("send_code", times=2)
    await bot.emit(bot.message("ana", bot.direct("ana"), "!wallet link"))
    await strangers(bot, 1)
    await bot.clock.advance(60)
    await bot.settle()
    assert house.door.codes == ["+155510000"]


async def test_a_login_that_is_not_answered_is_tried_again_and_counts_as_none(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("login", times=2)
    assert await tell(bot, "ana", f"!wallet verify {RIGHT}") == []
    for _ in range(3):
        await bot.clock.advance(5)
        await bot.settle()
    assert bot.texts()[-1].startswith("✅")
    assert await bot.count("wallet_attempts", "kind = 'failure'") == 0


@pytest.mark.parametrize(
    ("code", "answer", "failures"),
    [
        ("unavailable", "could not look at your code", 0),
        ("unauthenticated", "could not look at your code", 0),
        ("rate_limited", "takes no more codes just now. Try again in 1 hour.", 0),
    ],
)
async def test_a_backend_that_takes_no_login(
    bot: BotHarness, house: House, code: str, answer: str, failures: int
) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("login", BackendError("no", code=code), times=3)
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    for _ in range(4):
        await bot.clock.advance(10)
        await bot.settle()
    assert answer in bot.texts()[-1]
    assert await bot.count("wallet_attempts", "kind = 'failure'") == failures
    assert await health(house) is (code != "rate_limited")


async def test_a_token_whose_account_cannot_be_read_is_revoked_in_the_end(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("me", times=8)
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    for _ in range(12):
        await bot.clock.advance(200)
        await bot.settle()
    assert "could not look at your code" in bot.texts()[-1]
    assert house.door.tokens == []
    assert await bot.count("wallet_users", "session IS NOT NULL") == 0


async def test_an_account_that_is_read_at_the_second_try_is_linked(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("me")
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    await bot.clock.advance(5)
    await bot.settle()
    assert bot.texts()[-1].startswith("✅")
    assert house.door.tokens == ["token-1"]


async def test_a_second_code_whose_answer_is_lost_is_not_asked_for_a_third_time(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("send_code")
    await tell(bot, "ana", "!wallet link")
    await bot.clock.advance(1)
    await bot.settle()
    assert "has had enough codes" in bot.texts()[-1]
    assert house.door.calls.count("send_code") == 2


async def test_after_a_refusal_of_the_backend_s_everybody_waits_a_little(bot: BotHarness, house: House) -> None:
    house.door.fail_next("send_code", BackendError("no", code="rate_limited"))
    await tell(bot, "ana", "!wallet link")
    ((answer,),) = await strangers(bot, 1)
    assert "in about 10 minutes" in answer
    await bot.clock.advance(600)
    await bot.settle()
    assert house.door.codes == ["+155510000"]


async def test_a_line_whose_job_was_lost_goes_on_within_the_hour(bot: BotHarness, house: House) -> None:
    await strangers(bot, 12)
    await tell(bot, "ana", "!wallet link")
    await bot.database.commit(Batch((Statement("DELETE FROM memory_jobs", {}),)))
    await bot.clock.advance(HOUR)
    await bot.run_job(SWEEP)
    assert house.door.codes[-1] == ANA


# --- at once ---


async def test_of_two_right_codes_at_once_one_makes_the_session_and_no_token_is_left_over(
    bot: BotHarness, house: House
) -> None:
    await tell(bot, "ana", "!wallet link")
    chat = bot.direct("ana")
    await bot.emit(*(bot.message("ana", chat, f"!wallet verify {RIGHT}") for _ in range(2)))
    assert sum(text.startswith("✅") for text in bot.texts()) == 1
    assert len(house.door.tokens) == 1
    await tell(bot, "ana", "!wallet balance")
    assert house.looks.members[0].token.reveal() == house.door.tokens[0]


async def test_unlinking_calls_off_a_login_under_way(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("me")
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    assert "no longer waiting for a code" in (await tell(bot, "ana", "!wallet unlink"))[0]
    await bot.clock.advance(5)
    await bot.settle()
    assert house.door.opened == house.door.revoked == ["token-1"]
    assert (await tell(bot, "ana", "!wallet balance"))[0].startswith("Your Sandbox account is not linked yet.")


async def test_unlinking_leaves_the_line(bot: BotHarness, house: House) -> None:
    await strangers(bot, 12)
    await tell(bot, "ana", "!wallet link")
    await tell(bot, "ana", "!wallet unlink")
    await bot.clock.advance(HOUR)
    await bot.settle()
    assert ANA not in house.door.codes


async def test_a_login_that_is_called_off_before_it_began_asks_nothing(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet link")
    house.door.fail_next("login")
    await tell(bot, "ana", f"!wallet verify {RIGHT}")
    await tell(bot, "ana", "!wallet unlink")
    calls = len(house.door.calls)
    await bot.clock.advance(5)
    await bot.settle()
    assert len(house.door.calls) == calls


async def test_linking_again_takes_up_the_same_person(bot: BotHarness, house: House) -> None:
    await link(bot, "ana")
    await tell(bot, "ana", "!wallet balance")
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    await tell(bot, "ana", "!wallet balance")
    first, second = house.looks.members
    assert first.id == second.id
    assert first.account == second.account
    assert first.session != second.session
    assert house.door.tokens == [second.token.reveal()]
