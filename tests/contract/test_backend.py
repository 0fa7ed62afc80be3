"""What every backend's client does: before the sandbox in the place of each, and before servers that make no sense.

Payments are in `test_backend_payments.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

import pytest
from tests.support.wallet.city import HTML, HUGE, City
from tests.support.wallet.galoy import ANA as ANA_TOKEN
from tests.support.wallet.galoy import BACKENDS, Name, ScriptedPeer, data, errors, opened, user

from whinchat.apps.wallet.backend import BackendError, Direction, PayeeWallet, Update
from whinchat.apps.wallet.money import Currency, Money, sats, usd
from whinchat.core.errors import HttpError
from whinchat.core.secret import Secret
from whinchat.sandbox.faults import Fault
from whinchat.testing.http import Answer


@pytest.fixture(params=BACKENDS)
def city(request: pytest.FixtureRequest) -> City:
    return City(request.param)


@pytest.fixture(params=BACKENDS)
def name(request: pytest.FixtureRequest) -> Name:
    found: Name = request.param
    return found


async def refusal(work: Awaitable[object]) -> tuple[str, float | None]:
    """Code and wait of the error."""
    with pytest.raises(BackendError) as error:
        await work
    assert "+1555" not in str(error.value)
    return error.value.code, error.value.retry_after


class TestReads:
    async def test_a_person_finds_their_wallets(self, city: City) -> None:
        me = await city.backend.me(city.ana)
        assert (me.username, me.phone, me.default_wallet) == ("ana", "+15550000001", city.wallet.id)
        assert [wallet.balance for wallet in me.wallets] == [usd(10_000), sats(100_000)]

    async def test_fractions_of_a_cent_are_not_spendable(self, city: City) -> None:
        city.town.bank.deposit(city.wallet.id, Decimal("1.75") if city.town.bank.profile.cent_step < 1 else 1)
        wallet = (await city.backend.me(city.ana)).wallet(Currency.USD)
        assert wallet is not None
        assert wallet.balance == usd(10_001)

    async def test_a_payee_has_a_wallet_of_the_currency(self, city: City) -> None:
        assert await city.backend.default_wallet("bob", Currency.BTC) == PayeeWallet(
            city.town.btc(city.town.bob), Currency.BTC
        )

    @pytest.mark.parametrize("username", ["nobody", "no such name!"])
    async def test_nobody_is_called_so(self, city: City, username: str) -> None:
        assert await refusal(city.backend.default_wallet(username, Currency.USD)) == ("not_found", None)

    async def test_prices_and_currencies(self, city: City) -> None:
        price = await city.backend.price("JMD")
        assert price.time == city.town.clock.now()
        assert 0 < price.sat < price.usd_cent * 100
        assert {"USD", "JMD"} <= {each.id for each in await city.backend.currencies()}

    async def test_a_price_that_is_down(self, city: City) -> None:
        city.fault(Fault.PRICE_DOWN)
        assert await refusal(city.backend.price("USD")) == ("unavailable", None)

    async def test_the_newest_transactions_come_first(self, city: City) -> None:
        await city.pay(150, "key-1")
        city.town.clock.move(60)
        await city.pay(250, "key-2")
        page = await city.backend.transactions(city.ana, 2)
        assert [each.amount for each in page.transactions] == [usd(250), usd(150)]
        assert {(each.direction, each.wallet) for each in page.transactions} == {(Direction.SEND, city.wallet.id)}
        if city.backend.capabilities.pages:
            older = await city.backend.transactions(city.ana, 10, page.after)
            assert older.transactions[0].direction is Direction.RECEIVE
        else:
            assert page.after is None

    async def test_a_transaction_tells_what_was_written_to_it(self, city: City) -> None:
        await city.pay()
        listed = (await city.backend.transactions(city.ana, 1)).transactions[0]
        found = await city.backend.transaction(city.ana, listed.id)
        assert (found.id, found.amount, found.memo) == (listed.id, usd(150), "lunch ref-1")
        assert found.direction is Direction.SEND

    async def test_a_transaction_that_is_not_there(self, city: City) -> None:
        code, _ = await refusal(city.backend.transaction(city.ana, "no-such-transaction"))
        assert code == ("unavailable" if city.backend.capabilities.details else "not_found")

    async def test_an_empty_list_is_no_error(self, city: City) -> None:
        city.fault(Fault.EMPTY_LIST)
        assert (await city.backend.transactions(city.ana, 10)).transactions == ()

    async def test_a_fee_in_the_currency_of_the_wallet(self, city: City) -> None:
        invoice = city.town.bank.outside_invoice(1_000, "coffee")
        open_invoice = city.town.bank.outside_invoice(None, "tip")
        fee = await city.backend.fee(city.ana, city.wallet, invoice.bolt11, None)
        assert (fee.currency, fee.minor > 0) == (Currency.USD, True)
        btc = PayeeWallet(city.town.btc(city.town.ana), Currency.BTC)
        assert (await city.backend.fee(city.ana, btc, open_invoice.bolt11, sats(1_000))).currency is Currency.BTC

    async def test_who_has_no_session_reads_nothing(self, city: City) -> None:
        assert await refusal(city.backend.me(Secret("of-somebody"))) == ("unauthenticated", None)
        city.fault(Fault.EXPIRED_TOKEN, count=1)
        assert await refusal(city.backend.transactions(city.ana, 10)) == ("unauthenticated", None)

    async def test_a_connection_that_breaks_once_is_not_noticed(self, city: City) -> None:
        city.fault(Fault.DROP_BEFORE, count=1)
        assert (await city.backend.me(city.ana)).username == "ana"

    @pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.GARBAGE, Fault.ERROR])
    async def test_a_backend_that_makes_no_sense_is_unavailable(self, city: City, fault: Fault) -> None:
        city.fault(fault)
        assert await refusal(city.backend.me(city.ana)) == ("unavailable", None)

    async def test_a_backend_that_hangs_is_left(self, city: City) -> None:
        city.fault(Fault.SLOW, seconds=300)
        asked = asyncio.ensure_future(refusal(city.backend.me(city.ana)))
        await city.town.clock.advance(11)
        assert await asked == ("unavailable", None)
        await city.peer.close()

    async def test_one_person_s_reads_at_once_are_one_request(self, city: City) -> None:
        await asyncio.gather(
            city.backend.me(city.ana), city.backend.me(city.ana), city.backend.price("USD"), city.backend.currencies()
        )
        assert city.peer.requests == 1

    async def test_what_is_wrong_with_one_read_is_not_wrong_with_the_others(self, city: City) -> None:
        found, me = await asyncio.gather(
            city.backend.default_wallet("nobody", Currency.USD), city.backend.me(city.ana), return_exceptions=True
        )
        assert isinstance(found, BackendError)
        assert not isinstance(me, BaseException)
        assert (found.code, me.username) == ("not_found", "ana")

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (HTML, ("unavailable", None)),
            (HUGE, ("unavailable", None)),
            (Answer(b'{"data": {"me": '), ("unavailable", None)),
            (Answer(b"[" * 200_000), ("unavailable", None)),
            (Answer(b"null"), ("unavailable", None)),
            (Answer(b'{"data": null}'), ("unavailable", None)),
            (data(me=None), ("unavailable", None)),
            (data(me={"defaultAccount": 5}), ("unavailable", None)),
            (data(me=user(wallets=[{"id": 5}])), ("unavailable", None)),
            (errors("NOT_FOUND"), ("not_found", None)),
            (errors("INTERNAL_SERVER_ERROR", data={"me": user()}), ("unavailable", None)),
            (errors("NOT_AUTHORIZED", data={"me": None}), ("unauthenticated", None)),
            (errors("GRAPHQL_VALIDATION_FAILED", status=400), ("rejected", None)),
            (Answer(b"{}", 401), ("unauthenticated", None)),
            (Answer(b"", 403), ("unavailable", None)),
            (Answer(b"slow down", 429, {"Retry-After": "17"}), ("rate_limited", 17.0)),
            (Answer(b"", 429, {"Retry-After": "soon"}), ("rate_limited", None)),
            (Answer(b"oh no", 500), ("unavailable", None)),
            (Answer(b"", 503, {"Retry-After": "5"}), ("unavailable", 5.0)),
            (Answer(error=HttpError("gone", code="unreachable")), ("unavailable", None)),
            (Answer(error=HttpError("slow", code="timeout")), ("unavailable", None)),
        ],
    )
    async def test_answers_that_cannot_be_used(
        self, name: Name, answer: Answer, expected: tuple[str, float | None]
    ) -> None:
        peer = ScriptedPeer()
        peer.say(answer)
        assert await refusal(opened(name, peer).me(ANA_TOKEN)) == expected


class TestSessions:
    async def test_a_code_opens_a_session_until_it_is_revoked(self, city: City) -> None:
        await city.backend.send_code("+15550000003")
        token = await city.backend.login("+15550000003", city.town.bank.messages()[0].code)
        assert (await city.backend.me(token)).phone == "+15550000003"
        await city.backend.logout(token)
        await city.backend.logout(token)
        assert (await refusal(city.backend.me(token)))[0] == "unauthenticated"

    async def test_a_wrong_code_opens_nothing(self, city: City) -> None:
        await city.backend.send_code("+15550000003")
        right = city.town.bank.messages()[0].code
        wrong = "000000" if right != "000000" else "000001"
        assert await refusal(city.backend.login("+15550000003", wrong)) == ("rejected", None)

    async def test_codes_are_limited(self, city: City) -> None:
        city.fault(Fault.CODE_LIMIT)
        assert (await refusal(city.backend.send_code("+15550000003")))[0] == "rate_limited"

    async def test_a_username_is_set_once(self, city: City) -> None:
        account = city.town.bank.open_account(phone="+15550000004")
        token = Secret(city.town.bank.token(account.id))
        await city.backend.set_username(token, "carol")
        assert (await city.backend.me(token)).username == "carol"
        assert await refusal(city.backend.set_username(token, "dora")) == ("rejected", None)


class TestInvoices:
    @pytest.mark.parametrize("amount", [usd(1_000), None])
    async def test_of_ours_can_be_paid_from_outside(self, city: City, amount: Money | None) -> None:
        invoice = await city.backend.create_invoice(city.ana, city.wallet, amount, "lunch")
        assert city.town.bank.decode(invoice.bolt11).hash == invoice.hash
        city.town.bank.pay_from_outside(invoice.bolt11, None if amount else 15_000)
        assert city.left <= -999

    async def test_into_a_bitcoin_wallet(self, city: City) -> None:
        btc = PayeeWallet(city.town.btc(city.town.ana), Currency.BTC)
        invoice = await city.backend.create_invoice(city.ana, btc, sats(2_000), "")
        city.town.bank.pay_from_outside(invoice.bolt11)
        assert city.town.satoshis(city.town.ana) == 102_000


class TestUpdates:
    async def test_who_is_paid_hears_of_it(self, city: City) -> None:
        async with city.backend.updates(city.bob) as updates:
            await asyncio.sleep(0.01)
            await city.pay()
            update = await anext(updates)
        if city.backend.capabilities.payload_transaction:
            assert update.transaction is not None
            assert (update.transaction.amount, update.transaction.direction) == (usd(150), Direction.RECEIVE)
        else:
            assert update == Update()

    async def test_it_ends_with_the_connection(self, city: City) -> None:
        async with city.backend.updates(city.bob) as updates:
            await asyncio.sleep(0.01)
            await city.peer.cut()
            assert [update async for update in updates] == []

    async def test_without_a_session_there_is_nothing_to_hear(self, city: City) -> None:
        async def listen() -> None:
            async with city.backend.updates(Secret("of-somebody")) as updates:
                await anext(updates)

        assert (await refusal(listen()))[0] == "unauthenticated"
