"""Everything that goes wrong, as a client meets it."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.support.wallet.teller import LIMITS, ME, SEND, Teller, wallet

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import FLASH, PROFILES, Profile

PATIENT = HttpLimits(most_bytes=1 << 20, most_decoded=1 << 20, total=60)
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def post(teller: Teller, query: str = SEND, limits: HttpLimits = LIMITS) -> asyncio.Future[tuple[int, bytes]]:
    given = {"walletId": wallet(teller.ana), "recipientWalletId": wallet(teller.bob), "amount": 100}
    body = json.dumps({"query": query, "variables": {"input": given} if query == SEND else {}}).encode()
    return asyncio.ensure_future(teller.post(body, teller.tokens[teller.ana.id], limits))


@pytest.mark.parametrize(("fault", "done_at_once"), [(Fault.SLOW, False), (Fault.STALL, True)])
async def test_a_slow_answer_comes_when_its_time_has_come(fault: Fault, done_at_once: bool) -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=fault, seconds=5))
    answer = post(teller)
    await teller.clock.advance(4.9)
    assert not answer.done()
    assert teller.balance(teller.bob) == (200 if done_at_once else 100)
    await teller.clock.advance(0.2)
    assert (await answer)[0] == 200
    assert teller.balance(teller.bob) == 200


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.STALL])
async def test_who_does_not_wait_pays_all_the_same(fault: Fault) -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=fault, seconds=45))
    answer = post(teller)
    await teller.clock.advance(31)
    with pytest.raises(HttpError) as error:
        await answer
    assert error.value.code == "timeout"
    await teller.clock.advance(15)
    assert teller.balance(teller.bob) == 200
    await teller.peer.close()


async def test_what_nobody_waits_for_ends_with_the_peer() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.SLOW, seconds=45))
    answer = post(teller)
    await teller.clock.advance(31)
    with pytest.raises(HttpError):
        await answer
    await teller.peer.close()
    await teller.clock.advance(60)
    assert teller.balance(teller.bob) == 100


@pytest.mark.parametrize(("fault", "received"), [(Fault.DROP_BEFORE, 100), (Fault.DROP_AFTER, 200)])
@ALL
async def test_a_cut_line_says_nothing_of_what_was_done(profile: Profile, fault: Fault, received: int) -> None:
    teller = Teller(profile)
    teller.bank.faults.set(Switch(fault=fault, operation="intraLedgerUsdPaymentSend", count=1))
    with pytest.raises(HttpError) as error:
        await post(teller)
    assert error.value.code == "truncated"
    assert teller.balance(teller.bob) == received
    assert (await post(teller))[0] == 200


async def test_garbage_is_a_web_page_after_the_payment() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.GARBAGE))
    status, body = await post(teller)
    assert (status, body[:9]) == (502, b"<!doctype")
    assert teller.balance(teller.bob) == 200


@ALL
async def test_an_error_names_its_code_and_nothing_is_done(profile: Profile) -> None:
    teller = Teller(profile)
    teller.bank.faults.set(Switch(fault=Fault.ERROR, code="DB_ERROR", message="No"))
    _, body = await post(teller)
    answer = json.loads(body)
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["message"] == "No"
    assert error.get("code") or error["extensions"]["code"] == "DB_ERROR"
    assert ("extensions" in error) == (profile.name == "sandbox")
    assert teller.balance(teller.bob) == 100


async def test_an_error_of_one_field_leaves_the_others() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.ERROR, operation="me", count=1))
    answer = await teller.ask("{ first: me { id } second: me { id } }", teller.ana)
    assert answer["data"] == {"first": None, "second": {"id": teller.ana.id}}


async def test_an_expired_token_is_not_accepted_again() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.EXPIRED_TOKEN, count=1))
    assert [(await post(teller, ME))[0] for _ in range(2)] == [401, 401]
    assert teller.balance(teller.bob) == 100


async def test_the_price_feed_may_be_down_while_the_list_is_told() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.PRICE_DOWN))
    down = await teller.ask("{ realtimePrice { id } }")
    assert down["errors"][0]["extensions"]["code"] == "PRICE_SERVICE_OFFLINE"
    listed = "{ me { defaultAccount { transactions { edges { node { settlementDisplayAmount } } } } } }"
    assert await teller.field(listed, teller.ana)


async def test_code_limits_are_told_in_the_payload() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.CODE_LIMIT))
    query = 'mutation { userPhoneRegistrationInitiate(input: {phone: "+15550009"}) { success errors { code } } }'
    assert await teller.field(query, teller.service) == {"success": None, "errors": [{"code": "TOO_MANY_REQUEST"}]}


async def test_a_list_may_be_empty_or_without_memos() -> None:
    teller = Teller()
    await teller.send(100, memo="lunch")
    listed = "{ me { defaultAccount { transactions { edges { node { memo } } } } } }"
    teller.bank.faults.set(Switch(fault=Fault.NO_MEMOS))
    found = (await teller.field(listed, teller.ana))["defaultAccount"]["transactions"]["edges"]
    assert {each["node"]["memo"] for each in found} == {None}
    teller.bank.faults.set(Switch(fault=Fault.EMPTY_LIST))
    found = (await teller.field(listed, teller.ana))["defaultAccount"]["transactions"]["edges"]
    assert found == []


@pytest.mark.parametrize(
    ("fault", "status", "received"),
    [
        (Fault.FAILED_AFTER_DEBIT, "FAILURE", 200),
        (Fault.FAILURE, "FAILURE", 100),
        (Fault.REJECTED, "FAILURE", 100),
        (Fault.BUSY, "FAILURE", 100),
        (Fault.ALREADY_PAID, "ALREADY_PAID", 100),
        (Fault.PENDING_SETTLES, "PENDING", 100),
        (Fault.PENDING_FAILS, "PENDING", 100),
    ],
)
async def test_payments_end_in_every_way(fault: Fault, status: str, received: int) -> None:
    teller = Teller(FLASH)
    teller.bank.faults.set(Switch(fault=fault, seconds=10))
    assert (await teller.send(100))["status"] == status
    assert teller.balance(teller.bob) == received
    teller.clock.move(11)
    settled = {Fault.PENDING_SETTLES: 200}
    assert teller.balance(teller.bob) == settled.get(fault, received)


async def test_pending_payments_are_settled_without_anybody_asking() -> None:
    teller = Teller()
    told: list[object] = []
    teller.bank.subscribe(teller.bob.id, told.append)
    teller.bank.faults.set(Switch(fault=Fault.PENDING_SETTLES, seconds=1))
    await teller.send(100)
    settling = asyncio.ensure_future(teller.peer.settle())
    await teller.clock.advance(1.5)
    assert len(told) == 1
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
