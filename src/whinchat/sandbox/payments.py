"""Payments as people ask for them: what a key means, what a switch does, and how each is answered."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from whinchat.sandbox.faults import Fault, Plan, Switch
from whinchat.sandbox.history import History
from whinchat.sandbox.invoices import Invoices
from whinchat.sandbox.ledger import Ledger
from whinchat.sandbox.lightning import understand
from whinchat.sandbox.orders import Orders
from whinchat.sandbox.people import People
from whinchat.sandbox.profiles import Profile
from whinchat.sandbox.records import BankError, Decoded, ErrorInfo, Payment, Status, Update
from whinchat.sandbox.transfers import Order, Stored, Transfers

HOUR = 3_600_000
LONGEST_KEY = 256

UNKNOWN = ErrorInfo("Unknown error occurred (code: UnknownLightningServiceError)", "UNKNOWN_CLIENT_ERROR")
BUSY = ErrorInfo("Unknown error occurred (code: ResourceAttemptsLockServiceError)", "UNKNOWN_CLIENT_ERROR")
GENERIC_INVOICE = ErrorInfo("An unexpected error occurred. Please try again later.")
GENERIC_WALLET = ErrorInfo("An error occurred. Contact support if error persists.", "IBEX_ERROR")
"""lnflash/flash src/graphql/public/root/mutation/ln-invoice-payment-send.ts, src/graphql/error.ts"""
NAMED = frozenset({"INSUFFICIENT_BALANCE", "INVALID_INPUT"})
"""Refusals that a profile with generic errors names all the same."""
ANSWERS = {"paid": Status.SUCCESS, "pending": Status.PENDING, "failed": Status.FAILURE}


class Request(Struct, frozen=True, kw_only=True):
    """Everything of a payment but what it pays."""

    account: str
    source: str
    memo: str | None = None
    key: str | None = None
    plan: Plan


class Payments:
    """Its methods raise BankError when they refuse: the caller rolls back and answers with `refusal`."""

    def __init__(
        self,
        ledger: Ledger,
        people: People,
        history: History,
        invoices: Invoices,
        orders: Orders,
        transfers: Transfers,
        profile: Profile,
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._history = history
        self._invoices = invoices
        self._orders = orders
        self._transfers = transfers
        self._profile = profile

    def pay_wallet(
        self, request: Request, target: str, amount: Decimal | int, now: int
    ) -> tuple[Payment, list[Update]]:
        def prepare() -> Order:
            return self._orders.to_wallet(request.source, target, amount, request.memo, now)

        return self._run(request, f"intraledger|{target}|{amount}", GENERIC_WALLET, prepare, now)

    def pay_invoice(
        self, request: Request, bolt11: str, amount: Decimal | int | None, now: int
    ) -> tuple[Payment, list[Update]]:
        def prepare() -> Order | Payment:
            decoded = understand(bolt11)
            return self._paid_before(request.source, decoded) or self._orders.of_invoice(
                request.source, bolt11, decoded, amount, request.memo, now
            )

        return self._run(request, f"ln|{bolt11}|{amount}", GENERIC_INVOICE, prepare, now)

    def refusal(self, error: BankError, *, of_invoice: bool) -> Payment:
        """How the profile answers a refused payment."""
        if self._profile.generic_errors and error.code not in NAMED:
            return Payment(Status.FAILURE, (GENERIC_INVOICE if of_invoice else GENERIC_WALLET,))
        return Payment(Status.FAILURE, (ErrorInfo(error.message, error.code),))

    def _run(
        self,
        request: Request,
        fingerprint: str,
        generic: ErrorInfo,
        prepare: Callable[[], Order | Payment],
        now: int,
    ) -> tuple[Payment, list[Update]]:
        switch = request.plan.payment
        if switch and (instead := _instead(switch)):
            return instead, []
        self._people.own_wallet(request.account, request.source)
        if known := self._by_key(request, fingerprint, now):
            return self._answer(known), []
        order = prepare()
        if isinstance(order, Payment):
            return order, []
        done, updates = self._execute(order, switch, now)
        failed = switch is not None and switch.fault is Fault.FAILED_AFTER_DEBIT
        if not self._profile.key_forgets or (done.status == "paid" and not failed):
            self._remember(request, fingerprint, done, now)
        if failed:
            return Payment(Status.FAILURE, (generic if self._profile.generic_errors else UNKNOWN,)), updates
        return self._answer(done), updates

    def _execute(self, order: Order, switch: Switch | None, now: int) -> tuple[Stored, list[Update]]:
        begun = self._transfers.begin(order, now)
        updates: list[Update] = []
        if switch and switch.fault in {Fault.PENDING_SETTLES, Fault.PENDING_FAILS}:
            becomes = "paid" if switch.fault is Fault.PENDING_SETTLES else "failed"
            self._transfers.hold(begun.id, now + round(switch.seconds * 1_000), becomes)
        else:
            updates = self._transfers.settle(begun, now)
        return self._transfers.by_id(begun.id), updates

    def _answer(self, payment: Stored) -> Payment:
        return Payment(ANSWERS[payment.status], (), self._history.get(payment.transaction))

    def _paid_before(self, source: str, decoded: Decoded) -> Payment | None:
        """A hash is paid once, by whomever, and from outside too."""
        if known := self._transfers.by_hash(decoded.hash):
            status = Status.PENDING if known.status == "pending" else Status.ALREADY_PAID
            return Payment(status, (), self._history.get(known.transaction) if known.source == source else None)
        invoice = self._invoices.get(decoded.hash)
        return Payment(Status.ALREADY_PAID) if invoice and invoice.paid_at is not None else None

    def _by_key(self, request: Request, fingerprint: str, now: int) -> Stored | None:
        """The payment that the key stands for. BankError INVALID_INPUT: it is too long, or stands for another one."""
        key = self._key(request)
        if not key or request.plan.reexecute:
            return None
        if len(key) > LONGEST_KEY:
            raise BankError("INVALID_INPUT", "Invalid format for the provided idempotency key")
        rows = self._ledger.rows(
            "SELECT fingerprint, payment FROM payment_key WHERE wallet = ? AND key = ? AND created_at > ?",
            request.source,
            key,
            now - self._profile.key_hours * HOUR,
        )
        for known, payment in rows:
            if known == fingerprint:
                return self._transfers.by_id(payment)
            raise BankError(
                "INVALID_INPUT",
                "This idempotency key was already used for a different payment. Use a new key for a new payment.",
            )
        return None

    def _remember(self, request: Request, fingerprint: str, payment: Stored, now: int) -> None:
        if key := self._key(request):
            self._ledger.run(
                "INSERT OR REPLACE INTO payment_key VALUES (?, ?, ?, ?, ?)",
                request.source,
                key,
                fingerprint,
                payment.id,
                now,
            )

    def _key(self, request: Request) -> str:
        """Empty where there is none, or the profile knows none."""
        return (request.key or "").strip() if self._profile.key_hours else ""


def _instead(fault: Switch) -> Payment | None:
    """The answer when the payment is not even tried."""
    if fault.fault is Fault.ALREADY_PAID:
        return Payment(Status.ALREADY_PAID)
    if fault.fault is Fault.FAILURE:
        return Payment(Status.FAILURE)
    if fault.fault is Fault.BUSY:
        return Payment(Status.FAILURE, (BUSY,))
    if fault.fault is Fault.REJECTED:
        return Payment(Status.FAILURE, (ErrorInfo(fault.message, fault.code),))
    return None
