"""Money on its way: from a wallet into transit, then to its target or back. Each step is one journal."""

from __future__ import annotations

from msgspec import Struct

from whinchat.sandbox.history import History, Movement
from whinchat.sandbox.invoices import Invoices
from whinchat.sandbox.ledger import DEALER, FEES, TRANSIT, WORLD, Ledger, own
from whinchat.sandbox.profiles import Profile
from whinchat.sandbox.records import Currency, Notice, TxStatus, Update, Via

SELECT = (
    "SELECT id, source, target, hash, bolt11, invoiced, memo, debit, fee, credit, status, transaction_id"
    " FROM payment WHERE "
)


class Order(Struct, frozen=True, kw_only=True):
    """A payment that may begin. Micro-units: `debit` (without `fee`) of the source's currency, `credit` of the
    target's."""

    source: str
    target: str
    """A wallet; for what leaves the bank the world's."""
    debit: int
    credit: int
    fee: int = 0
    memo: str | None = None
    hash: str | None = None
    bolt11: str | None = None
    invoiced: bool = False
    """An invoice is paid, not a wallet."""


class Stored(Order, frozen=True, kw_only=True):
    """One that has begun."""

    id: int
    status: str
    """`pending`, `paid`, `failed`."""
    transaction: str
    """The sender's."""


