"""What a payment is: as it is proposed, and as a row."""

from __future__ import annotations

import enum

import msgspec

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.money import Currency, Money
from whinchat.apps.wallet.payee import FrozenPayee
from whinchat.apps.wallet.transitions import State
from whinchat.core.ports import Job
from whinchat.core.types import ChatRef

ESCROW = "escrow"
"""The owner of what is paid from custody: nobody's person."""

PAY = "wallet.pay"
RECONCILE = "wallet.reconcile"


class Rail(enum.StrEnum):
    WALLET = "wallet"
    """Inside the backend."""
    INVOICE = "invoice"
    """Over Lightning."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that a person may be asked to confirm."""

    purpose: str
    """What it is for: `send`, or the purpose of whoever wants to know how it ends (`settling.Settled`)."""
    source: PayeeWallet
    amount: Money
    """What leaves the wallet, in its currency, without the fee."""
    fee_limit: Money
    """What may leave besides, as the backend said just now."""
    cents: int
    """US cents of both together, rounded up: what counts against the limits."""
    payee: FrozenPayee
    memo: str = ""
    subject: str | None = None
    """Id of what it belongs to, such as a request."""
    invoice_amount: Money | None = None
    """For an invoice without an amount: what is paid to it."""

    @property
    def rail(self) -> Rail:
        return Rail.INVOICE if self.payee.bolt11 else Rail.WALLET


class Party(msgspec.Struct, frozen=True):
    """Whose payment it is, and where it is spoken of."""

    owner: str
    backend: str
    account: bytes
    """Keyed hash of the account that pays."""
    chat_key: bytes = b""
    transport: str = ""
    chat: ChatRef | None = None
    """None for payments of nobody's."""
    language: str = ""


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed in a row."""

    payee: FrozenPayee
    source: PayeeWallet
    memo: str = ""
    invoice_amount: Money | None = None
    transport: str = ""
    chat: ChatRef | None = None
    language: str = ""


class Intent(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One payment, its columns in their order. Times are milliseconds UTC, None for what has not happened."""

    id: str
    """50 random bits; part of the memo, by which the payment is found again (`reference`)."""
    backend: str
    account: bytes
    owner: str
    chat: bytes
    showing: str
    """Id of the first of those that are shown and confirmed together, with one code."""
    purpose: str
    rail: Rail
    state: State
    code: str
    currency: Currency
    minor: int
    """Like `fee_limit` and `fee` in the currency's smallest unit."""
    fee_limit: int
    cents: int
    total: int
    """`cents` of the whole showing."""
    pin: bool
    """Whether the PIN is asked for."""
    subject: str | None
    key: str
    """Idempotency key."""
    created_at: int
    shown_at: int | None = None
    probed_at: int
    expires_at: int
    confirmed_at: int | None = None
    submitting_at: int | None = None
    settled_at: int | None = None
    looks: int = 0
    """How often it was looked for without being found."""
    look_at: int | None = None
    resend_until: int | None = None
    recalled_at: int | None = None
    fee: int | None = None
    error: str | None = None
    body: Body

    @property
    def amount(self) -> Money:
        return Money(self.currency, self.minor)

    @property
    def memo(self) -> str:
        """As the backend is given it."""
        return f"{self.body.memo} {reference(self.id)}".lstrip()

    @property
    def reply_subject(self) -> str:
        """What messages about it are about (`core.types.Reply`)."""
        return f"wallet.intent:{self.id}"

    @property
    def proposal(self) -> Proposal:
        """As it was proposed."""
        return Proposal(
            purpose=self.purpose,
            source=self.body.source,
            amount=self.amount,
            fee_limit=Money(self.currency, self.fee_limit),
            cents=self.cents,
            payee=self.body.payee,
            memo=self.body.memo,
            subject=self.subject,
            invoice_amount=self.body.invoice_amount,
        )


def reference(intent_id: str) -> str:
    """What the memo of a payment ends with."""
    return f"#{intent_id}"


def pay_job(intent_id: str) -> Job:
    return Job(kind=PAY, key=intent_id, max_attempts=100)


def reconcile_job(intent_id: str, delay: float = 0.0, look: int = 0) -> Job:
    """`look`: how many there were, of one whose outcome is known and only the record is missing."""
    return Job(kind=RECONCILE, key=intent_id, delay=delay, payload=str(look).encode(), max_attempts=100)
