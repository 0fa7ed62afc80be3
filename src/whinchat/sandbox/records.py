"""What the sandbox's bank takes and gives. Amounts are `Decimal` in the wallet's smallest unit (cents, satoshis)."""

from __future__ import annotations

import enum
from decimal import Decimal

from msgspec import Struct


class Currency(enum.StrEnum):
    """What a wallet holds (`WalletCurrency` of the schema)."""

    USD = "USD"
    BTC = "BTC"


class Status(enum.StrEnum):
    """How a payment was answered (`PaymentSendResult`)."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    PENDING = "PENDING"
    ALREADY_PAID = "ALREADY_PAID"


class TxStatus(enum.StrEnum):
    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    FAILURE = "FAILURE"


class Direction(enum.StrEnum):
    """`TxDirection`."""

    SEND = "SEND"
    RECEIVE = "RECEIVE"


class Via(enum.StrEnum):
    """How a payment began or ended: the type of `initiationVia` and of `settlementVia`."""

    INTRALEDGER = "IntraLedger"
    LIGHTNING = "Ln"


class Notice(enum.StrEnum):
    """The type of what `myUpdates` says."""

    INTRALEDGER = "IntraLedgerUpdate"
    LIGHTNING = "LnUpdate"


class BankError(Exception):
    """`code` as in the `extensions.code` of the answer, or in a payload's `errors`; None where the backend has none.

    Codes are those of GaloyMoney/blink core/api/src/graphql/error.ts and lnflash/flash src/graphql/error.ts.
    """

    def __init__(self, code: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ErrorInfo(Struct, frozen=True):
    """One of a payload's `errors`."""

    message: str
    code: str | None = None


class Wallet(Struct, frozen=True, kw_only=True):
    id: str
    account: str
    currency: Currency
    balance: Decimal
    """With a fraction where the profile has them."""


class Account(Struct, frozen=True, kw_only=True):
    id: str
    phone: str | None
    """E.164."""
    username: str | None
    language: str
    display_currency: str
    default_wallet: str
    wallets: tuple[Wallet, ...]
    created_at: int
    """Milliseconds UTC, as all times here."""

    def wallet(self, currency: Currency) -> Wallet | None:
        return next((wallet for wallet in self.wallets if wallet.currency is currency), None)


class Message(Struct, frozen=True, kw_only=True):
    """A code on its way to somebody's WhatsApp."""

    phone: str
    code: str
    sent_at: int
    expires_at: int


class Invoice(Struct, frozen=True, kw_only=True):
    """Issued by the bank's node, or (`wallet` None) by the node outside."""

    hash: str
    """Payment hash, hex."""
    bolt11: str
    preimage: str
    """Hex; nobody but the page and the tests may see it before it is paid."""
    wallet: str | None
    satoshis: int | None
    cents: Decimal | None
    """What is credited to a USD wallet, fixed when the invoice was made."""
    memo: str
    secret: str
    """Payment secret, hex."""
    created_at: int
    expires_at: int
    paid_at: int | None


class Decoded(Struct, frozen=True, kw_only=True):
    """What a BOLT11 string says of itself, by whichever node."""

    hash: str
    payee: str
    """Public key of the node, hex."""
    network: str
    """`bc`, `tb`, `tbs`, `bcrt`."""
    satoshis: int | None
    """Rounded up from millisatoshis; None: the payer chooses."""
    memo: str
    """Empty where there is only the hash of a description."""
    created_at: int
    expires_at: int


class Transaction(Struct, frozen=True, kw_only=True):
    """One movement of one wallet, as its owner sees it. A list of the profile may hide or falsify parts."""

    id: str
    wallet: str
    direction: Direction
    status: TxStatus
    amount: Decimal
    """`settlementAmount`: negative for what was sent, the fee included."""
    fee: Decimal
    currency: Currency
    memo: str | None
    hash: str
    """Payment hash, hex; empty where there is none or it is not told."""
    preimage: str | None
    bolt11: str | None
    initiation: Via
    settlement: Via
    counterparty: str | None
    """Username."""
    counterparty_wallet: str | None
    created_at: int


class Page(Struct, frozen=True):
    """Newest first. The cursor of a transaction is its id."""

    transactions: tuple[Transaction, ...]
    has_next: bool


class Payment(Struct, frozen=True):
    """How a payment was answered. `transaction` is there also where the schema has no field for it."""

    status: Status
    errors: tuple[ErrorInfo, ...] = ()
    transaction: Transaction | None = None


class Update(Struct, frozen=True, kw_only=True):
    """Something of an account's wallets moved: one event of `myUpdates`."""

    notice: Notice
    account: str
    wallet: str
    transaction: Transaction


class CurrencyInfo(Struct, frozen=True):
    id: str
    """ISO 4217."""
    name: str
    symbol: str
    flag: str
    fraction_digits: int


class Price(Struct, frozen=True, kw_only=True):
    """What a satoshi and a US cent cost in a currency's smallest unit: `base / 10 ** offset`."""

    currency: CurrencyInfo
    sat_base: int
    sat_offset: int
    cent_base: int
    cent_offset: int
    time: int