class Transfers:
    def __init__(self, ledger: Ledger, history: History, invoices: Invoices, profile: Profile) -> None:
        self._ledger = ledger
        self._history = history
        self._invoices = invoices
        self._profile = profile

    def begin(self, order: Order, now: int) -> Stored:
        """Debit the source. BankError INSUFFICIENT_BALANCE."""
        currency = self._ledger.currency(order.source)
        taken = order.debit + order.fee
        self._ledger.post("debit", now, {order.source: -taken, own(TRANSIT, currency): taken})
        initiation, settlement = self._via(order)
        transaction = self._history.write(
            Movement(
                wallet=order.source,
                status=TxStatus.PENDING,
                amount=-taken,
                fee=order.fee,
                memo=order.memo,
                hash=order.hash,
                bolt11=order.bolt11,
                initiation=initiation,
                settlement=settlement,
                other=None if self._leaves(order) else order.target,
                now=now,
            )
        )
        payment = self._ledger.run(
            "INSERT INTO payment (source, target, hash, bolt11, invoiced, memo, debit, fee, credit, status,"
            " transaction_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)",
            order.source,
            order.target,
            order.hash,
            order.bolt11,
            order.invoiced,
            order.memo,
            order.debit,
            order.fee,
            order.credit,
            transaction,
        )
        return self.by_id(payment)

    def hold(self, payment: int, until: int, becomes: str) -> None:
        """Leave it pending: `becomes` (`paid`, `failed`) true at `until`, in milliseconds UTC."""
        self._ledger.run("UPDATE payment SET due_at = ?, becomes = ? WHERE id = ?", until, becomes, payment)

    def settle(self, payment: Stored, now: int) -> list[Update]:
        """It arrives; what to tell whom."""
        giving, taking = self._ledger.currency(payment.source), self._ledger.currency(payment.target)
        entries = exchange(own(TRANSIT, giving), giving, payment.debit, payment.target, taking, payment.credit)
        entries[own(TRANSIT, giving)] -= payment.fee
        entries[own(FEES, giving)] = payment.fee
        self._ledger.post("settle", now, entries)
        invoice = self._invoices.get(payment.hash) if payment.invoiced and payment.hash else None
        preimage = invoice.preimage if invoice else None
        self._end(payment, "paid", TxStatus.SUCCESS, preimage)
        if payment.hash and invoice:
            self._invoices.mark_paid(payment.hash, now)
        if self._leaves(payment):
            return []
        initiation, settlement = self._via(payment)
        received = self._history.write(
            Movement(
                wallet=payment.target,
                status=TxStatus.SUCCESS,
                amount=payment.credit,
                memo=(invoice.memo if invoice else None) or payment.memo,
                hash=payment.hash,
                preimage=preimage,
                bolt11=payment.bolt11,
                initiation=initiation,
                settlement=settlement,
                other=payment.source,
                now=now,
            )
        )
        updates = [self.update(payment.target, received)]
        if initiation is Via.INTRALEDGER:
            updates.append(self.update(payment.source, payment.transaction))
        return updates

    def refund(self, payment: Stored, now: int) -> None:
        """It did not arrive: all of it goes back, the fee too."""
        currency = self._ledger.currency(payment.source)
        back = payment.debit + payment.fee
        self._ledger.post("refund", now, {own(TRANSIT, currency): -back, payment.source: back})
        self._end(payment, "failed", TxStatus.FAILURE, None)

    def finish_due(self, now: int) -> list[Update]:
        """End the pending ones whose time has come."""
        updates: list[Update] = []
        due = self._ledger.rows(
            "SELECT id, becomes FROM payment WHERE status = 'pending' AND due_at <= ? ORDER BY due_at, id", now
        )
        for payment, becomes in due:
            if becomes == "paid":
                updates += self.settle(self.by_id(payment), now)
            else:
                self.refund(self.by_id(payment), now)
        return updates

    def next_due(self) -> int | None:
        """Milliseconds UTC."""
        due: int | None = self._ledger.value("SELECT min(due_at) FROM payment WHERE status = 'pending'")
        return due

    def receive(self, movement: Movement, paid: int, giving: Currency) -> list[Update]:
        """From outside: `paid` of the currency `giving` becomes the movement's amount of the wallet's own."""
        taking = self._ledger.currency(movement.wallet)
        entries = exchange(own(WORLD, giving), giving, paid, movement.wallet, taking, movement.amount)
        self._ledger.post("receive", movement.now, entries)
        return [self.update(movement.wallet, self._history.write(movement))]

    def by_hash(self, hash_: str) -> Stored | None:
        """The payment of the hash that is pending or paid."""
        return next(iter(self._find("hash = ? AND status <> 'failed'", hash_)), None)

    def by_id(self, payment: int) -> Stored:
        return self._find("id = ?", payment)[0]

    def update(self, wallet: str, transaction: str) -> Update:
        told = self._history.get(transaction)
        account = self._ledger.value("SELECT account FROM wallet WHERE id = ?", wallet)
        notice = Notice.INTRALEDGER if told.initiation is Via.INTRALEDGER else Notice.LIGHTNING
        return Update(notice=notice, account=account, wallet=wallet, transaction=told)

    def _end(self, payment: Stored, status: str, shown: TxStatus, preimage: str | None) -> None:
        self._ledger.run("UPDATE payment SET status = ? WHERE id = ?", status, payment.id)
        self._history.finish(payment.transaction, shown, preimage)

    def _via(self, order: Order) -> tuple[Via, Via]:
        if self._leaves(order) or self._profile.intraledger_as_lightning:
            return Via.LIGHTNING, Via.LIGHTNING
        return (Via.LIGHTNING if order.invoiced else Via.INTRALEDGER), Via.INTRALEDGER

    @staticmethod
    def _leaves(order: Order) -> bool:
        return order.target == own(WORLD, Currency.BTC)

    def _find(self, condition: str, value: int | str) -> list[Stored]:
        rows = self._ledger.rows(SELECT + condition, value)
        return [
            Stored(
                id=id_,
                source=source,
                target=target,
                hash=hash_,
                bolt11=bolt11,
                invoiced=bool(invoiced),
                memo=memo,
                debit=debit,
                fee=fee,
                credit=credit,
                status=status,
                transaction=transaction,
            )
            for id_, source, target, hash_, bolt11, invoiced, memo, debit, fee, credit, status, transaction in rows
        ]


def exchange(source: str, giving: Currency, debit: int, target: str, taking: Currency, credit: int) -> dict[str, int]:
    """The entries that bring money from one wallet to another; between currencies through the dealer."""
    entries = {source: -debit, target: credit}
    if giving is not taking:
        entries |= {own(DEALER, giving): debit, own(DEALER, taking): -credit}
    return entries
