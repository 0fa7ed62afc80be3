from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.support.wallet.galoy import listed, price, transaction

from whinchat.apps.wallet.backend import BackendError, Direction, Page, Status, Transaction
from whinchat.apps.wallet.galoy import convert, types
from whinchat.apps.wallet.money import sats, usd
from whinchat.testing.clock import START


def page(*transactions: dict[str, Any], first: int = 100, pages: bool = True, dollars: bool = False) -> Page:
    user = msgspec.convert(listed(*transactions, after="next"), types.ListedUser)
    return convert.page(user, first, pages=pages, dollars=dollars)


def one(*, dollars: bool = False, **changes: Any) -> Transaction:
    return page(transaction(**changes), dollars=dollars).transactions[0]


def details(**told: Any) -> types.Details:
    return msgspec.convert({"id": "tx-1", **told}, types.Details)


def test_what_is_told_is_kept() -> None:
    assert one(memo="", initiationVia={"paymentHash": "AB" * 32}, settlementVia={}) == Transaction(
        id="tx-1",
        wallet="wallet-usd",
        direction=Direction.SEND,
        status=Status.SUCCESS,
        amount=usd(150),
        fee=usd(0),
        time=START,
        hash="ab" * 32,
    )
    assert (one().memo, one().hash, one().counterparty) == ("lunch", None, "bob")


def test_debits_are_rounded_up_and_credits_down() -> None:
    assert one(settlementAmount=-150.01, settlementFee=0.2).amount == usd(151)
    assert one(settlementAmount=-150.01, settlementFee=0.2).fee == usd(1)
    assert one(settlementAmount=150.99, direction="RECEIVE").amount == usd(150)
    assert one(settlementAmount=-21, settlementCurrency="BTC").amount == sats(21)


@pytest.mark.parametrize(
    ("amount", "display", "expected"),
    [
        (-1.5, "-1.5", usd(150)),
        (-150, "-1.50", usd(150)),
        (-150, "undefined", usd(150)),
        (-0.005, "-0.005", usd(1)),
    ],
)
def test_an_amount_in_dollars_is_known_by_being_told_twice(amount: float, display: str, expected: object) -> None:
    found = one(dollars=True, settlementAmount=amount, settlementFee=amount, settlementDisplayAmount=display)
    assert (found.amount, found.fee) == (expected, expected)


def test_the_same_number_in_another_currency_or_backend_means_nothing() -> None:
    told: dict[str, Any] = {"settlementAmount": -150, "settlementDisplayAmount": "-150"}
    assert one(**told).amount == usd(150)
    assert one(dollars=True, settlementDisplayCurrency="JMD", **told).amount == usd(150)
    assert one(dollars=True, settlementCurrency="BTC", **told).amount == sats(150)


def test_dollars_kept_as_usdt_are_of_the_dollar_wallet() -> None:
    found = one(settlementCurrency="USDT")
    assert (found.amount, found.wallet) == (usd(150), "wallet-usd")


def test_the_newest_come_first_whatever_the_order() -> None:
    told = [transaction(id=f"tx-{time}", createdAt=time) for time in (3, 1, 5, 4)]
    assert [each.id for each in page(*told, first=3).transactions] == ["tx-5", "tx-4", "tx-3"]


def test_what_has_no_id_or_an_unknown_currency_is_left_out() -> None:
    told = [transaction(id="null"), transaction(settlementCurrency="XAU"), transaction(id="tx-2")]
    assert [each.id for each in page(*told).transactions] == ["tx-2"]


@pytest.mark.parametrize(("status", "expected"), [("FAILURE", Status.FAILURE), ("NEW", Status.PENDING)])
def test_only_a_success_is_one(status: str, expected: Status) -> None:
    assert one(status=status).status is expected


def test_pages_end() -> None:
    assert (page(pages=True).after, page(pages=False).after) == ("next", None)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1E+999999", "-1E+999999999", "9" * 20])
def test_what_is_no_amount_is_no_answer(text: str) -> None:
    with pytest.raises(BackendError):
        one(settlementAmount=text)


def test_a_price_is_a_base_and_an_offset() -> None:
    found = convert.price("JMD", msgspec.convert(price(), types.RealtimePrice))
    assert (str(found.sat), str(found.usd_cent), found.time) == ("0.068000000000", "1.000000", START)


@pytest.mark.parametrize("offset", [-1, 31])
def test_a_price_that_makes_no_sense(offset: int) -> None:
    wrong = price(btcSatPrice={"base": 1, "offset": offset})
    with pytest.raises(BackendError):
        convert.price("JMD", msgspec.convert(wrong, types.RealtimePrice))


class TestDetails:
    def test_they_add_what_the_list_leaves_out(self) -> None:
        bare = one(memo=None, initiationVia={}, settlementVia={})
        found = convert.detailed(details(memo="ref-1", paymentHash="AB" * 32, status="PENDING"), bare)
        assert (found.memo, found.hash, found.status) == ("ref-1", "ab" * 32, Status.PENDING)
        assert (found.amount, found.direction) == (bare.amount, bare.direction)

    def test_they_take_nothing_away(self) -> None:
        assert convert.detailed(details(status="odd"), one()) == one()

    @pytest.mark.parametrize(
        ("kind", "direction", "amount"),
        [("Lightning Send", Direction.SEND, usd(124)), ("LIGHTNING_RECEIVE", Direction.RECEIVE, usd(123))],
    )
    def test_they_do_alone_if_they_tell_the_direction(self, kind: str, direction: Direction, amount: object) -> None:
        told = details(
            accountId="wallet-usd",
            amount=1.235,
            fee=0.001,
            currency="USD",
            status="settled",
            type=kind,
            createdAt="2026-01-01T00:00:00.000Z",
            memo="ref-1",
        )
        found = convert.detailed(told, None)
        assert (found.direction, found.amount, found.fee, found.time) == (direction, amount, usd(1), START)
        assert (found.status, found.wallet, found.memo) == (Status.SUCCESS, "wallet-usd", "ref-1")

    def test_a_time_without_a_zone_is_utc(self) -> None:
        told = details(amount=5, currency="BTC", type="send", status="failed", createdAt="2026-01-01T00:00:00")
        found = convert.detailed(told, None)
        assert (found.time, found.amount, found.status) == (START, sats(5), Status.FAILURE)

    @pytest.mark.parametrize(
        "told",
        [
            {"currency": "USD", "type": "Lightning", "amount": 1, "createdAt": "2026-01-01"},
            {"currency": "XAU", "type": "send", "amount": 1, "createdAt": "2026-01-01"},
            {"currency": "USD", "type": "send", "createdAt": "2026-01-01"},
            {"currency": "USD", "type": "send", "amount": 1, "createdAt": "yesterday"},
        ],
    )
    def test_alone_they_may_not_do(self, told: dict[str, Any]) -> None:
        with pytest.raises(BackendError) as error:
            convert.detailed(details(**told), None)
        assert error.value.code == "unavailable"
