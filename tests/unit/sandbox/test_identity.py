"""Codes, sessions and their limits."""

from __future__ import annotations

import pytest
from tests.support.wallet.town import ANA, Town

from whinchat.sandbox.faults import Plan
from whinchat.sandbox.records import BankError

NEW = "+15550000009"
IP = "10.0.0.1"


@pytest.fixture
def town() -> Town:
    return Town()


def code(town: Town) -> str:
    """The newest one sent."""
    return town.bank.messages()[0].code


def send(town: Town, phone: str = ANA, ip: str = IP) -> None:
    town.bank.send_code(town.service, phone, ip)


def too_many(town: Town, phone: str = ANA, ip: str = IP) -> bool:
    try:
        send(town, phone, ip)
    except BankError as error:
        return error.code == "TOO_MANY_REQUEST"
    return False


def failed(town: Town, phone: str = ANA, ip: str = IP) -> str | None:
    with pytest.raises(BankError) as caught:
        town.bank.login(phone, "wrong", ip)
    return caught.value.code


def test_a_code_opens_a_session_once(town: Town) -> None:
    send(town)
    message = town.bank.messages()[0]
    assert (message.phone, message.sent_at) == (ANA, town.clock.now())
    assert len(message.code) == 6
    assert message.code.isdigit()

    token = town.bank.login(ANA, message.code, IP)

    assert town.bank.authenticate(token) == town.ana
    with pytest.raises(BankError, match="incorrect phone"):
        town.bank.login(ANA, message.code, IP)


def test_a_phone_without_an_account_gets_an_empty_one(town: Town) -> None:
    send(town, NEW)

    account = town.bank.account(town.bank.authenticate(town.bank.login(NEW, code(town), IP)))

    assert (account.phone, account.username, account.display_currency) == (NEW, None, "USD")
    assert [wallet.balance for wallet in account.wallets] == [0, 0]
    assert account.default_wallet == account.wallets[0].id


def test_codes_are_wrong_after_ten_minutes_and_after_a_newer_one(town: Town) -> None:
    send(town)
    old = code(town)
    send(town)
    with pytest.raises(BankError, match="incorrect code"):
        town.bank.login(ANA, old, IP)

    newest = code(town)
    town.clock.move(600)
    with pytest.raises(BankError, match="incorrect phone") as caught:
        town.bank.login(ANA, newest, IP)
    assert caught.value.code == "PHONE_CODE_ERROR"


def test_only_an_account_without_a_phone_asks_for_codes_and_only_for_phones(town: Town) -> None:
    with pytest.raises(BankError) as caught:
        town.bank.send_code(town.ana, NEW, IP)
    assert caught.value.code == "PHONE_ALREADY_ATTACHED_ERROR"
    with pytest.raises(BankError, match="not a valid phone number"):
        send(town, "15550000009")
    assert town.bank.messages() == ()


def test_a_phone_gets_four_codes_an_hour_and_then_waits_three(town: Town) -> None:
    assert [too_many(town) for _ in range(5)] == [False] * 4 + [True]
    town.clock.move(3 * 3600 - 1)
    assert too_many(town)
    town.clock.move(1)
    assert not too_many(town)
    assert len(town.bank.messages()) == 5


def test_the_hour_begins_with_the_first_code(town: Town) -> None:
    for _ in range(4):
        send(town)
    town.clock.move(3600)
    assert not too_many(town)


def test_an_address_gets_sixteen_codes_an_hour_and_then_waits_a_day(town: Town) -> None:
    phones = [f"+1555000{number:04}" for number in range(17)]
    assert [too_many(town, phone) for phone in phones] == [False] * 16 + [True]
    assert not too_many(town, phones[16], "10.0.0.2")
    town.clock.move(24 * 3600 - 1)
    assert too_many(town, NEW)
    town.clock.move(1)
    assert not too_many(town, NEW)


def test_eight_wrong_codes_block_the_phone_for_an_hour(town: Town) -> None:
    send(town)
    codes = {failed(town, ip=f"10.0.0.{number}") for number in range(8)}
    assert codes == {"PHONE_CODE_ERROR"}

    with pytest.raises(BankError) as caught:
        town.bank.login(ANA, code(town), IP)  # even the right one
    assert caught.value.code == "TOO_MANY_REQUEST"
    town.clock.move(3600)
    send(town)
    assert town.bank.login(ANA, code(town), IP)


def test_twenty_wrong_codes_block_the_address_for_a_day(town: Town) -> None:
    for number in range(20):
        assert failed(town, f"+1555000{number:04}") == "PHONE_CODE_ERROR"
    assert failed(town, NEW) == "TOO_MANY_REQUEST"
    town.clock.move(6 * 3600)
    assert failed(town, NEW) == "TOO_MANY_REQUEST"
    town.clock.move(18 * 3600)
    assert failed(town, NEW) == "PHONE_CODE_ERROR"


def test_logins_that_succeed_are_not_counted(town: Town) -> None:
    for _ in range(10):
        send(town)
        town.bank.login(ANA, code(town), IP)
        town.clock.move(1000)

    for _ in range(8):
        assert failed(town) == "PHONE_CODE_ERROR"


def test_the_code_limit_can_be_switched_on(town: Town) -> None:
    with pytest.raises(BankError) as caught:
        town.bank.send_code(town.service, ANA, IP, Plan(code_limit=True))

    assert caught.value.code == "TOO_MANY_REQUEST"
    assert town.bank.messages() == ()


def test_logging_out_ends_this_session_only(town: Town) -> None:
    one, other = town.bank.token(town.ana), town.bank.token(town.ana)
    town.bank.logout(one)
    town.bank.logout(one)

    with pytest.raises(BankError) as caught:
        town.bank.authenticate(one)
    assert caught.value.code == "NOT_AUTHENTICATED"
    assert town.bank.authenticate(other) == town.ana


def test_sessions_can_be_made_to_expire(town: Town) -> None:
    anas, bobs, services = (town.bank.token(account) for account in (town.ana, town.bob, town.service))

    with pytest.raises(BankError, match="Not authenticated"):
        town.bank.authenticate(anas, Plan(expired_token=True))
    with pytest.raises(BankError, match="Not authenticated"):
        town.bank.authenticate(anas)
    town.bank.expire(town.bob)
    with pytest.raises(BankError, match="Not authenticated"):
        town.bank.authenticate(bobs)
    assert town.bank.authenticate(services) == town.service
    town.bank.expire()
    with pytest.raises(BankError, match="Not authenticated"):
        town.bank.authenticate(services)


def test_there_is_no_session_of_nobody(town: Town) -> None:
    with pytest.raises(BankError, match="does not exist"):
        town.bank.token("nobody")
