"""What a backend in memory is told: payments by the wallet, their ends by a test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from whinchat.apps.wallet.backend import PayeeWallet, Sent, Status
from whinchat.apps.wallet.money import Money


@dataclass(frozen=True)
class Payment:
    """One call of `pay_wallet` or `pay_invoice`; `target`: a wallet id or an invoice."""

    source: str
    target: str
    amount: Money | None
    memo: str
    key: str


@dataclass(frozen=True)
class Script:
    answer: Sent
    debits: bool
    status: Status
    raises: BaseException | None
    until: asyncio.Event | None


@dataclass(frozen=True)
class Foreign:
    """An invoice that can be paid; `owner`: the person who gets the money, None for somebody elsewhere."""

    hash: str
    amount: Money | None
    owner: PayeeWallet | None
