"""What must hold of money after every step: the bank's books and ours, laid beside each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from tests.support.wallet.whole import Whole

from whinchat.apps.wallet.escrow import Escrows
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.types import SendText

MAY_HAVE_LEFT = frozenset(("submitting", "unknown", "unresolved", "paid"))
NOTHING_LEFT = frozenset(("drafted", "shown", "confirmed", "failed", "cancelled", "expired"))
PAYOUTS = frozenset(("claim", "refund"))
_REFERENCE = re.compile(r"#([a-z2-7]{10})$")
_PAID = re.compile(r"✅ Paid (.+?) to ")
_HELD = re.compile(r"✅ (.+?) is held for ")


class Violation(AssertionError):
    """Money is not safe."""


@dataclass(frozen=True)
class Debit:
    """A payment at the bank; amounts in cents or satoshis."""

    source: str
    hash: str | None
    invoiced: bool
    memo: str | None
    amount: int
    fee: int
    status: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One of `wallet_intents`."""

    id: str
    owner: str
    purpose: str
    rail: str
    state: str
    currency: str
    minor: int
    fee_limit: int
    payment_hash: bytes | None
    confirmed_at: int | None

    def __str__(self) -> str:
        return f"{self.state} {self.purpose} #{self.id} of {self.minor} {self.currency}"


def debits(it: Whole) -> list[Debit]:
    """Every payment that left a wallet and did not come back, or may still."""
    rows = it.bank._ledger.rows(
        "SELECT source, hash, invoiced, memo, debit, fee, status FROM payment WHERE status <> 'failed' ORDER BY id"
    )
    return [
        Debit(source, hash_, bool(invoiced), memo, debit // 1_000_000, -(-fee // 1_000_000), status)
        for source, hash_, invoiced, memo, debit, fee, status in rows
    ]


async def intents(it: Whole) -> list[Row]:
    rows = await it.bot.database.fetch(f"SELECT {', '.join(Row.__struct_fields__)} FROM wallet_intents")
    return [msgspec.convert(row, Row) for row in rows]


async def check(it: Whole, yeses: int, *, at_rest: bool = False) -> None:
    """Raises Violation. `yeses`: how many messages were said that may confirm something; `at_rest`: nothing goes wrong
    any more, and there was time to find out everything."""
    it.bank.check()
    rows, left = await intents(it), debits(it)
    pairs = _paired(it, rows, left)
    _hold(sum(_showings(rows)) <= yeses, "more was confirmed than anybody said yes to")
    for row in rows:
        _check_intent(row, pairs.get(row.id), at_rest=at_rest)
    await _check_custody(it, rows, pairs)
    if at_rest:
        _check_receipts(it, rows)


def _showings(rows: list[Row]) -> Iterator[int]:
    """One for each that was confirmed by a person; shares of one tip are confirmed together."""
    tips = 0
    for row in rows:
        if row.confirmed_at is None or row.owner == "escrow":
            continue
        tips = tips or int(row.purpose == "tip")
        yield int(row.purpose != "tip")
    yield tips


def _paired(it: Whole, rows: list[Row], left: list[Debit]) -> dict[str, Debit]:
    """Of each debit the one intent that it belongs to."""
    found: dict[str, Debit] = {}
    for debit in left:
        owners = [row for row in rows if row.state in MAY_HAVE_LEFT and _belongs(it, debit, row)]
        others = [str(row) for row in rows if _belongs(it, debit, row)]
        _hold(len(owners) == 1, f"{debit} belongs to {len(owners)} confirmed payments; there are {others}")
        (owner,) = owners
        _hold(owner.confirmed_at is not None, f"{debit} was never confirmed")
        _hold(owner.id not in found, f"{owner} was debited twice")
        _hold(_fits(debit, owner), f"{debit} is not what was shown: {owner}")
        found[owner.id] = debit
    return found


def _belongs(it: Whole, debit: Debit, row: Row) -> bool:
    if debit.invoiced:
        return debit.hash is not None and row.payment_hash == it.bot.sealer.digest("wallet.invoice", debit.hash)
    named = _REFERENCE.search(debit.memo or "")
    return named is not None and named[1] == row.id


def _fits(debit: Debit, row: Row) -> bool:
    """An invoice in satoshis that is paid in dollars may cost a little more or less than was expected."""
    if row.rail == "wallet":
        return debit.amount == row.minor and debit.fee == 0
    slack = 1 + row.minor // 20
    return debit.amount + debit.fee <= row.minor + row.fee_limit + slack


def _check_intent(row: Row, debit: Debit | None, *, at_rest: bool) -> None:
    if row.state in NOTHING_LEFT:
        _hold(debit is None, f"money left for {row}")
    if row.state == "paid":
        _hold(debit is not None and debit.status == "paid", f"{row} is said to be paid; the bank has {debit}")
    if at_rest:
        _hold(row.state not in {"confirmed", "submitting", "unknown"}, f"nobody found out what became of {row}")
        _hold(debit is None or row.state == "paid", f"{row} was paid, and that is not known")


async def _check_custody(it: Whole, rows: list[Row], pairs: dict[str, Debit]) -> None:
    """What custody has is what is owed, but for what moved and is not known yet."""
    escrows = Escrows(it.bot.database, it.bot.sealer, it.bot.clock, it.bot.random)
    held, booked = await escrows.held(), await escrows.booked()
    _hold(held == booked, f"held for people: {held}; by the ledger: {booked}")
    for currency in Currency:
        expected = held.get(currency, 0)
        for row in rows:
            debit = pairs.get(row.id)
            if debit is None or row.state == "paid" or row.currency != currency:
                continue
            if row.purpose == "escrow" and debit.status == "paid":
                expected += row.minor
            elif row.purpose in PAYOUTS:
                expected -= row.minor
        wallet = next(each for each in it.bank.account(it.custody).wallets if each.currency.value == currency.value)
        _hold(int(wallet.balance) == expected, f"custody has {wallet.balance} {currency} and should have {expected}")


def _check_receipts(it: Whole, rows: list[Row]) -> None:
    """For each amount as many receipts as payments."""
    expected: Counter[str] = Counter()
    for row in rows:
        if row.state == "paid" and row.purpose not in PAYOUTS:
            expected[plain(Money(Currency(row.currency), row.minor))] += 1
    short, whole = Counter[str](), Counter[str]()
    for text in {
        done.reference: done.action.text for done in it.bot.sent() if isinstance(done.action, SendText)
    }.values():
        if told := _PAID.match(text) or _HELD.match(text):
            (whole if "\nFee:" in text else short)[told[1]] += 1
    for amount in expected | short | whole:
        count, most = expected[amount], max(short[amount], whole[amount])
        together = short[amount] + whole[amount]
        _hold(most <= count <= together, f"{count} payments of {amount} have {together} receipts")


def _hold(truth: bool, otherwise: str) -> None:
    if not truth:
        raise Violation(otherwise)
