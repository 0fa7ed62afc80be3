"""Prices move, and are the same for everybody who asks at the same time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.wallet.town import Town

from whinchat.sandbox.faults import Plan
from whinchat.sandbox.prices import Prices
from whinchat.sandbox.records import BankError

NOW = 1_767_225_600_000
SEED = bytes(32)


def test_a_price_stands_for_a_minute_and_then_moves_a_little() -> None:
    prices = Prices(SEED)
    sats = [prices.price("USD", NOW + minute * 60_000).sat_base for minute in range(60)]

    assert prices.price("USD", NOW + 59_999).sat_base == sats[0]
    assert len(set(sats)) == 60
    steps = [abs(after - before) / before for before, after in pairwise(sats)]
    assert max(steps) < 0.001


def test_over_months_a_price_goes_far_but_not_away() -> None:
    sats = [Prices(SEED).price("USD", NOW + day * 86_400_000).sat_base for day in range(365)]

    assert max(sats) / min(sats) > 1.1
    assert min(sats) > 0.05 * 10**12
    assert max(sats) < 0.08 * 10**12


def test_a_cent_costs_a_cent_and_others_what_they_cost() -> None:
    prices = Prices(SEED)

    assert prices.price("USD", NOW).cent_base == 10**6
    jamaican, yen, dinar = (prices.price(currency, NOW) for currency in ("JMD", "JPY", "KWD"))
    assert 150 < jamaican.cent_base / 10**jamaican.cent_offset < 165
    assert 1.4 < yen.cent_base / 10**yen.cent_offset < 1.6  # a yen has no smaller unit
    assert 2.9 < dinar.cent_base / 10**dinar.cent_offset < 3.3  # a thousand fils to the dinar
    assert jamaican.sat_base / jamaican.cent_base == pytest.approx(prices.price("USD", NOW).sat_base / 10**6, rel=1e-6)


def test_another_seed_has_other_prices() -> None:
    assert Prices(SEED).price("USD", NOW) != Prices(bytes([1] * 32)).price("USD", NOW)


def test_the_bank_lists_its_currencies_and_refuses_others() -> None:
    bank = Town().bank

    listed = {currency.id: currency for currency in bank.currencies()}
    assert {"USD", "EUR", "JMD", "GBP", "MXN", "INR"} <= set(listed)
    assert {bank.price(currency).currency for currency in listed} == set(listed.values())
    with pytest.raises(BankError, match="Invalid currency"):
        bank.price("XXX")


def test_the_feed_can_be_down() -> None:
    with pytest.raises(BankError) as caught:
        Town().bank.price("USD", Plan(price_down=True))
    assert caught.value.code == "PRICE_SERVICE_OFFLINE"
