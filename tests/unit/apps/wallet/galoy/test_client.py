from __future__ import annotations

import logging
import random

import pytest
from tests.support.wallet.galoy import (
    ANA,
    BTC,
    URL,
    USD,
    Name,
    ScriptedPeer,
    data,
    errors,
    listed,
    opened,
    payload,
    price,
    transaction,
    user,
)

from whinchat.apps.wallet.backend import BackendError, Failed, Paid, PayeeWallet, Unknown
from whinchat.apps.wallet.galoy.client import open_backend, socket_address
from whinchat.apps.wallet.money import Currency, Money, sats, usd
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.errors import HttpError, SettingsError
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer
from whinchat.testing.metrics import RecordedMetrics

OUTAGE = Answer(error=HttpError("hung up", code="truncated"))


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


class TestOpening:
    @pytest.mark.parametrize(
        ("settings", "key"),
        [(WalletSettings(), "apps.wallet.backend"), (WalletSettings(backend="sandbox"), "apps.wallet.url")],
    )
    def test_needs_a_backend_and_its_address(self, peer: ScriptedPeer, settings: WalletSettings, key: str) -> None:
        with pytest.raises(SettingsError) as error:
            open_backend(settings, peer, FakeClock(), random.Random(1), RecordedMetrics())
        assert error.value.key == key

    async def test_a_real_backend_has_addresses_of_its_own(self, peer: ScriptedPeer) -> None:
        backend = open_backend(WalletSettings(backend="flash"), peer, FakeClock(), random.Random(1), RecordedMetrics())
        with pytest.raises(BackendError):
            await backend.price("USD")
        assert {each.url for each in peer.asked} == {"https://api.flashapp.me/graphql"}

    def test_says_what_nobody_tried_yet(self, peer: ScriptedPeer, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            opened("blink", peer)
            opened("sandbox", peer)
        assert [vars(record)["unverified"] for record in caplog.records] == [["linking by phone"]]

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://api.staging.blink.sv/graphql", "wss://ws.staging.blink.sv/graphql"),
            ("http://127.0.0.1:8080/graphql", "ws://127.0.0.1:8080/graphql"),
        ],
    )
    def test_connections_are_made_beside_the_api(self, url: str, expected: str) -> None:
        assert socket_address(url) == expected


class TestSessions:
    async def test_a_code_is_asked_for_by_the_service_and_comes_by_whatsapp(self, peer: ScriptedPeer) -> None:
        peer.say(payload("userPhoneRegistrationInitiate", success=True))
        await opened("flash", peer).send_code("+15550000001")
        assert peer.variables == {"phone": "+15550000001", "channel": "WHATSAPP"}
        assert peer.asked[0].headers["Authorization"] == "Bearer token-of-the-service"

    async def test_without_a_service_token_no_code_is_asked_for(self, peer: ScriptedPeer) -> None:
        with pytest.raises(BackendError) as error:
            await opened("flash", peer, service=None).send_code("+15550000001")
        assert (error.value.code, peer.asked) == ("rejected", [])

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (payload("userLogin", "PHONE_CODE_ERROR"), "rejected"),
            (payload("userLogin", "TOO_MANY_REQUEST"), "rate_limited"),
            (payload("userLogin", authToken=None, totpRequired=True), "rejected"),
            (payload("userLogin", authToken="two\nlines"), "unavailable"),
            (OUTAGE, "unavailable"),
        ],
    )
    async def test_a_login_that_fails_is_not_tried_again(self, peer: ScriptedPeer, answer: Answer, code: str) -> None:
        peer.say(answer)
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).login("+15550000001", "123456")
        assert (error.value.code, len(peer.asked)) == (code, 1)

    async def test_what_is_asked_for_a_person_bears_their_token_and_nothing_else_does(self, peer: ScriptedPeer) -> None:
        peer.say(payload("userLogin", authToken="token-of-ana"), data(me=user()))
        backend = opened("blink", peer)
        await backend.me(await backend.login("+15550000001", "123456"))
        assert [each.headers.get("Authorization") for each in peer.asked] == [None, "Bearer token-of-ana"]

    @pytest.mark.parametrize("answer", [payload("userLogout", success=False), payload("userLogout", "DB_ERROR")])
    async def test_a_session_that_could_not_be_revoked(self, peer: ScriptedPeer, answer: Answer) -> None:
        peer.say(answer)
        with pytest.raises(BackendError):
            await opened("flash", peer).logout(ANA)

    async def test_a_session_that_is_over_anyway(self, peer: ScriptedPeer) -> None:
        peer.say(Answer(b"{}", 401))
        await opened("flash", peer).logout(ANA)


