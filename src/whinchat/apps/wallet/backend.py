"""What the wallet asks of a backend. `galoy` implements it; nothing else of the wallet knows GraphQL.

Times are milliseconds UTC, amounts are whole numbers of the wallet's smallest unit. `token` is one person's session.
Reads raise BackendError; payments never raise: they say what is known.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.errors import WhinchatError
from whinchat.core.secret import Secret


class BackendError(WhinchatError):
    """A request that had no effect, or whose effect does not matter. Codes:

    `unavailable`     no answer, a garbled one, or the backend says that it cannot now; worth another try
    `unauthenticated` the token is not valid (any more)
    `rate_limited`    too many requests, by `retry_after` seconds when it is known
    `not_found`       no such user, wallet, transaction
    `rejected`        refused for a reason that another try will not change
    """

    code = "unavailable"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, code=code, retry_after=retry_after)
        self.retryable = self.code in {"unavailable", "rate_limited"}


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """How backends differ, as data: read by the wallet's rules, never found out by trying."""

    name: str
    """`flash`, `blink`, `sandbox`: in every row about money."""
    network: Literal["bc", "bcrt"] = "bc"
    """Prefix (BIP 173) of the only invoices that it pays: bitcoin's own, at the sandbox those of a test network."""
    keys_intraledger: bool = False
    """Idempotency keys are accepted by payments inside the backend."""
    keys_lightning: bool = False
    """… and by payments of invoices: a second one with the same key and hash is refused within `keys_hours`."""
    keys_amount_usd: bool = False
    """… also of an invoice without an amount from a dollar wallet."""
    keys_hours: int = 0
    payload_transaction: bool = False
    """A payment answers with its transaction."""
    memo_in_list: bool = False
    hash_in_list: bool = False
    status_in_list: bool = False
    """The list's entries carry memo, payment hash, and a status that is true."""
    details: bool = False
    """A transaction can be asked for by its id, with memo and hash."""
    pages: bool = False
    """The list honours `after`; otherwise only `first` can be widened."""
    empty_means_nothing: bool = False
    """False: an empty list may also be an outage of what is behind it."""
    unverified: tuple[str, ...] = ()
    """What was read in the backend's source code and never tried with the real one."""


class Wallet(msgspec.Struct, frozen=True):
    id: str
    balance: Money
    """What can be spent."""
    pending: Money


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The person's own account. `account` is its id at the backend."""

    account: str
    wallets: tuple[Wallet, ...]
    default_wallet: str
    display_currency: str
    phone: str | None = None
    username: str | None = None
    language: str = ""

    def wallet(self, currency: Currency) -> Wallet | None:
        return next((each for each in self.wallets if each.balance.currency is currency), None)


class PayeeWallet(msgspec.Struct, frozen=True):
    id: str
    currency: Currency


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one satoshi, and one US cent, cost in a currency's smallest unit."""

    currency: str
    """ISO 4217."""
    sat: Decimal
    usd_cent: Decimal
    time: int


class CurrencyInfo(msgspec.Struct, frozen=True):
    id: str
    name: str
    symbol: str
    fraction_digits: int


class Direction(enum.StrEnum):
    SEND = "send"
    RECEIVE = "receive"


class Status(enum.StrEnum):
    SUCCESS = "success"
    PENDING = "pending"
    FAILURE = "failure"


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One movement of one wallet. `amount` is what moved without the sign, the fee included for what was sent.

    `memo`, `hash` and `counterparty` are None where the backend does not tell; `status` may be a guess (Capabilities).
    """

    id: str
    wallet: str
    direction: Direction
    status: Status
    amount: Money
    fee: Money
    time: int
    memo: str | None = None
    hash: str | None = None
    """Payment hash, hex."""
    counterparty: str | None = None
    """Username."""


class Page(msgspec.Struct, frozen=True):
    """Newest first. `after`: where the next page begins; None at the end, or where there are no pages."""

    transactions: tuple[Transaction, ...]
    after: str | None


class Invoice(msgspec.Struct, frozen=True):
    """Of ours, to receive."""

    bolt11: str
    hash: str


class Paid(msgspec.Struct, frozen=True):
    """The money has left. `transaction` where the backend says which."""

    transaction: Transaction | None = None


class Failed(msgspec.Struct, frozen=True):
    """It is known that nothing left. `code`: `insufficient_balance`, `limit`, `self_payment`, `no_route`, `expired`,
    `invalid`, `refused`, `unauthenticated`, `unavailable` (nothing was sent): names of sentences."""

    code: str


class Unknown(msgspec.Struct, frozen=True):
    """It cannot be known whether money left: time-out, drop, PENDING, a busy key, an error that may follow a debit,
    ALREADY_PAID. `code` for the operator."""

    code: str


Sent = Paid | Failed | Unknown


class Update(msgspec.Struct, frozen=True):
    """Something of the person's wallets moved. `transaction` as far as the notice tells; ask for the rest."""

    transaction: Transaction | None = None


class Backend(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    # --- sessions: raise BackendError ---
    async def send_code(self, phone: str) -> None: ...
    async def login(self, phone: str, code: str) -> Secret:
        """A new token. BackendError `rejected`: the code is wrong or too old."""
        ...

    async def logout(self, token: Secret) -> None:
        """Revoked when it returns; a token that is not valid is no error."""
        ...

    # --- reads: raise BackendError ---
    async def me(self, token: Secret) -> Me: ...
    async def default_wallet(self, username: str, currency: Currency) -> PayeeWallet:
        """`not_found`: nobody is called so."""
        ...

    async def price(self, currency: str) -> Price: ...
    async def currencies(self) -> tuple[CurrencyInfo, ...]: ...
    async def transactions(self, token: Secret, first: int, after: str | None = None) -> Page: ...
    async def transaction(self, token: Secret, transaction_id: str) -> Transaction: ...
    async def fee(self, token: Secret, wallet: PayeeWallet, bolt11: str, amount: Money | None) -> Money:
        """The most that paying the invoice from this wallet may cost; `amount` for invoices without one."""
        ...

    # --- writes without money ---
    async def create_invoice(self, token: Secret, wallet: PayeeWallet, amount: Money | None, memo: str) -> Invoice: ...
    async def set_username(self, token: Secret, name: str) -> None: ...

    # --- money: never raise ---
    async def pay_wallet(
        self, token: Secret, source: PayeeWallet, target: str, amount: Money, memo: str, key: str
    ) -> Sent:
        """From one wallet to another inside the backend. `key` is sent where keys are accepted."""
        ...

    async def pay_invoice(
        self, token: Secret, source: PayeeWallet, bolt11: str, amount: Money | None, memo: str, key: str
    ) -> Sent: ...

    # --- what moves ---
    def updates(self, token: Secret) -> AbstractAsyncContextManager[AsyncIterator[Update]]:
        """One connection; the iterator ends when it is gone. Raises BackendError (`unauthenticated`, `unavailable`)."""
        ...
