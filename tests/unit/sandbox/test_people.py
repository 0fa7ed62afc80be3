"""Accounts and their names."""

from __future__ import annotations

import pytest
from tests.support.wallet.town import ANA, Town

from whinchat.sandbox.records import BankError, Currency


@pytest.fixture
def town() -> Town:
    return Town()


def test_an_account_is_what_it_was_opened_as(town: Town) -> None:
    account = town.bank.open_account(
        phone="+15550000009", username="Zoë_9", usd=5, language="es", display_currency="JMD", default=Currency.BTC
    )

    assert town.bank.account(account.id) == account
    assert (account.username, account.language, account.display_currency) == ("Zoë_9", "es", "JMD")
    assert [wallet.currency for wallet in account.wallets] == [Currency.USD, Currency.BTC]
    assert [wallet.balance for wallet in account.wallets] == [5, 0]
    assert account.default_wallet == account.wallets[1].id
    assert town.bank.accounts()[-1] == account
    town.bank.check()


def test_an_account_that_cannot_be_opened_leaves_nothing(town: Town) -> None:
    before = town.bank.accounts()

    with pytest.raises(BankError, match="has an account already"):
        town.bank.open_account(phone=ANA)
    with pytest.raises(BankError, match="not available"):
        town.bank.open_account(phone="+15550000009", username="Ana")
    with pytest.raises(BankError, match="Invalid currency"):
        town.bank.open_account(display_currency="XXX")
    with pytest.raises(BankError, match="phone number"):
        town.bank.open_account(phone="hello")
    with pytest.raises(BankError, match="amount"):
        town.bank.open_account(usd=-1)

    assert town.bank.accounts() == before


@pytest.mark.parametrize("name", ["abc", "josé", "Ñandú_1", "анна", "bob2", "x" * 50, "_x_", "b1c"])
def test_names_of_letters_digits_and_underscores(town: Town, name: str) -> None:
    assert town.bank.set_username(town.service, name).username == name


@pytest.mark.parametrize(
    "name", ["ab", "x" * 51, "1abc", "3abc", "bc1abc", "BC1abc", "lnbc1x", "LNBC1x", "a b", "a-b", "a.b", "@ana", "ab²"]
)
def test_other_names_are_refused(town: Town, name: str) -> None:
    with pytest.raises(BankError) as caught:
        town.bank.set_username(town.service, name)
    assert caught.value.code == "INVALID_INPUT"


def test_a_name_is_one_persons_and_stays(town: Town) -> None:
    with pytest.raises(BankError, match="not available"):
        town.bank.set_username(town.service, "ANA")
    with pytest.raises(BankError, match="immutable"):
        town.bank.set_username(town.ana, "anna")


def test_a_name_written_in_two_ways_is_one(town: Town) -> None:
    town.bank.set_username(town.service, "jose\u0301")

    assert town.bank.default_wallet("JOSÉ").account == town.service


def test_the_default_wallet_is_found_by_name(town: Town) -> None:
    assert town.bank.default_wallet("Ana").id == town.usd(town.ana)
    assert town.bank.default_wallet("ana", Currency.BTC).id == town.btc(town.ana)
    with pytest.raises(BankError, match="Account does not exist for username nobody") as caught:
        town.bank.default_wallet("nobody", Currency.USD)
    assert caught.value.code == "NOT_FOUND"


def test_money_comes_from_outside_into_wallets_of_people_only(town: Town) -> None:
    assert town.bank.deposit(town.usd(town.bob), 300).amount == 300
    assert [update.account for update in town.updates] == [town.bob]
    for wallet in ("nothing", "world:USD"):
        with pytest.raises(BankError, match="does not exist"):
            town.bank.deposit(wallet, 1)
    town.bank.check()
