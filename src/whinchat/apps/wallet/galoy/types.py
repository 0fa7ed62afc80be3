"""What the backends answer, as far as it is read. What some of them leave out has a default.

Numbers of money are Decimal: Flash's may have fractions.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, field


class PayloadError(Struct, frozen=True):
    """Why a mutation was not done. Its message may name people and is not read."""

    code: str | None = None


# --- the person ---


class UserWallet(Struct, frozen=True, rename="camel"):
    id: str
    wallet_currency: str
    pending_incoming_balance: Decimal
    balance: Decimal | None = None
    """None: a wallet that is elsewhere."""


class Account(Struct, frozen=True, rename="camel"):
    id: str
    default_wallet_id: str
    display_currency: str
    wallets: tuple[UserWallet, ...]


class User(Struct, frozen=True, rename="camel"):
    default_account: Account
    language: str = ""
    phone: str | None = None
    username: str | None = None


class PublicWallet(Struct, frozen=True):
    id: str


# --- prices ---


class Point(Struct, frozen=True):
    """`base` divided by ten to the power of `offset`."""

    base: Decimal
    offset: int


class RealtimePrice(Struct, frozen=True, rename="camel"):
    """`timestamp` in seconds UTC."""

    timestamp: int
    btc_sat_price: Point
    usd_cent_price: Point


class CurrencyEntry(Struct, frozen=True, rename="camel"):
    id: str
    name: str
    symbol: str
    fraction_digits: int


# --- what was paid ---


class Via(Struct, frozen=True, rename="camel"):
    payment_hash: str | None = None
    counter_party_username: str | None = None


class TransactionNode(Struct, frozen=True, rename="camel"):
    """`created_at` in seconds UTC; `settlement_amount` with its sign, the fee included."""

    id: str
    created_at: int
    direction: str
    status: str
    settlement_amount: Decimal
    settlement_fee: Decimal
    settlement_currency: str
    settlement_display_amount: str = ""
    settlement_display_currency: str = ""
    memo: str | None = None
    initiation_via: Via = Via()
    settlement_via: Via = Via()


class Edge(Struct, frozen=True):
    node: TransactionNode


class PageInfo(Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class Connection(Struct, frozen=True, rename="camel"):
    page_info: PageInfo
    edges: tuple[Edge, ...] | None = None


class WalletName(Struct, frozen=True, rename="camel"):
    id: str
    wallet_currency: str


class ListedAccount(Struct, frozen=True):
    wallets: tuple[WalletName, ...]
    transactions: Connection | None = None


class ListedUser(Struct, frozen=True, rename="camel"):
    default_account: ListedAccount


class Details(Struct, frozen=True, rename="camel"):
    """`account_id` is the wallet's id; `created_at` as in ISO 8601."""

    id: str
    account_id: str | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None
    currency: str | None = None
    status: str | None = None
    type: str | None = None
    created_at: str | None = None
    memo: str | None = None
    payment_hash: str | None = None


class DetailsPayload(Struct, frozen=True, rename="camel"):
    errors: tuple[PayloadError, ...]
    transaction_details: Details | None = None


# --- what mutations answer ---


class Payload(Struct, frozen=True):
    """What is common to them."""

    errors: tuple[PayloadError, ...]


class SuccessPayload(Payload, frozen=True):
    success: bool | None = None


class LoginPayload(Payload, frozen=True, rename="camel"):
    auth_token: str | None = None


class FeePayload(Payload, frozen=True):
    """`amount` in the smallest unit of the wallet that would pay; an error beside it says that it is an estimate."""

    amount: Decimal | None = None


class InvoiceNode(Struct, frozen=True, rename="camel"):
    payment_request: str
    payment_hash: str


class InvoicePayload(Payload, frozen=True):
    invoice: InvoiceNode | None = None


class PaymentPayload(Payload, frozen=True):
    status: str | None = None
    transaction: TransactionNode | None = None


# --- what moves ---


class UpdateNode(Struct, frozen=True, rename="camel"):
    """Of `LnUpdate`, `IntraLedgerUpdate`, `OnChainUpdate`, or one of the prices, which say nothing about wallets."""

    typename: str = field(name="__typename")
    status: str | None = None
    wallet_id: str | None = None
    transaction: TransactionNode | None = None


class UpdatesPayload(Payload, frozen=True):
    update: UpdateNode | None = None
