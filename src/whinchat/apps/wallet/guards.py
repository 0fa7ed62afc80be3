"""What guards an account at the backend, whoever it is linked to and when: the limits its person chose, and the PIN."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from whinchat.apps.wallet.migrations import guard_row
from whinchat.core.ports import Database, Sealer, Statement

DELAY = 24 * 3600 * 1000  # milliseconds until a higher limit counts


class Chosen(msgspec.Struct, frozen=True):
    """A limit as a person chose it, US cents; None: the operator's. `raised`, if any, counts from `raised_at` on."""

    cents: int | None = None
    raised: int | None = None
    raised_at: int | None = None

    def at(self, now: int, most: int) -> int:
        """What counts; never more than the operator's `most`."""
        cents = self.cents
        if self.raised_at is not None and self.raised_at <= now:
            cents = self.raised
        return most if cents is None else min(cents, most)

    def to(self, cents: int, now: int, most: int) -> Chosen:
        """Lower at once, and what was to be raised is not; higher after a day."""
        current = self.at(now, most)
        return Chosen(cents) if cents <= current else Chosen(current, cents, now + DELAY)

    def coming(self, now: int) -> tuple[int, int] | None:
        """What it will be, and when, milliseconds UTC."""
        if self.raised is None or self.raised_at is None or self.raised_at <= now:
            return None
        return self.raised, self.raised_at


class Guard(msgspec.Struct, frozen=True):
    payment: Chosen = Chosen()
    day: Chosen = Chosen()
    pin: str | None = None
    """Its hash."""
    pin_failures: int = 0
    pin_free_at: int = 0
    """After too many failures no PIN is looked at before then, milliseconds UTC."""
    version: int = 0


_OPEN = Guard()


class _Row(NamedTuple):
    payment: int | None
    payment_raised: int | None
    payment_at: int | None
    day: int | None
    day_raised: int | None
    day_at: int | None
    pin: bytes | None
    failures: int
    free_at: int
    version: int


class Guards:
    """The table `wallet_guards`, of one backend."""

    def __init__(self, database: Database, sealer: Sealer, backend: str) -> None:
        self._database = database
        self._sealer = sealer
        self._backend = backend

    async def of(self, account: bytes) -> Guard:
        row = await self._database.fetch_one(
            """SELECT payment_limit, payment_raised, payment_raised_at, day_limit, day_raised, day_raised_at, pin,
                      pin_failures, pin_free_at, version
                 FROM wallet_guards WHERE backend = :backend AND account = :account""",
            {"backend": self._backend, "account": account},
        )
        if row is None:
            return _OPEN
        found = msgspec.convert(row, _Row)
        return Guard(
            Chosen(found.payment, found.payment_raised, found.payment_at),
            Chosen(found.day, found.day_raised, found.day_at),
            None if found.pin is None else self._opened(account, found.pin),
            found.failures,
            found.free_at,
            found.version,
        )

    def _opened(self, account: bytes, pin: bytes) -> str:
        return self._sealer.open("wallet_guards", guard_row((self._backend, account)), pin).decode()

    def keep(self, account: bytes, guard: Guard) -> Statement:
        """`guard`, made from what was read; it fails when that was changed meanwhile."""
        row = guard_row((self._backend, account))
        return Statement(
            _KEEP,
            {
                "backend": self._backend,
                "account": account,
                "payment": guard.payment.cents,
                "payment_raised": guard.payment.raised,
                "payment_at": guard.payment.raised_at,
                "day": guard.day.cents,
                "day_raised": guard.day.raised,
                "day_at": guard.day.raised_at,
                "pin": None if guard.pin is None else self._sealer.seal("wallet_guards", row, guard.pin.encode()),
                "failures": guard.pin_failures,
                "free_at": guard.pin_free_at,
                "version": guard.version,
            },
            rows=1,
        )

    def right(self, account: bytes) -> Statement:
        """The PIN was given: wrong ones before it do not count any more."""
        return Statement(
            """UPDATE wallet_guards SET pin_failures = 0, version = version + 1
                WHERE backend = :backend AND account = :account AND pin_failures > 0""",
            {"backend": self._backend, "account": account},
        )


_KEEP = """
    INSERT INTO wallet_guards (backend, account, payment_limit, payment_raised, payment_raised_at, day_limit,
                               day_raised, day_raised_at, pin, pin_failures, pin_free_at, version)
         VALUES (:backend, :account, :payment, :payment_raised, :payment_at, :day, :day_raised, :day_at, :pin,
                 :failures, :free_at, :version + 1)
    ON CONFLICT (backend, account) DO UPDATE
            SET payment_limit = excluded.payment_limit, payment_raised = excluded.payment_raised,
                payment_raised_at = excluded.payment_raised_at, day_limit = excluded.day_limit,
                day_raised = excluded.day_raised, day_raised_at = excluded.day_raised_at, pin = excluded.pin,
                pin_failures = excluded.pin_failures, pin_free_at = excluded.pin_free_at, version = excluded.version
          WHERE wallet_guards.version = :version"""
