"""What every backend's client knows of a payment: before the sandbox, and before servers that make no sense."""

from __future__ import annotations

import pytest
from tests.support.wallet.city import HTML, HUGE, City
from tests.support.wallet.galoy import ANA as ANA_TOKEN
from tests.support.wallet.galoy import BACKENDS, USD, Name, ScriptedPeer, data, errors, opened, payload, transaction
from tests.support.wallet.town import ending

from whinchat.apps.wallet.backend import Failed, Paid, PayeeWallet, Sent, Unknown
from whinchat.apps.wallet.money import Currency, sats, usd
from whinchat.core.errors import HttpError
from whinchat.sandbox.faults import Fault
from whinchat.testing.http import Answer


@pytest.fixture(params=BACKENDS)
def city(request: pytest.FixtureRequest) -> City:
    return City(request.param)


@pytest.fixture(params=BACKENDS)
def name(request: pytest.FixtureRequest) -> Name:
    found: Name = request.param
    return found


class TestPayments:
    async def test_a_payment_inside_is_paid(self, city: City) -> None:
        sent = await city.pay()
        assert isinstance(sent, Paid)
        assert (sent.transaction is not None) is city.backend.capabilities.payload_transaction
        if sent.transaction is not None:
            assert (sent.transaction.amount, sent.transaction.wallet) == (usd(150), city.wallet.id)
        assert city.left == 150

    async def test_satoshis_are_paid_too(self, city: City) -> None:
        btc = PayeeWallet(city.town.btc(city.town.ana), Currency.BTC)
        sent = await city.backend.pay_wallet(city.ana, btc, city.town.btc(city.town.bob), sats(21), "", "key-1")
        assert isinstance(sent, Paid)
        assert city.town.satoshis(city.town.bob) == 21

    async def test_an_invoice_is_paid(self, city: City) -> None:
        invoice = city.town.bank.outside_invoice(1_000, "coffee")
        assert isinstance(
            await city.backend.pay_invoice(city.ana, city.wallet, invoice.bolt11, None, "coffee", "key-1"), Paid
        )
        open_invoice = city.town.bank.outside_invoice(None, "tip")
        paid = await city.backend.pay_invoice(city.ana, city.wallet, open_invoice.bolt11, usd(200), "", "key-2")
        assert isinstance(paid, Paid)
        assert city.left >= 260

    async def test_too_much_is_refused_and_costs_nothing(self, city: City) -> None:
        assert await city.pay(1_000_000) == Failed("insufficient_balance")
        assert city.left == 0

    @pytest.mark.parametrize(
        ("fault", "outcome", "paid"),
        [
            (Fault.FAILURE, Failed("refused"), 0),
            (Fault.REJECTED, Failed("limit"), 0),
            (Fault.ALREADY_PAID, Unknown("already_paid"), 0),
            (Fault.PENDING_SETTLES, Unknown("pending"), 150),
            (Fault.PENDING_FAILS, Unknown("pending"), 150),
        ],
    )
    async def test_each_ending_is_told_as_what_is_known(
        self, city: City, fault: Fault, outcome: Sent, paid: int
    ) -> None:
        switch = ending(fault, 5.0).payment
        assert switch is not None
        city.town.bank.faults.set(switch)
        assert await city.pay() == outcome
        assert city.left == paid

    @pytest.mark.parametrize(
        ("fault", "paid"),
        [
            (Fault.FAILED_AFTER_DEBIT, 150),
            (Fault.BUSY, 0),
            (Fault.ERROR, 0),
            (Fault.DROP_BEFORE, 0),
            (Fault.DROP_AFTER, 150),
            (Fault.GARBAGE, 150),
        ],
    )
    async def test_what_may_have_left_is_unknown_and_asked_for_once(self, city: City, fault: Fault, paid: int) -> None:
        city.fault(fault, "intraLedgerUsdPaymentSend")
        assert isinstance(await city.pay(), Unknown)
        assert city.left == paid
        assert city.peer.requests == 1

    @pytest.mark.parametrize(("fault", "paid"), [(Fault.SLOW, 0), (Fault.STALL, 150)])
    async def test_a_payment_that_takes_too_long_is_unknown(self, city: City, fault: Fault, paid: int) -> None:
        city.fault(fault, seconds=300)
        assert await city.waiting(city.pay(), 61) == Unknown("timeout")
        assert city.left == paid
        await city.peer.close()

    async def test_a_payment_that_takes_its_time_is_paid(self, city: City) -> None:
        city.fault(Fault.SLOW, seconds=40)
        assert isinstance(await city.waiting(city.pay(), 41), Paid)

    async def test_without_a_session_nothing_is_paid(self, city: City) -> None:
        city.fault(Fault.EXPIRED_TOKEN)
        assert await city.pay() == Failed("unauthenticated")
        assert city.left == 0

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (HTML, Unknown("protocol")),
            (HUGE, Unknown("too_large")),
            (Answer(b'{"data": {'), Unknown("protocol")),
            (Answer(b'{"data": null}'), Unknown("protocol")),
            (data(intraLedgerUsdPaymentSend=5), Unknown("protocol")),
            (data(intraLedgerUsdPaymentSend={"errors": None, "status": "SUCCESS"}), Unknown("protocol")),
            (data(another="SUCCESS"), Unknown("protocol")),
            (payload("intraLedgerUsdPaymentSend", status=None), Unknown("status")),
            (payload("intraLedgerUsdPaymentSend", status="SENT"), Unknown("status")),
            (payload("intraLedgerUsdPaymentSend", status="PENDING"), Unknown("pending")),
            (payload("intraLedgerUsdPaymentSend", status="ALREADY_PAID"), Unknown("already_paid")),
            (payload("intraLedgerUsdPaymentSend", "INSUFFICIENT_BALANCE", status="SUCCESS"), None),
            (payload("intraLedgerUsdPaymentSend", "INSUFFICIENT_BALANCE", status="PENDING"), Unknown("pending")),
            (payload("intraLedgerUsdPaymentSend", status="FAILURE"), Failed("refused")),
            (payload("intraLedgerUsdPaymentSend", "CANT_PAY_SELF", status="FAILURE"), Failed("self_payment")),
            (payload("intraLedgerUsdPaymentSend", "TRANSACTION_RESTRICTED", status="FAILURE"), Failed("limit")),
            (payload("intraLedgerUsdPaymentSend", "INSUFFICIENT_BALANCE"), Failed("insufficient_balance")),
            (payload("intraLedgerUsdPaymentSend", "INVOICE_DECODE_ERROR", status="FAILURE"), Failed("invalid")),
            (payload("intraLedgerUsdPaymentSend", "INVALID_INPUT", status="FAILURE"), Unknown("invalid_input")),
            (payload("intraLedgerUsdPaymentSend", "IBEX_ERROR", status="FAILURE"), Unknown("ibex_error")),
            (payload("intraLedgerUsdPaymentSend", None, status="FAILURE"), Unknown("error")),
            (payload("intraLedgerUsdPaymentSend", "+1 555", status="FAILURE"), Unknown("error")),
            (payload("intraLedgerUsdPaymentSend", "CANT_PAY_SELF", None, status="FAILURE"), Unknown("cant_pay_self")),
            (errors("GRAPHQL_VALIDATION_FAILED", status=400), Failed("refused")),
            (errors("BAD_USER_INPUT", status=400), Failed("refused")),
            (errors("NOT_AUTHORIZED", data=None), Failed("unauthenticated")),
            (errors("INTERNAL_SERVER_ERROR", data=None), Unknown("internal_server_error")),
            (errors("NOT_AUTHORIZED", "INTERNAL_SERVER_ERROR"), Unknown("not_authorized")),
            (Answer(b"{}", 401), Failed("unauthenticated")),
            (Answer(b"", 403), Unknown("http_403")),
            (Answer(b"", 429, {"Retry-After": "17"}), Failed("unavailable")),
            (Answer(b"oh no", 500), Unknown("server")),
            (Answer(b"", 307, {"Location": "https://elsewhere.example"}), Unknown("http_307")),
            (Answer(error=HttpError("no connection", code="unreachable")), Failed("unavailable")),
            (Answer(error=HttpError("hung up", code="truncated")), Unknown("truncated")),
            (Answer(error=HttpError("slow", code="timeout")), Unknown("timeout")),
            (Answer(b'{"data": {', error=HttpError("cut", code="truncated")), Unknown("truncated")),
        ],
    )
    async def test_each_answer_is_told_as_what_is_known(self, name: Name, answer: Answer, outcome: Sent | None) -> None:
        peer = ScriptedPeer()
        peer.say(answer)
        sent = await opened(name, peer).pay_wallet(ANA_TOKEN, USD, "wallet-of-bob", usd(150), "lunch", "key-1")
        assert sent == (outcome or Unknown("insufficient_balance"))
        assert len(peer.asked) == 1

    async def test_only_a_plain_success_is_paid(self, name: Name) -> None:
        peer = ScriptedPeer()
        peer.say(payload("lnInvoicePaymentSend", status="SUCCESS", transaction=transaction()))
        sent = await opened(name, peer).pay_invoice(ANA_TOKEN, USD, "lnbc1", None, "", "key-1")
        assert isinstance(sent, Paid)
        assert sent.transaction is not None
        assert (sent.transaction.id, sent.transaction.amount) == ("tx-1", usd(150))
