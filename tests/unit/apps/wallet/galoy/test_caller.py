from __future__ import annotations

import asyncio

import pytest
from tests.support.wallet.galoy import (
    ANA,
    BOB,
    URL,
    USD,
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

from whinchat.apps.wallet.backend import BackendError, Me
from whinchat.apps.wallet.galoy.caller import CALL_TIME, CALLS, SAVED
from whinchat.apps.wallet.galoy.client import PAYMENTS
from whinchat.apps.wallet.money import Currency, usd
from whinchat.core.errors import HttpError
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer
from whinchat.testing.metrics import RecordedMetrics

DROPPED = Answer(error=HttpError("hung up", code="truncated"))


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


@pytest.fixture
def metrics() -> RecordedMetrics:
    return RecordedMetrics()


class TestTogether:
    async def test_the_same_read_at_once_is_asked_for_once(self, peer: ScriptedPeer, metrics: RecordedMetrics) -> None:
        peer.say(data(me=user()))
        backend = opened("flash", peer, metrics=metrics)
        found = await asyncio.gather(*(backend.me(ANA) for _ in range(10)))
        assert len(set(map(id, found))) == 10  # read from one answer
        assert len(peer.asked) == 1
        assert metrics.value(SAVED, operation="me", how="shared") == 9

    async def test_two_people_share_nothing_of_theirs(self, peer: ScriptedPeer) -> None:
        peer.say(data(me=user()))
        backend = opened("flash", peer)
        await asyncio.gather(backend.me(ANA), backend.me(BOB))
        assert [each.headers["Authorization"] for each in peer.asked] == [
            "Bearer token-of-ana",
            "Bearer token-of-bob",
        ]

    async def test_what_is_for_everybody_goes_with_somebody(self, peer: ScriptedPeer, metrics: RecordedMetrics) -> None:
        peer.say(data(r0=user(), r1=price()))
        backend = opened("flash", peer, metrics=metrics)
        rate, me = await asyncio.gather(backend.price("JMD"), backend.me(ANA))
        assert (rate.currency, me.account) == ("JMD", "account-1")
        assert peer.requests[0]["variables"] == {"r1_currency": "JMD"}
        assert peer.asked[0].headers["Authorization"] == "Bearer token-of-ana"
        assert metrics.value(CALLS, operation="batch", result="answered") == 1
        assert metrics.value(SAVED, operation="realtimePrice", how="batched") == 1

    @pytest.mark.parametrize(
        "together",
        [
            errors("NOT_AUTHORIZED", status=401),
            errors("NOT_FOUND", data=None),
            Answer(b'{"data": {"r0": {}}, "errors": [{"message": "", "path": ["r0", "wallets"]}]}'),
            data(another=1),
        ],
    )
    async def test_if_one_is_wrong_all_that_have_no_answer_are_asked_for_alone(
        self, peer: ScriptedPeer, together: Answer
    ) -> None:
        peer.say(together, data(me=user()), data(realtimePrice=price()))
        backend = opened("flash", peer)
        me, rate = await asyncio.gather(backend.me(ANA), backend.price("USD"))
        assert (me.account, rate.currency, len(peer.asked)) == ("account-1", "USD", 3)

    async def test_what_has_its_answer_is_not_asked_for_again(self, peer: ScriptedPeer) -> None:
        body = data(r0=user()).body[:-1] + b', "errors": [{"message": "", "path": ["r1"]}]}'
        peer.say(Answer(body), errors("NOT_FOUND"))
        backend = opened("flash", peer)
        me, nobody = await asyncio.gather(
            backend.me(ANA), backend.default_wallet("nobody", Currency.USD), return_exceptions=True
        )
        assert isinstance(me, Me)
        assert isinstance(nobody, BackendError)
        assert (nobody.code, len(peer.asked)) == ("not_found", 2)

    async def test_an_outage_is_everybody_s(self, peer: ScriptedPeer) -> None:
        peer.say(DROPPED)
        backend = opened("flash", peer)
        found = await asyncio.gather(backend.me(ANA), backend.price("USD"), return_exceptions=True)
        assert [getattr(each, "code", None) for each in found] == ["unavailable", "unavailable"]
        assert len(peer.asked) == 2

    @pytest.mark.parametrize(
        ("answer", "code"),
        [(Answer(b"", 429), "rate_limited"), (errors("INTERNAL_SERVER_ERROR", status=500), "unavailable")],
    )
    async def test_who_has_too_much_to_do_is_not_asked_for_each_alone(
        self, peer: ScriptedPeer, answer: Answer, code: str
    ) -> None:
        peer.say(answer)
        backend = opened("flash", peer)
        found = await asyncio.gather(backend.me(ANA), backend.price("USD"), return_exceptions=True)
        assert [getattr(each, "code", None) for each in found] == [code, code]
        assert len(peer.asked) == 1

    async def test_a_request_takes_five_reads_and_one_that_is_costly(self, peer: ScriptedPeer) -> None:
        details = {"errors": [], "transactionDetails": {"id": "tx-1", "memo": "found"}}
        peer.say(data(r0=details, r1=listed(transaction(), transaction(id="tx-2"))), data(transactionDetails=details))
        backend = opened("flash", peer)
        found = await asyncio.gather(backend.transaction(ANA, "tx-1"), backend.transaction(ANA, "tx-2"))
        assert [each.memo for each in found] == ["found", "found"]
        assert [request["query"].count("transactionDetails(input") for request in peer.requests] == [1, 1]

        peer.asked.clear()
        peer.say(data(**{f"r{index}": price() for index in range(5)}))
        await asyncio.gather(*(backend.price(f"C{number:02}") for number in range(10)))
        assert len(peer.asked) == 2

    async def test_who_gives_up_keeps_nobody_else_waiting(self, peer: ScriptedPeer) -> None:
        peer.say(data(r0=user(), r1=price()))
        peer.gate.clear()
        backend = opened("flash", peer)
        leaves, stays = asyncio.ensure_future(backend.me(ANA)), asyncio.ensure_future(backend.price("USD"))
        await asyncio.sleep(0.01)
        leaves.cancel()
        peer.gate.set()
        assert (await stays).currency == "USD"

    async def test_a_read_that_began_before_money_moved_is_not_shared_afterwards(self, peer: ScriptedPeer) -> None:
        peer.say(
            data(me=user(id="before")),
            payload("intraLedgerUsdPaymentSend", status="SUCCESS"),
            data(me=user(id="after")),
        )
        peer.gate.clear()
        backend = opened("flash", peer)
        before = asyncio.ensure_future(backend.me(ANA))
        await asyncio.sleep(0.01)
        paying = asyncio.ensure_future(backend.pay_wallet(ANA, USD, "bob", usd(5), "", "key-1"))
        await asyncio.sleep(0.01)
        after = asyncio.ensure_future(backend.me(ANA))
        await asyncio.sleep(0.01)
        peer.gate.set()
        await paying
        assert ((await before).account, (await after).account) == ("before", "after")

    async def test_something_unforeseen_keeps_nobody_waiting(
        self, peer: ScriptedPeer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_: object) -> object:
            raise ZeroDivisionError

        monkeypatch.setattr("whinchat.apps.wallet.galoy.operations.batch", broken)
        backend = opened("flash", peer)
        found = await asyncio.gather(backend.me(ANA), backend.price("USD"), return_exceptions=True)
        assert [getattr(each, "code", None) for each in found] == ["unavailable", "unavailable"]


class TestFaults:
    async def test_a_read_is_repeated_once_at_once(self, peer: ScriptedPeer, metrics: RecordedMetrics) -> None:
        peer.say(DROPPED, data(me=user()))
        assert (await opened("flash", peer, metrics=metrics).me(ANA)).account == "account-1"
        assert metrics.value(CALLS, operation="me", result="truncated") == 1
        assert metrics.value(CALLS, operation="me", result="answered") == 1
        assert metrics.observed(CALL_TIME, operation="me") == [0.0, 0.0]

    @pytest.mark.parametrize(
        "answer",
        [Answer(error=HttpError("slow", code="timeout")), Answer(b"", 503), Answer(b"", 429), errors("DB_ERROR")],
    )
    async def test_what_would_only_make_it_worse_is_not_repeated(self, peer: ScriptedPeer, answer: Answer) -> None:
        peer.say(answer)
        with pytest.raises(BackendError):
            await opened("flash", peer).me(ANA)
        assert len(peer.asked) == 1

    async def test_what_keeps_failing_is_left_alone_until_a_read_succeeds(
        self, peer: ScriptedPeer, metrics: RecordedMetrics
    ) -> None:
        clock = FakeClock()
        backend = opened("flash", peer, clock=clock, metrics=metrics)
        peer.say(Answer(b"", 503))
        waits = []
        for _ in range(7):
            with pytest.raises(BackendError) as error:
                await backend.me(ANA)
            waits.append(error.value.retry_after)
        assert waits[:5] == [None] * 5
        assert 10 <= (waits[5] or 0) <= 15
        assert (len(peer.asked), metrics.value(CALLS, operation="me", result="breaker_open")) == (5, 2)

        clock.move(16)
        peer.say(data(me=user()))
        assert (await backend.me(ANA)).account == "account-1"

    async def test_a_person_whose_own_data_cannot_be_read_is_no_outage(self, peer: ScriptedPeer) -> None:
        backend = opened("flash", peer)
        peer.say(Answer(b" " * 3_000_000))
        for _ in range(10):
            with pytest.raises(BackendError):
                await backend.me(ANA)
        assert len(peer.asked) == 10

    async def test_payments_are_counted_by_what_is_known(self, peer: ScriptedPeer, metrics: RecordedMetrics) -> None:
        backend = opened("flash", peer, metrics=metrics)
        peer.say(payload("intraLedgerUsdPaymentSend", status="SUCCESS"), DROPPED)
        for number in range(2):
            await backend.pay_wallet(ANA, USD, "bob", usd(5), "", f"key-{number}")
        for outcome in ("paid", "unknown"):
            assert metrics.value(PAYMENTS, operation="intraLedgerUsdPaymentSend", outcome=outcome) == 1
        assert {each.url for each in peer.asked} == {URL}
