"""What the sandbox answers to requests: the dialects, who may ask, and how refusals look."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet.teller import ME, PAY, SEND, Teller, wallet

from whinchat.sandbox.bank import Bank
from whinchat.sandbox.profiles import BLINK, FLASH, PROFILES, SANDBOX, Profile
from whinchat.sandbox.records import Currency

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

INVOICE = """
mutation($input: LnUsdInvoiceCreateInput!) {
  lnUsdInvoiceCreate(input: $input) { errors { message code } invoice { paymentRequest paymentHash satoshis } }
}
"""
LIST = """
query($first: Int, $after: String) {
  me { defaultAccount { transactions(first: $first, after: $after) {
    edges { cursor node {
      id memo direction status createdAt settlementAmount settlementFee settlementDisplayAmount settlementDisplayFee
      settlementDisplayCurrency settlementCurrency settlementPrice { base offset formattedAmount }
      initiationVia { __typename ... on InitiationViaLn { paymentHash }
        ... on InitiationViaIntraLedger { counterPartyUsername } }
      settlementVia { __typename ... on SettlementViaLn { preImage } }
    } }
    pageInfo { endCursor hasNextPage hasPreviousPage }
  } } }
}
"""


def code_of(error: dict[str, Any]) -> str:
    """Where the dialect has it."""
    code: str = error["extensions"]["code"] if "extensions" in error else error["code"]
    return code


@ALL
async def test_everybody_sees_their_own_account(profile: Profile) -> None:
    teller = Teller(profile)
    me = await teller.field(ME, teller.ana)
    assert me["username"] == "ana"
    assert me["defaultAccount"]["id"] == teller.ana.id
    balances = {each["walletCurrency"]: each["balance"] for each in me["defaultAccount"]["wallets"]}
    assert balances == {"USD": 10_000, "BTC": 50_000}


@ALL
async def test_money_moves_from_wallet_to_wallet(profile: Profile) -> None:
    teller = Teller(profile)
    assert await teller.send(250, memo="lunch") == {"status": "SUCCESS", "errors": []}
    assert (teller.balance(teller.ana), teller.balance(teller.bob)) == (9_750, 350)


@ALL
async def test_an_invoice_of_one_is_paid_by_another(profile: Profile) -> None:
    teller = Teller(profile)
    made = await teller.field(INVOICE, teller.bob, input={"walletId": wallet(teller.bob), "amount": 300, "memo": "pie"})
    assert made["errors"] == []
    bolt11 = made["invoice"]["paymentRequest"]
    given = {"walletId": wallet(teller.ana), "paymentRequest": bolt11}
    assert (await teller.field(PAY, teller.ana, input=given))["status"] == "SUCCESS"
    assert teller.balance(teller.bob) == 400


async def test_cents_may_be_fractional_at_flash_alone() -> None:
    flash, blink = Teller(FLASH), Teller(BLINK)
    assert (await flash.send(1.5))["status"] == "SUCCESS"
    (usd, _) = (await flash.field(ME, flash.ana))["defaultAccount"]["wallets"]
    assert usd["balance"] == 9998.5
    refused = await blink.ask(
        SEND, blink.ana, input={"walletId": wallet(blink.ana), "recipientWalletId": wallet(blink.bob), "amount": 1.5}
    )
    (error,) = refused["data"]["intraLedgerUsdPaymentSend"]["errors"]
    assert error == {"message": "Invalid value for CentAmount", "code": None, "path": None}
    assert blink.balance(blink.ana) == 10_000


@pytest.mark.parametrize(("profile", "known"), [(FLASH, True), (BLINK, False), (SANDBOX, True)])
async def test_keys_are_known_where_the_schema_has_them(profile: Profile, known: bool) -> None:
    teller = Teller(profile)
    given = {"walletId": wallet(teller.ana), "recipientWalletId": wallet(teller.bob), "amount": 100}
    keyed = {"input": {**given, "idempotencyKey": "one"}}
    answers = [await teller.ask(SEND, teller.ana, **keyed) for _ in range(2)]
    if known:
        assert [each["data"]["intraLedgerUsdPaymentSend"]["status"] for each in answers] == ["SUCCESS", "SUCCESS"]
        assert teller.balance(teller.bob) == 200
    else:
        assert "idempotencyKey" in answers[0]["errors"][0]["message"]
        assert teller.balance(teller.bob) == 100


@pytest.mark.parametrize(("profile", "told"), [(FLASH, False), (BLINK, True), (SANDBOX, True)])
async def test_a_payment_answers_with_its_transaction_where_the_schema_has_it(profile: Profile, told: bool) -> None:
    teller = Teller(profile)
    query = SEND.replace("status", "status transaction { settlementAmount memo direction }")
    given = {"walletId": wallet(teller.ana), "recipientWalletId": wallet(teller.bob), "amount": 100, "memo": "hi"}
    answer = await teller.ask(query, teller.ana, input=given)
    if told:
        transaction = answer["data"]["intraLedgerUsdPaymentSend"]["transaction"]
        assert transaction == {"settlementAmount": -100, "memo": "hi", "direction": "SEND"}
    else:
        assert code_of(answer["errors"][0]) == "GRAPHQL_VALIDATION_FAILED"


async def test_a_list_is_paged_with_everything_known() -> None:
    teller = Teller(BLINK)
    for number in range(3):
        teller.clock.move(1)
        await teller.send(100 + number, memo=f"number {number}")
    first = (await teller.field(LIST, teller.ana, first=2))["defaultAccount"]["transactions"]
    assert [each["node"]["memo"] for each in first["edges"]] == ["number 2", "number 1"]
    newest = first["edges"][0]["node"]
    assert newest["settlementAmount"] == -102
    assert newest["settlementDisplayAmount"] == "-1.02"
    assert newest["initiationVia"] == {"__typename": "InitiationViaIntraLedger", "counterPartyUsername": "bob"}
    assert newest["settlementPrice"]["formattedAmount"] == "1.000000"
    assert first["pageInfo"]["hasNextPage"] is True
    after = first["pageInfo"]["endCursor"]
    rest = (await teller.field(LIST, teller.ana, first=50, after=after))["defaultAccount"]["transactions"]
    assert [each["node"]["memo"] for each in rest["edges"]] == ["number 0", None, None]
    assert rest["pageInfo"] == {"endCursor": rest["edges"][-1]["cursor"], "hasNextPage": False, "hasPreviousPage": True}


async def test_flash_lists_dollars_as_cents_and_hides_what_it_does_not_know() -> None:
    teller = Teller(FLASH)
    await teller.send(250, memo="lunch")
    told = (await teller.field(LIST, teller.ana, first=1))["defaultAccount"]["transactions"]["edges"][0]["node"]
    assert (told["settlementAmount"], told["settlementDisplayAmount"]) == (-2.5, "-2.5")
    assert told["memo"] is None
    assert told["initiationVia"] == {"__typename": "InitiationViaLn", "paymentHash": ""}


@pytest.mark.parametrize("profile", [FLASH, SANDBOX])
async def test_details_tell_memo_and_hash(profile: Profile) -> None:
    teller = Teller(profile)
    await teller.send(250, memo="lunch")
    listed = await teller.field(LIST, teller.ana, first=1)
    (edge,) = [
        each for each in listed["defaultAccount"]["transactions"]["edges"] if each["node"]["direction"] == "SEND"
    ]
    query = """query($id: String!) { transactionDetails(input: {transactionId: $id}) {
      errors { message } transactionDetails { id amount fee currency status memo createdAt accountId } } }"""
    found = await teller.field(query, teller.ana, id=edge["cursor"])
    assert found["errors"] == []
    details = found["transactionDetails"]
    assert (details["amount"], details["currency"], details["memo"]) == (2.5, "USD", "lunch")
    assert details["status"] == "completed"
    assert details["accountId"] == wallet(teller.ana)
    foreign = await teller.field(query, teller.service, id=edge["cursor"])
    assert foreign["transactionDetails"] is None
    assert foreign["errors"] == [{"message": "The transaction does not exist"}]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("first: 101", "exceeds the"),
        ("first: -1", "greater than 0"),
        ("last: 3", "from the newest on"),
        ('after: "nothing"', "valid cursor"),
    ],
)
async def test_a_list_refuses_what_it_cannot_page(arguments: str, reason: str) -> None:
    teller = Teller()
    query = f"{{ me {{ defaultAccount {{ transactions({arguments}) {{ edges {{ cursor }} }} }} }} }}"
    answer = await teller.ask(query, teller.ana)
    assert reason in answer["errors"][0]["message"]
    assert code_of(answer["errors"][0]) == "INVALID_INPUT"


@ALL
async def test_names_lead_to_wallets(profile: Profile) -> None:
    teller = Teller(profile)
    query = (
        "query($name: Username!) { accountDefaultWallet(username: $name, walletCurrency: USD) { id walletCurrency } }"
    )
    assert await teller.field(query, name="BOB") == {"id": wallet(teller.bob), "walletCurrency": "USD"}
    unknown = await teller.ask(query, name="nobody")
    assert unknown["data"] is None
    assert code_of(unknown["errors"][0]) == "NOT_FOUND"
    wrong = await teller.ask(query, name="1bob")
    assert code_of(wrong["errors"][0]) == "INVALID_INPUT"


async def test_nobody_has_a_tether_wallet() -> None:
    teller = Teller(FLASH)
    answer = await teller.ask('{ accountDefaultWallet(username: "bob", walletCurrency: USDT) { id } }')
    assert code_of(answer["errors"][0]) == "NOT_FOUND"


@ALL
async def test_prices_are_a_base_and_an_offset(profile: Profile) -> None:
    teller = Teller(profile)
    point = "{ base offset currencyUnit }"
    query = (
        "query($currency: DisplayCurrency) { realtimePrice(currency: $currency)"
        f" {{ id timestamp btcSatPrice {point} usdCentPrice {point} }} }}"
    )
    dollars = await teller.field(query)
    assert dollars["usdCentPrice"] == {"base": 1_000_000, "offset": 6, "currencyUnit": "MINOR"}
    assert dollars["timestamp"] == teller.clock.now() // 1_000
    assert (await teller.field(query, currency="eur"))["id"] == "EUR"
    assert code_of((await teller.ask(query, currency="x"))["errors"][0]) == "INVALID_INPUT"
    own = await teller.field("{ me { defaultAccount { realtimePrice { id } defaultWalletId } } }", teller.ana)
    assert own["defaultAccount"]["realtimePrice"] == {"id": "USD"}
    listed = await teller.field("{ currencyList { id name symbol flag fractionDigits } }")
    assert {"id": "JPY", "name": "Japanese Yen", "symbol": "¥", "flag": "🇯🇵", "fractionDigits": 0} in listed


# --- sessions -----------------------------------------------------------------------------------------------------

CODE = """mutation($phone: Phone!) {
  userPhoneRegistrationInitiate(input: {phone: $phone, channel: WHATSAPP}) { success errors { message code } }
}"""
LOGIN = """mutation($phone: Phone!, $code: OneTimeAuthCode!) {
  userLogin(input: {phone: $phone, code: $code}) { authToken totpRequired errors { message code } }
}"""


@ALL
async def test_a_code_from_whatsapp_opens_a_session_until_it_is_closed(profile: Profile) -> None:
    teller = Teller(profile)
    assert await teller.field(CODE, teller.service, phone="+15550001") == {"success": True, "errors": []}
    (message,) = teller.bank.messages()
    wrong = "000000" if message.code != "000000" else "111111"
    refused = await teller.field(LOGIN, phone="+15550001", code=wrong)
    assert refused["authToken"] is None
    assert refused["errors"][0]["message"]
    opened = await teller.field(LOGIN, phone="+15550001", code=message.code)
    teller.tokens[teller.ana.id] = opened["authToken"]
    assert (await teller.field(ME, teller.ana))["username"] == "ana"
    assert await teller.field("mutation { userLogout { success } }", teller.ana) == {"success": True}
    status, body = await teller.post(json.dumps({"query": ME}).encode(), opened["authToken"])
    assert status == 401
    assert json.loads(body)["error"]["status"] == "Unauthorized"


@ALL
@pytest.mark.parametrize("query", [ME, "mutation { userLogout { success } }", SEND])
async def test_without_a_token_there_is_nothing_to_see(profile: Profile, query: str) -> None:
    teller = Teller(profile)
    given = {"walletId": wallet(teller.ana), "recipientWalletId": wallet(teller.bob), "amount": 100}
    answer = await teller.ask(query, input=given)
    (error,) = answer["errors"]
    assert (error["message"], code_of(error)) == ("Not authorized", "NOT_AUTHORIZED")
    assert teller.balance(teller.ana) == 10_000


async def test_a_name_is_given_once() -> None:
    teller = Teller()
    rename = """mutation($name: Username!) {
      userUpdateUsername(input: {username: $name}) { user { username } errors { code } }
    }"""
    assert (await teller.field(rename, teller.service, name="José"))["user"] == {"username": "josé"}
    again = await teller.field(rename, teller.service, name="other")
    assert again == {"user": None, "errors": [{"code": "USERNAME_ERROR"}]}


# --- invoices and fees --------------------------------------------------------------------------------------------


async def test_a_wallet_of_the_other_currency_is_refused() -> None:
    teller = Teller()
    bitcoin = wallet(teller.ana, Currency.BTC)
    made = await teller.field(INVOICE, teller.ana, input={"walletId": bitcoin, "amount": 300})
    assert made["errors"][0]["code"] == "INVALID_INPUT"
    paid = await teller.field(
        SEND, teller.ana, input={"walletId": bitcoin, "recipientWalletId": wallet(teller.bob), "amount": 100}
    )
    assert paid["status"] == "FAILURE"
    assert teller.balance(teller.ana, Currency.BTC) == 50_000


async def test_a_wallet_of_somebody_else_is_refused() -> None:
    teller = Teller()
    given = {"walletId": wallet(teller.bob), "recipientWalletId": wallet(teller.ana), "amount": 50}
    assert (await teller.field(SEND, teller.ana, input=given))["status"] == "FAILURE"
    assert teller.balance(teller.bob) == 100


@pytest.mark.parametrize("profile", [FLASH, SANDBOX])
async def test_a_fee_is_told_before(profile: Profile) -> None:
    teller = Teller(profile)
    outside = teller.bank.outside_invoice(1_000)
    probe = """mutation($input: LnUsdInvoiceFeeProbeInput!) {
      lnUsdInvoiceFeeProbe(input: $input) { amount errors { code } }
    }"""
    given = {"walletId": wallet(teller.ana), "paymentRequest": outside.bolt11}
    probed = await teller.field(probe, teller.ana, input=given)
    assert probed["errors"] == []
    before = teller.balance(teller.ana)
    assert (await teller.field(PAY, teller.ana, input=given))["status"] == "SUCCESS"
    worth = teller.bank.price().sat_base * 1_000 / 10 ** teller.bank.price().sat_offset
    assert before - teller.balance(teller.ana) <= worth + probed["amount"] + 1


async def test_an_invoice_without_an_amount_takes_any() -> None:
    teller = Teller()
    create = "mutation($w: WalletId!) { lnNoAmountInvoiceCreate(input: {walletId: $w}) { invoice { paymentRequest } } }"
    made = await teller.field(create, teller.bob, w=wallet(teller.bob))
    given = {"walletId": wallet(teller.ana), "paymentRequest": made["invoice"]["paymentRequest"], "amount": 200}
    pay = """mutation($input: LnNoAmountUsdInvoicePaymentInput!) {
      lnNoAmountUsdInvoicePaymentSend(input: $input) { status }
    }"""
    probe = """mutation($input: LnNoAmountUsdInvoiceFeeProbeInput!) {
      lnNoAmountUsdInvoiceFeeProbe(input: $input) { amount }
    }"""
    assert await teller.field(probe, teller.ana, input=given) == {"amount": 0}
    assert await teller.field(pay, teller.ana, input=given) == {"status": "SUCCESS"}
    assert teller.balance(teller.ana) == 9_800


# --- requests that are none ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_USER_INPUT"),
        (b"[]", "BAD_USER_INPUT"),
        (b'{"query": 1}', "BAD_USER_INPUT"),
        (b"[" * 100_000, "BAD_USER_INPUT"),
        (b'{"query": "{ me"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ nothing }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "query a { me { id } } query b { me { id } }"}', "OPERATION_RESOLUTION_FAILURE"),
        (b'{"query": "subscription { myUpdates { me { id } } }"}', "BAD_USER_INPUT"),
    ],
)
async def test_what_is_no_request_is_refused(body: bytes, code: str) -> None:
    status, answer = await Teller().post(body)
    assert status == 400
    assert code_of(json.loads(answer)["errors"][0]) == code


async def test_an_operation_is_chosen_by_name_and_may_be_made_of_fragments() -> None:
    teller = Teller()
    query = """
    query a { me { id } }
    query b { ...what ... on Query { second: me { id } } }
    fragment what on Query { first: me { id } }
    """
    body = json.dumps({"query": query, "operationName": "b"}).encode()
    _, answer = await teller.post(body, teller.tokens[teller.ana.id])
    assert json.loads(answer)["data"] == {"first": {"id": teller.ana.id}, "second": {"id": teller.ana.id}}


async def test_a_fault_of_the_program_is_logged_and_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    teller = Teller()

    def broken(_bank: Bank, _account: str) -> None:
        raise ZeroDivisionError("within")

    monkeypatch.setattr(Bank, "account", broken)
    with caplog.at_level(logging.ERROR):
        answer = await teller.ask(ME, teller.ana)
    assert code_of(answer["errors"][0]) == "INTERNAL_SERVER_ERROR"
    assert "a resolver failed" in caplog.text


@pytest.fixture(scope="module")
def teller() -> Teller:
    return Teller()


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"query": text}).encode()))
async def test_nothing_that_is_posted_breaks_it(teller: Teller, body: bytes) -> None:
    status, answer = await teller.post(body)
    assert status in {200, 400}
    assert json.loads(answer)
