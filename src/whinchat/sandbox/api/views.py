"""The bank's records as objects of the schema: dictionaries by field name. Fields that cost something are functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from whinchat.sandbox.api.call import Call
from whinchat.sandbox.records import (
    Account,
    BankError,
    Currency,
    CurrencyInfo,
    Invoice,
    Notice,
    Page,
    Payment,
    Price,
    Transaction,
    TxStatus,
    Update,
    Wallet,
)

View = dict[str, Any]

MOST_EDGES = 100
DOLLARS_IN_LIST = frozenset({"flash"})
"""Profiles whose list hands on what the bank behind it says of dollar wallets: dollars, where the schema has cents
(lnflash/flash src/app/wallets/get-transactions-for-wallet.ts)."""
PRICES = "MINOR"
"""`currencyUnit` of a price: it is told in the currency's smallest unit."""
DETAIL_STATUS = {TxStatus.SUCCESS: "completed", TxStatus.PENDING: "pending", TxStatus.FAILURE: "failed"}


def number(amount: Decimal) -> int | Decimal:
    """Without a fraction where there is none."""
    return int(amount) if amount == amount.to_integral_value() else Decimal(f"{amount.normalize():f}")


def major(amount: Decimal, currency: Currency) -> int | Decimal:
    """Dollars, or satoshis."""
    return number(amount.scaleb(-2) if currency is Currency.USD else amount)


def seconds(milliseconds: int) -> int:
    return milliseconds // 1_000


# --- the person ---


def user(call: Call, account: Account) -> View:
    return {
        "id": account.id,
        "phone": account.phone,
        "username": account.username,
        "language": account.language,
        "createdAt": seconds(account.created_at),
        "totpEnabled": False,
        "defaultAccount": _account(call, account),
    }


def _account(call: Call, account: Account) -> View:
    default = next(each for each in account.wallets if each.id == account.default_wallet)
    return {
        "__typename": "ConsumerAccount",
        "id": account.id,
        "level": "ONE",
        "displayCurrency": account.display_currency,
        "realtimePrice": lambda _: realtime_price(call.price(account.display_currency)),
        "defaultWallet": public_wallet(default),
        "defaultWalletId": default.id,
        "wallets": [_wallet(each) for each in account.wallets],
        "transactions": lambda _, **arguments: _transactions(call, arguments),
    }


def _wallet(wallet: Wallet) -> View:
    return {
        "__typename": "UsdWallet" if wallet.currency is Currency.USD else "BTCWallet",
        "id": wallet.id,
        "accountId": wallet.account,
        "walletCurrency": wallet.currency,
        "balance": number(wallet.balance),
        "pendingIncomingBalance": 0,
        "isExternal": False,
        "lnurlp": None,
    }


def public_wallet(wallet: Wallet) -> View:
    return {"id": wallet.id, "currency": wallet.currency, "walletCurrency": wallet.currency, "lnurlp": None}


# --- what was paid ---


def _transactions(call: Call, arguments: Mapping[str, Any]) -> View:
    """`after` and `first` only. BankError INVALID_INPUT."""
    if any(arguments.get(name) for name in ("before", "last", "walletIds")):
        raise BankError("INVALID_INPUT", "The sandbox lists all wallets at once, from the newest on")
    first = arguments.get("first") or MOST_EDGES
    if first > MOST_EDGES:
        reason = f'Requesting {first} records on this connection exceeds the "first" limit of {MOST_EDGES} records.'
        raise BankError("INVALID_INPUT", reason)
    if first < 0:
        raise BankError("INVALID_INPUT", 'Argument "first" must be greater than 0')
    return _connection(call, call.bank.transactions(call.account, first, arguments.get("after"), call.plan), arguments)


def _connection(call: Call, page: Page, arguments: Mapping[str, Any]) -> View:
    edges = [{"cursor": each.id, "node": transaction(call, each)} for each in page.transactions]
    return {
        "edges": edges,
        "pageInfo": {
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
            "hasNextPage": page.has_next,
            "hasPreviousPage": bool(arguments.get("after")) and call.bank.profile.list_pages,
        },
    }


def transaction(call: Call, record: Transaction) -> View:
    parties = {
        "counterPartyUsername": record.counterparty,
        "counterPartyWalletId": record.counterparty_wallet,
        "paymentHash": record.hash,
        "paymentRequest": record.bolt11 or "",
        "preImage": record.preimage,
    }
    raw = call.bank.profile.name in DOLLARS_IN_LIST
    return {
        "id": record.id,
        "createdAt": seconds(record.created_at),
        "direction": record.direction,
        "status": record.status,
        "memo": record.memo,
        "externalId": None,
        "initiationVia": {"__typename": f"InitiationVia{record.initiation}", **parties},
        "settlementVia": {"__typename": f"SettlementVia{record.settlement}", **parties},
        "settlementCurrency": record.currency,
        "settlementPrice": lambda _: _settlement_price(call, record.currency),
        **(_raw_amounts(record) if raw else _amounts(call, record)),
    }