class TestPayments:
    @pytest.mark.parametrize(
        ("name", "source", "amount", "operation", "keyed"),
        [
            ("flash", USD, None, "lnInvoicePaymentSend", True),
            ("flash", BTC, sats(5), "lnNoAmountInvoicePaymentSend", True),
            ("flash", USD, usd(5), "lnNoAmountUsdInvoicePaymentSend", False),
            ("blink", USD, None, "lnInvoicePaymentSend", False),
            ("sandbox", USD, usd(5), "lnNoAmountUsdInvoicePaymentSend", True),
        ],
    )
    async def test_a_key_is_sent_where_keys_are_accepted(
        self,
        peer: ScriptedPeer,
        name: Name,
        source: PayeeWallet,
        amount: Money | None,
        operation: str,
        keyed: bool,
    ) -> None:
        peer.say(payload(operation, status="SUCCESS"))
        assert await opened(name, peer).pay_invoice(ANA, source, "lnbc1", amount, "ref-1", "key-1") == Paid()
        assert peer.variables == {
            "walletId": source.id,
            "paymentRequest": "lnbc1",
            "memo": "ref-1",
            **({"amount": 5} if amount else {}),
            **({"idempotencyKey": "key-1"} if keyed else {}),
        }

    @pytest.mark.parametrize(
        ("amount", "memo"),
        [(sats(5), ""), (usd(0), ""), (usd(-5), ""), (usd(5), "x" * 640), (usd(5), "é" * 320), (usd(5), "\ud800")],
    )
    async def test_what_no_backend_could_do_is_not_sent(self, peer: ScriptedPeer, amount: Money, memo: str) -> None:
        backend = opened("flash", peer)
        assert await backend.pay_wallet(ANA, USD, "wallet-of-bob", amount, memo, "key-1") == Failed("invalid")
        assert await backend.pay_invoice(ANA, USD, "lnbc1", amount, memo, "key-1") == Failed("invalid")
        assert peer.asked == []

    async def test_no_route_is_known_to_have_cost_nothing_at_blink_only(self, peer: ScriptedPeer) -> None:
        peer.say(payload("lnInvoicePaymentSend", "ROUTE_FINDING_ERROR", status="FAILURE"))
        assert await opened("blink", peer).pay_invoice(ANA, USD, "lnbc1", None, "", "k") == Failed("no_route")
        assert await opened("flash", peer).pay_invoice(ANA, USD, "lnbc1", None, "", "k") == Unknown(
            "route_finding_error"
        )

    async def test_an_answer_that_breaks_the_client_leaves_the_outcome_open(
        self, peer: ScriptedPeer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: object) -> object:
            raise ZeroDivisionError

        monkeypatch.setattr("whinchat.apps.wallet.galoy.client.of_payment", broken)
        peer.say(payload("lnInvoicePaymentSend", status="PENDING"))
        sent = await opened("blink", peer).pay_invoice(ANA, USD, "lnbc1", None, "", "key-1")
        assert sent == Unknown("internal")
        assert "token-of-ana" not in caplog.text

    @pytest.mark.parametrize(
        "odd",
        [transaction(settlementCurrency="XAU"), transaction(settlementAmount="NaN"), transaction(settlementFee=1e300)],
    )
    async def test_paid_is_paid_even_if_its_transaction_makes_no_sense(
        self, peer: ScriptedPeer, odd: dict[str, object]
    ) -> None:
        peer.say(payload("lnInvoicePaymentSend", status="SUCCESS", transaction=odd))
        assert await opened("blink", peer).pay_invoice(ANA, USD, "lnbc1", None, "", "key-1") == Paid()

    async def test_after_an_outage_a_read_finds_out_whether_payments_may_be_sent(self, peer: ScriptedPeer) -> None:
        clock, metrics = FakeClock(), RecordedMetrics()
        backend = opened("flash", peer, clock=clock, metrics=metrics)
        peer.say(OUTAGE)
        outcomes = [await backend.pay_wallet(ANA, USD, "bob", usd(5), "", f"key-{each}") for each in range(7)]
        assert outcomes == [Unknown("truncated")] * 5 + [Failed("unavailable")] * 2
        assert len(peer.asked) == 5

        clock.move(20)
        assert await backend.pay_wallet(ANA, USD, "bob", usd(5), "", "key-8") == Failed("unavailable")
        clock.move(20)
        peer.say(data(realtimePrice=price()), payload("intraLedgerUsdPaymentSend", status="SUCCESS"))
        assert await backend.pay_wallet(ANA, USD, "bob", usd(5), "", "key-9") == Paid()


