"""Whom somebody has paid before, and where the money went then. Digests alone: nobody can read the names from them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.wallet.payee import FrozenPayee
from whinchat.core.ports import Database, Sealer, Statement


@dataclass(frozen=True, slots=True)
class Standing:
    """`known`: this receiver was paid before, under whatever name. `moved`: under this name, another one was."""

    known: bool
    moved: bool


class KnownPayees:
    """A row for each name that was paid by (`FrozenPayee.named`), and one for each receiver (`key`)."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def standing(self, user_id: str, payee: FrozenPayee) -> Standing:
        if not payee.named:
            return Standing(known=False, moved=False)
        named, receiver = self._digest(user_id, payee.named), self._digest(user_id, payee.key)
        rows = await self._database.fetch(
            "SELECT payee, wallet FROM wallet_payees WHERE user_id = :user AND payee IN (:named, :receiver)",
            {"user": user_id, "named": named, "receiver": receiver},
        )
        paid = dict(msgspec.convert(rows, list[tuple[bytes, bytes]]))
        return Standing(receiver in paid, paid.get(named, receiver) != receiver)

    def paid(self, user_id: str, payee: FrozenPayee, now: int) -> tuple[Statement, ...]:
        """To be committed with the payment's end. Not of an invoice: its node has many customers."""
        if not payee.named:
            return ()
        receiver = self._digest(user_id, payee.key)
        return tuple(
            Statement(
                """INSERT INTO wallet_payees (user_id, payee, wallet, at) VALUES (:user, :payee, :wallet, :now)
                   ON CONFLICT (user_id, payee) DO UPDATE SET wallet = excluded.wallet, at = excluded.at""",
                {"user": user_id, "payee": each, "wallet": receiver, "now": now},
            )
            for each in dict.fromkeys((self._digest(user_id, payee.named), receiver))
        )

    def _digest(self, user_id: str, text: str) -> bytes:
        return self._sealer.digest("wallet-payee", user_id, text)