def _amounts(call: Call, record: Transaction) -> View:
    return {
        "settlementAmount": number(record.amount),
        "settlementFee": number(record.fee),
        "settlementDisplayAmount": lambda _: _displayed(call, record.amount, record.currency),
        "settlementDisplayFee": lambda _: _displayed(call, record.fee, record.currency),
        "settlementDisplayCurrency": lambda _: call.display_currency,
    }


def _raw_amounts(record: Transaction) -> View:
    amount, fee = (major(each, record.currency) for each in (record.amount, record.fee))
    return {
        "settlementAmount": amount,
        "settlementFee": fee,
        "settlementDisplayAmount": str(amount),
        "settlementDisplayFee": str(fee),
        "settlementDisplayCurrency": "USD",
    }


def _settlement_price(call: Call, currency: Currency) -> View:
    base, offset = _rate(call.display_price, currency)
    return {**_point(base, offset), "formattedAmount": str(Decimal(base).scaleb(-offset))}


def _displayed(call: Call, amount: Decimal, currency: Currency) -> str:
    """In whole units of the display currency, at the price of now: the sandbox keeps no old prices."""
    base, offset = _rate(call.display_price, currency)
    digits = call.display_price.currency.fraction_digits
    shown = (amount * Decimal(base)).scaleb(-offset - digits)
    return str(shown.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))


def _rate(price: Price, currency: Currency) -> tuple[int, int]:
    if currency is Currency.USD:
        return price.cent_base, price.cent_offset
    return price.sat_base, price.sat_offset


def details(record: Transaction) -> View:
    """`transactionDetails`: dollars, not cents, as the bank behind Flash has them."""
    time = datetime.fromtimestamp(record.created_at / 1_000, UTC).isoformat()
    return {
        "id": record.id,
        "accountId": record.wallet,
        "amount": major(abs(record.amount), record.currency),
        "fee": major(record.fee, record.currency),
        "currency": record.currency,
        "status": DETAIL_STATUS[record.status],
        "type": record.settlement,
        "createdAt": time,
        "updatedAt": time,
        "memo": record.memo,
        "invoice": record.bolt11,
        "paymentHash": record.hash or None,
        "paymentPreimage": record.preimage,
    }


# --- prices ---


def realtime_price(price: Price) -> View:
    return {
        "__typename": "RealtimePrice",
        "id": price.currency.id,
        "timestamp": seconds(price.time),
        "denominatorCurrency": price.currency.id,
        "denominatorCurrencyDetails": currency(price.currency),
        "btcSatPrice": _point(price.sat_base, price.sat_offset),
        "usdCentPrice": _point(price.cent_base, price.cent_offset),
    }


def old_price(price: Price) -> View:
    """The deprecated `Price` of `myUpdates`."""
    formatted = str(Decimal(price.sat_base).scaleb(-price.sat_offset))
    point = _point(price.sat_base, price.sat_offset)
    return {"__typename": "Price", **point, "currencyUnit": f"{price.currency.id}CENT", "formattedAmount": formatted}


def _point(base: int, offset: int) -> View:
    return {"base": base, "offset": offset, "currencyUnit": PRICES}


def currency(info: CurrencyInfo) -> View:
    return {
        "id": info.id,
        "name": info.name,
        "symbol": info.symbol,
        "flag": info.flag,
        "fractionDigits": info.fraction_digits,
    }


# --- answers of mutations ---


def invoice(record: Invoice) -> View:
    return {
        "createdAt": seconds(record.created_at),
        "externalId": record.hash,
        "paymentHash": record.hash,
        "paymentRequest": record.bolt11,
        "paymentSecret": record.secret,
        "paymentStatus": "PENDING" if record.paid_at is None else "PAID",
        "satoshis": record.satoshis,
    }


def payment(call: Call, record: Payment) -> View:
    return {
        "errors": [error(each.code, each.message) for each in record.errors],
        "status": record.status,
        "transaction": None if record.transaction is None else transaction(call, record.transaction),
    }


def error(code: str | None, message: str) -> View:
    return {"__typename": "GraphQLApplicationError", "message": message, "code": code, "path": None}


# --- what moves ---


def update(call: Call, record: Update) -> View:
    moved = record.transaction
    view = {"__typename": record.notice.value, "walletId": record.wallet, "transaction": transaction(call, moved)}
    if record.notice is Notice.LIGHTNING:
        return view | {"paymentHash": moved.hash, "status": "PAID"}
    price = call.display_price
    per_satoshi = Decimal(price.sat_base).scaleb(-price.sat_offset - price.currency.fraction_digits)
    return view | {
        "txNotificationType": "IntraLedgerReceipt" if moved.amount > 0 else "IntraLedgerPayment",
        "amount": number(abs(moved.amount)),
        "displayCurrencyPerSat": per_satoshi,
        "usdPerSat": per_satoshi,
    }
