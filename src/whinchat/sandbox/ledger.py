"""The books: double entry, in SQLite. Amounts are whole micro-units, a millionth of a cent or of a satoshi.

Entries are written once. A wallet's balance is the sum of its entries, kept by a trigger in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import apsw

from whinchat.sandbox.records import BankError, Currency

Value = int | str | bytes | None

MICRO = 1_000_000
LARGEST = 10**17
"""Micro-units in one amount: a thousand million dollars; nothing that adds up here leaves 64 bits."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    phone TEXT UNIQUE,
    username TEXT,
    username_key TEXT UNIQUE,       -- however it is written
    language TEXT NOT NULL,
    display_currency TEXT NOT NULL,
    default_wallet TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE wallet (
    id TEXT PRIMARY KEY,
    account TEXT REFERENCES account DEFERRABLE INITIALLY DEFERRED,  -- NULL: the bank's own, and the world outside
    currency TEXT NOT NULL,
    balance INTEGER NOT NULL DEFAULT 0,
    CHECK (account IS NULL OR balance >= 0)
) STRICT;
CREATE INDEX wallet_account ON wallet (account);

CREATE TABLE journal (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    journal INTEGER NOT NULL REFERENCES journal,
    wallet TEXT NOT NULL REFERENCES wallet,
    amount INTEGER NOT NULL CHECK (amount <> 0)
) STRICT;
CREATE INDEX entry_journal ON entry (journal);
CREATE INDEX entry_wallet ON entry (wallet);
CREATE TRIGGER entry_counts AFTER INSERT ON entry BEGIN
    UPDATE wallet SET balance = balance + NEW.amount WHERE id = NEW.wallet;
END;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE (ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry BEGIN SELECT RAISE (ABORT, 'entries are never deleted'); END;

CREATE TABLE invoice (
    hash TEXT PRIMARY KEY,
    bolt11 TEXT NOT NULL UNIQUE,
    preimage TEXT NOT NULL,
    secret TEXT NOT NULL,
    wallet TEXT REFERENCES wallet,  -- NULL: of the node outside
    satoshis INTEGER,
    credit INTEGER,                 -- micro-cents, fixed when the invoice was made
    memo TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    paid_at INTEGER
) STRICT;
CREATE INDEX invoice_created ON invoice (created_at);

CREATE TABLE payment (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES wallet,
    target TEXT NOT NULL REFERENCES wallet,
    hash TEXT,
    bolt11 TEXT,
    invoiced INTEGER NOT NULL,      -- 1: an invoice was paid; 0: a wallet
    memo TEXT,
    debit INTEGER NOT NULL,         -- without the fee
    fee INTEGER NOT NULL,
    credit INTEGER NOT NULL,        -- in the target's currency
    status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'failed')),
    transaction_id TEXT NOT NULL,
    due_at INTEGER,
    becomes TEXT CHECK (becomes IN ('paid', 'failed'))
) STRICT;
CREATE UNIQUE INDEX payment_hash ON payment (hash) WHERE status <> 'failed';
CREATE INDEX payment_due ON payment (due_at) WHERE status = 'pending';

CREATE TABLE payment_key (
    wallet TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    payment INTEGER NOT NULL REFERENCES payment,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (wallet, key)
) STRICT;