class TestReads:
    async def test_fractions_are_floored_and_what_is_elsewhere_is_left_out(self, peer: ScriptedPeer) -> None:
        wallets = [
            {"id": "w1", "walletCurrency": "USD", "balance": 99.999, "pendingIncomingBalance": 0.5},
            {"id": "w2", "walletCurrency": "BTC", "balance": None, "pendingIncomingBalance": 0},
            {"id": "w3", "walletCurrency": "EUR", "balance": 5, "pendingIncomingBalance": 0},
        ]
        peer.say(data(me=user(wallets=wallets)))
        me = await opened("flash", peer).me(ANA)
        assert [(each.id, each.balance, each.pending) for each in me.wallets] == [("w1", usd(99), usd(0))]

    @pytest.mark.parametrize("number", ['"NaN"', '"Infinity"', "1e300", '"1E+999999999"'])
    async def test_numbers_that_are_no_money(self, peer: ScriptedPeer, number: str) -> None:
        good = data(me=user())
        peer.say(Answer(good.body.replace(b"10100.75", number.encode())))
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).me(ANA)
        assert error.value.code == "unavailable"

    async def test_a_name_that_can_be_nobody_s_is_nobody_s(self, peer: ScriptedPeer) -> None:
        peer.say(errors("INVALID_INPUT"))
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).default_wallet("b ob", Currency.USD)
        assert error.value.code == "not_found"

    async def test_the_fee_is_rounded_up_and_an_estimate_is_a_fee(self, peer: ScriptedPeer) -> None:
        peer.say(payload("lnUsdInvoiceFeeProbe", amount=0.01), payload("lnInvoiceFeeProbe", "NO_ROUTE", amount=7))
        backend = opened("flash", peer)
        assert await backend.fee(ANA, USD, "lnbc1", None) == usd(1)
        assert await backend.fee(ANA, BTC, "lnbc1", None) == sats(7)

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (payload("lnNoAmountUsdInvoiceFeeProbe", "ROUTE_FINDING_ERROR"), "rejected"),
            (payload("lnNoAmountUsdInvoiceFeeProbe", "IBEX_ERROR"), "unavailable"),
            (payload("lnNoAmountUsdInvoiceFeeProbe", amount=None), "unavailable"),
        ],
    )
    async def test_a_fee_that_nobody_knows(self, peer: ScriptedPeer, answer: Answer, code: str) -> None:
        peer.say(answer)
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).fee(ANA, USD, "lnbc1", usd(100))
        assert (error.value.code, peer.variables["amount"]) == (code, 100)

    async def test_at_most_a_hundred_are_asked_for_and_pages_only_where_there_are_some(
        self, peer: ScriptedPeer
    ) -> None:
        peer.say(data(me=listed(transaction(), after="tx-1")))
        flash = await opened("flash", peer).transactions(ANA, 500, "tx-0")
        blink = await opened("blink", peer).transactions(ANA, 500, "tx-0")
        assert [each["variables"] for each in peer.requests] == [
            {"first": 100, "after": None},
            {"first": 100, "after": "tx-0"},
        ]
        assert (flash.after, blink.after) == (None, "tx-1")

    async def test_a_list_that_is_not_there_is_an_outage(self, peer: ScriptedPeer) -> None:
        nothing = listed()
        nothing["defaultAccount"]["transactions"] = None
        peer.say(data(me=nothing))
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).transactions(ANA, 10)
        assert error.value.code == "unavailable"

    async def test_an_old_transaction_is_not_found_where_there_are_no_details(self, peer: ScriptedPeer) -> None:
        peer.say(data(me=listed(transaction())))
        backend = opened("blink", peer)
        assert (await backend.transaction(ANA, "tx-1")).memo == "lunch"
        with pytest.raises(BackendError) as error:
            await backend.transaction(ANA, "tx-0")
        assert error.value.code == "not_found"

    @pytest.mark.parametrize(
        ("details", "code"),
        [
            ({"errors": [{"message": "no"}], "transactionDetails": None}, "unavailable"),
            ({"errors": [], "transactionDetails": None}, "not_found"),
            ({"errors": [], "transactionDetails": {"id": "tx-0", "type": "Lightning"}}, "unavailable"),
        ],
    )
    async def test_details_that_say_nothing(self, peer: ScriptedPeer, details: object, code: str) -> None:
        peer.say(data(r0=details, r1=listed()))
        with pytest.raises(BackendError) as error:
            await opened("flash", peer).transaction(ANA, "tx-0")
        assert error.value.code == code

    async def test_an_invoice_that_is_not_there(self, peer: ScriptedPeer) -> None:
        peer.say(payload("lnUsdInvoiceCreate", invoice=None), payload("lnUsdInvoiceCreate", "TOO_MANY_REQUEST"))
        backend = opened("flash", peer)
        codes = []
        for _ in range(2):
            with pytest.raises(BackendError) as error:
                await backend.create_invoice(ANA, USD, usd(5), "lunch")
            codes.append(error.value.code)
        assert codes == ["unavailable", "rate_limited"]


async def test_no_error_or_metric_tells_who_it_was_about(peer: ScriptedPeer, caplog: pytest.LogCaptureFixture) -> None:
    metrics = RecordedMetrics()
    peer.say(errors("NOT_FOUND"))
    backend = opened("flash", peer, metrics=metrics)
    with caplog.at_level(logging.DEBUG), pytest.raises(BackendError) as error:
        await backend.login("+15550000001", "123456")
    await backend.pay_wallet(ANA, USD, "wallet-of-bob", usd(5), "secret memo", "key-1")
    told = f"{error.value!r} {vars(error.value)} {caplog.text} {vars(metrics)}"
    for secret in ("5550000001", "123456", "token-of-ana", "secret memo", "wallet-of-bob", "key-1", URL):
        assert secret not in told
