"""Draws the page: whole when it is opened, then the parts that change."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from whinchat.sandbox.api.desk import SCOPES, State
from whinchat.sandbox.faults import OF_PAYMENTS, Fault
from whinchat.sandbox.records import Account, Currency, Price

PAGE = Path(__file__).parents[1] / "page"
STATIC = PAGE / "static"
PARTS = ("prices", "accounts", "codes", "invoices", "movements", "faults")
"""Each a template, and the id of the element that it fills."""

FAULTS: tuple[tuple[Fault, str, str], ...] = (
    (Fault.SLOW, "Slow", "Answers come two seconds late; done after the wait."),
    (Fault.STALL, "Stalled", "Done at once, answered two seconds late."),
    (Fault.ERROR, "Error", "An error, and nothing done."),
    (Fault.GARBAGE, "Garbage", "Done, and answered with a web page."),
    (Fault.DROP_BEFORE, "Dropped before", "The line is cut, nothing done."),
    (Fault.DROP_AFTER, "Dropped after", "Done, then the line is cut."),
    (Fault.PENDING_SETTLES, "Pending, then paid", "Debited; settles after ten seconds."),
    (Fault.PENDING_FAILS, "Pending, then failed", "Debited; given back after ten seconds."),
    (Fault.FAILED_AFTER_DEBIT, "Failed after the debit", "Paid, and told as failed."),
    (Fault.FAILURE, "Failed", "Nothing left the wallet, and it says so."),
    (Fault.REJECTED, "Rejected", "Refused with an error."),
    (Fault.ALREADY_PAID, "Already paid", "Nothing left; told as paid before."),
    (Fault.BUSY, "Busy key", "The key's lock is held by somebody else."),
    (Fault.REEXECUTE, "Keys forgotten", "The same key pays again."),
    (Fault.EXPIRED_TOKEN, "Expired tokens", "Every call ends its session."),
    (Fault.CODE_LIMIT, "Code limit", "Too many codes were asked for."),
    (Fault.PRICE_DOWN, "No prices", "The price feed is down."),
    (Fault.EMPTY_LIST, "Empty list", "No transactions are listed."),
    (Fault.NO_MEMOS, "No memos", "Transactions without memo and hash."),
)
SCOPED = frozenset({Fault.SLOW, Fault.STALL, Fault.ERROR, Fault.GARBAGE, Fault.DROP_BEFORE, Fault.DROP_AFTER})
"""Those for which one may choose the operations."""
TONES = 8
SECONDS = {Fault.PENDING_SETTLES: 10, Fault.PENDING_FAILS: 10}


class Page:
    def __init__(self) -> None:
        self._drawn = Environment(
            loader=FileSystemLoader(PAGE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._drawn.filters.update(
            money=money, name=name, initials=initials, clock=clock, tone=tone, short=short, price=price
        )
        self._drawn.globals.update(
            faults=FAULTS, of_payments=OF_PAYMENTS, scoped=SCOPED, seconds=SECONDS, scopes=SCOPES
        )

    def whole(self, state: State) -> str:
        return self._drawn.get_template("page.html").render(state=state, parts=self.parts(state))

    def parts(self, state: State) -> dict[str, str]:
        """HTML by the id of the element it belongs into."""
        return {part: self._drawn.get_template(f"{part}.html").render(state=state) for part in PARTS}


def money(amount: Decimal, currency: Currency) -> str:
    """As people write it, with the sign where it is negative."""
    sign, size = "−" if amount < 0 else "", abs(amount)
    if currency is Currency.BTC:
        return f"{sign}{size:,.0f} sats"
    places = 2 if size == size.to_integral_value() else 4
    return f"{sign}${size / 100:,.{places}f}"


def name(account: Account) -> str:
    """The one people would recognise."""
    if account.username:
        return f"@{account.username}"
    return account.phone or f"account {account.id[:8]}"


def initials(account: Account) -> str:
    return (account.username or (account.phone or "")[-2:] or account.id)[:2].upper()


def tone(account: Account) -> int:
    """Which of the style sheet's colours: the same for the same account."""
    return int(account.id[0], 16) % TONES


def clock(milliseconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(milliseconds / 1_000))


def short(text: str, most: int = 24) -> str:
    """The beginning and the end."""
    return text if len(text) <= most else f"{text[: most - 7]}…{text[-6:]}"


def price(record: Price) -> str:
    """Of a whole bitcoin."""
    whole = Decimal(record.sat_base).scaleb(8 - record.sat_offset - record.currency.fraction_digits)
    return f"{record.currency.symbol}{whole:,.0f}"