CREATE TABLE movement (             -- one side of a payment, as the wallet's owner sees it
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    wallet TEXT NOT NULL REFERENCES wallet,
    direction TEXT NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,        -- with its sign and the fee
    fee INTEGER NOT NULL,
    memo TEXT,
    hash TEXT,
    preimage TEXT,
    bolt11 TEXT,
    initiation TEXT NOT NULL,
    settlement TEXT NOT NULL,
    counterparty_wallet TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX movement_wallet ON movement (wallet, number);

CREATE TABLE session (token_hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account) STRICT;
CREATE INDEX session_account ON session (account);
CREATE TABLE code (
    id INTEGER PRIMARY KEY,
    phone TEXT NOT NULL,
    code TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX code_phone ON code (phone);
CREATE TABLE attempt (key TEXT PRIMARY KEY, points INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
"""

WORLD = "world"
"""Where money comes from and goes to: what is not in the bank."""
FEES = "fees"
DEALER = "dealer"
"""Exchanges dollars for bitcoin."""
TRANSIT = "transit"
"""Holds what has left a wallet and has not arrived."""


def own(name: str, currency: Currency) -> str:
    """The id of one of the bank's own wallets."""
    return f"{name}:{currency}"


def micro(amount: Decimal | int, *, step: Decimal = Decimal(1)) -> int:
    """BankError INVALID_INPUT: not positive, too large, or finer than `step`."""
    exact = Decimal(amount)
    if not exact.is_finite() or exact <= 0 or exact * MICRO > LARGEST or exact % step:
        raise BankError("INVALID_INPUT", "A valid amount is required")
    return int(exact * MICRO)


def minor(amount: int) -> Decimal:
    """Cents or satoshis; without a fraction where there is none."""
    whole, rest = divmod(amount, MICRO)
    return Decimal(whole) if rest == 0 else (Decimal(amount) / MICRO).normalize()


def up(amount: Decimal, step: Decimal) -> int:
    """In micro-units, rounded up to whole steps."""
    return int((amount / step).to_integral_value(ROUND_CEILING) * step * MICRO)


def down(amount: Decimal, step: Decimal) -> int:
    return int((amount / step).to_integral_value(ROUND_FLOOR) * step * MICRO)


class Ledger:
    """One connection; everything the bank keeps is in its file, and all of a method's changes in one transaction."""

    def __init__(self, path: Path | str) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(5_000)
        self._connection.pragma("journal_mode", "WAL")
        self._connection.pragma("synchronous", "FULL")
        self._connection.pragma("foreign_keys", True)
        with self._connection:
            if not self._connection.table_exists("main", "meta"):
                self._connection.execute(SCHEMA)
                rows = [
                    (own(name, currency), currency) for name in (WORLD, FEES, DEALER, TRANSIT) for currency in Currency
                ]
                self._connection.executemany("INSERT INTO wallet (id, currency) VALUES (?, ?)", rows)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes at once, so that what is read in it stays true until it commits."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def post(self, kind: str, now: int, entries: Mapping[str, int]) -> None:
        """One journal: micro-units by wallet, zero in sum for each currency. BankError INSUFFICIENT_BALANCE."""
        moved = {wallet: amount for wallet, amount in entries.items() if amount}
        self._require_balanced(moved)
        journal = self.run("INSERT INTO journal (kind, created_at) VALUES (?, ?)", kind, now)
        try:
            self._connection.executemany(
                "INSERT INTO entry (journal, wallet, amount) VALUES (?, ?, ?)",
                [(journal, wallet, amount) for wallet, amount in moved.items()],
            )
        except apsw.ConstraintError as error:
            raise BankError("INSUFFICIENT_BALANCE", "Payment amount exceeds the balance") from error

    def _require_balanced(self, entries: Mapping[str, int]) -> None:
        sums: dict[str, int] = {}
        for wallet, amount in entries.items():
            currency = self.currency(wallet)
            sums[currency] = sums.get(currency, 0) + amount
        if any(sums.values()):
            raise AssertionError("a journal does not sum to zero")

    def currency(self, wallet: str) -> Currency:
        """BankError NOT_FOUND."""
        found = self.value("SELECT currency FROM wallet WHERE id = ?", wallet)
        if found is None:
            raise BankError("NOT_FOUND", "The wallet does not exist")
        return Currency(found)

    def rows(self, sql: str, *args: Value) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, args).fetchall()

    def value(self, sql: str, *args: Value) -> Any:
        """The first column of the first row; None without one."""
        return self._connection.execute(sql, args).get

    def run(self, sql: str, *args: Value) -> int:
        """A change; the number of the row that it inserted. apsw.ConstraintError: it is not allowed."""
        self._connection.execute(sql, args)
        return self._connection.last_insert_rowid()

    def meta(self, key: str) -> str | None:
        kept: str | None = self.value("SELECT value FROM meta WHERE key = ?", key)
        return kept

    def opened(self) -> int:
        """How often the file was opened, this time included; to be asked once."""
        times = int(self.meta("opened") or 0) + 1
        self.set_meta("opened", str(times))
        return times

    def kept(self, key: str, value: str) -> str:
        """What was kept when the file was made; `value` if that is now."""
        if (before := self.meta(key)) is not None:
            return before
        self.set_meta(key, value)
        return value

    def set_meta(self, key: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def check(self) -> None:
        """Raises AssertionError with the first thing that does not add up."""
        for finding, query in CHECKS.items():
            if rows := self.rows(query):
                raise AssertionError(f"{finding}: {rows[:3]}")


CHECKS = {
    "the balances of a currency do not sum to zero": """
        SELECT currency, sum(balance) FROM wallet GROUP BY currency HAVING sum(balance) <> 0""",
    "a balance is not the sum of its entries": """
        SELECT id FROM wallet
        WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.wallet = wallet.id)""",
    "a journal does not sum to zero": """
        SELECT journal, currency FROM entry JOIN wallet ON wallet.id = entry.wallet
        GROUP BY journal, currency HAVING sum(amount) <> 0""",
    "a wallet is negative": """
        SELECT id FROM wallet WHERE account IS NOT NULL AND balance < 0""",
    "what is in transit is not what is pending": """
        SELECT currency, balance FROM wallet AS transit
        WHERE id LIKE 'transit:%' AND balance <>
            (SELECT coalesce(sum(debit + fee), 0) FROM payment JOIN wallet AS source ON source.id = payment.source
             WHERE status = 'pending' AND source.currency = transit.currency)""",
    "what a person's list tells is not the balance": """
        SELECT id FROM wallet WHERE account IS NOT NULL AND balance <>
            (SELECT coalesce(sum(amount), 0) FROM movement
             WHERE movement.wallet = wallet.id AND status <> 'FAILURE')""",
    "an invoice was paid twice": """
        SELECT hash FROM movement WHERE direction = 'RECEIVE' AND hash IS NOT NULL GROUP BY hash HAVING count(*) > 1""",
    "payments that arrived and their receivers' sides are not as many": """
        SELECT target, count(*) FROM payment JOIN wallet ON wallet.id = target
        WHERE status = 'paid' AND account IS NOT NULL GROUP BY target HAVING count(*) <>
            (SELECT count(*) FROM movement WHERE movement.wallet = target AND counterparty_wallet IS NOT NULL
             AND direction = 'RECEIVE')""",
}
"""What must find nothing, by what it means if it does."""
