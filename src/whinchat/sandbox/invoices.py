"""Invoices of the bank's node and of the node outside, as they are kept."""

from __future__ import annotations

from whinchat.core.ports import Random
from whinchat.sandbox.ledger import Ledger, minor
from whinchat.sandbox.lightning import issue, new_key, public_key
from whinchat.sandbox.records import Invoice

SHOWN = 100
SELECT = (
    "SELECT hash, bolt11, preimage, secret, wallet, satoshis, credit, memo, created_at, expires_at, paid_at"
    " FROM invoice WHERE "
)


class Invoices:
    """The keys of both nodes are made with the file and kept in it."""

    def __init__(self, ledger: Ledger, random: Random) -> None:
        self._ledger = ledger
        self._random = random
        self._key = ledger.kept("node", new_key(random))
        self._outside = ledger.kept("outside", new_key(random))
        self.node = public_key(self._key)
        """Of the bank, hex: invoices that it has signed are paid inside."""

    def create(
        self,
        *,
        wallet: str | None,
        satoshis: int | None,
        credit: int | None,
        memo: str,
        now: int,
        seconds: int,
        description_hash: str | None = None,
    ) -> str:
        """Of the bank's node for a wallet, or without one of the node outside; its hash. BankError INVALID_INPUT."""
        issued = issue(
            self._random,
            self._outside if wallet is None else self._key,
            satoshis=satoshis,
            memo=memo,
            now=now,
            seconds=seconds,
            description_hash=description_hash,
        )
        self._ledger.run(
            "INSERT INTO invoice (hash, bolt11, preimage, secret, wallet, satoshis, credit, memo, created_at,"
            " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            issued.hash,
            issued.bolt11,
            issued.preimage,
            issued.secret,
            wallet,
            satoshis,
            credit,
            memo,
            now,
            now - now % 1_000 + seconds * 1_000,
        )
        return issued.hash

    def get(self, hash_: str) -> Invoice | None:
        return next(iter(self._find("hash = ?", hash_)), None)

    def known(self, hash_: str) -> Invoice:
        """One that is there."""
        return self._find("hash = ?", hash_)[0]

    def by_bolt11(self, bolt11: str) -> Invoice | None:
        return next(iter(self._find("bolt11 = ?", bolt11)), None)

    def newest(self) -> tuple[Invoice, ...]:
        return self._find("wallet IS NOT NULL ORDER BY created_at DESC, rowid DESC LIMIT ?", SHOWN)

    def mark_paid(self, hash_: str, now: int) -> None:
        self._ledger.run("UPDATE invoice SET paid_at = ? WHERE hash = ?", now, hash_)

    def _find(self, condition: str, value: str | int) -> tuple[Invoice, ...]:
        rows = self._ledger.rows(SELECT + condition, value)
        return tuple(
            Invoice(
                hash=hash_,
                bolt11=bolt11,
                preimage=preimage,
                secret=secret,
                wallet=wallet,
                satoshis=satoshis,
                cents=None if credit is None else minor(credit),
                memo=memo,
                created_at=created_at,
                expires_at=expires_at,
                paid_at=paid_at,
            )
            for (
                hash_,
                bolt11,
                preimage,
                secret,
                wallet,
                satoshis,
                credit,
                memo,
                created_at,
                expires_at,
                paid_at,
            ) in rows
        )
