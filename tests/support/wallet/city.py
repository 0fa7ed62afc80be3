"""Ana and Bob at one backend, which the sandbox plays, and its client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

from tests.support.wallet.galoy import Name, opened
from tests.support.wallet.peer import SandboxPeer
from tests.support.wallet.town import Town

from whinchat.apps.wallet.backend import PayeeWallet, Sent
from whinchat.apps.wallet.money import Currency, usd
from whinchat.core.secret import Secret
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import PROFILES
from whinchat.testing.http import Answer

HTML = Answer(b"<html><title>504</title></html>", headers={"Content-Type": "text/html"})
HUGE = Answer(b'{"data": {"me": "' + b"x" * 3_000_000 + b'"}}')


class City:
    """Ana and Bob at one backend, and its client."""

    def __init__(self, name: Name) -> None:
        self.town = Town(PROFILES[name])
        self.peer = SandboxPeer(self.town.bank, self.town.clock)
        self.ana = Secret(self.town.bank.token(self.town.ana))
        self.bob = Secret(self.town.bank.token(self.town.bob))
        service = Secret(self.town.bank.token(self.town.service))
        self.backend = opened(name, self.peer, clock=self.town.clock, service=service)
        self.wallet = PayeeWallet(self.town.usd(self.town.ana), Currency.USD)

    def fault(self, fault: Fault, operation: str | None = None, seconds: float = 0.0, count: int | None = None) -> None:
        self.town.bank.faults.set(Switch(fault=fault, operation=operation, seconds=seconds, count=count))

    async def pay(self, cents: int = 150, key: str = "key-1") -> Sent:
        target = self.town.usd(self.town.bob)
        return await self.backend.pay_wallet(self.ana, self.wallet, target, usd(cents), "lunch ref-1", key)

    async def waiting(self, work: Awaitable[Sent], seconds: float) -> Sent:
        """With the clock moved while it waits."""
        task = asyncio.ensure_future(work)
        await self.town.clock.advance(seconds)
        return await task

    @property
    def left(self) -> int | Decimal:
        """What Ana paid so far, in cents."""
        return 10_000 - self.town.dollars(self.town.ana)
