"""The whole wallet, as it ships, over a sandbox without sockets: real handlers, real GraphQL, a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from unittest.mock import patch

from msgspec.structs import replace
from tests.support.wallet.peer import SandboxPeer

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.wallet.app import APP as WALLET
from whinchat.apps.wallet.galoy.capabilities import DIALECTS, Dialect
from whinchat.apps.wallet.galoy.capabilities import SANDBOX as SANDBOX_DIALECT
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.secret import Secret
from whinchat.sandbox.bank import Bank
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile
from whinchat.testing.clock import FakeClock
from whinchat.testing.harness import BotHarness, running

ANA, BOB, EVE = "+15550000001", "+15550000002", "+15550000003"
ADDRESS = "http://127.0.0.1:1/graphql"


class Whole:
    """Ana and Bob have accounts with 100 dollars and 100,000 satoshis; Eve has a phone and no account."""

    def __init__(self, bot: BotHarness, bank: Bank, peer: SandboxPeer, custody: str) -> None:
        """`custody`: the account that holds money for others."""
        self.bot = bot
        self.bank = bank
        self.peer = peer
        self.custody = custody

    async def say(self, name: str, text: str) -> list[str]:
        """What is answered to anybody, edits included; a second passes first, as people do not type faster."""
        self.bot.clock.move(1)
        before = len(self.bot.sent())
        await self.bot.say(name, self.bot.direct(name), text)
        return self.told(before)

    def told(self, since: int = 0) -> list[str]:
        return [getattr(each.action, "text", "") for each in self.bot.sent()[since:]]

    async def link(self, name: str) -> None:
        await self.say(name, "link")
        phone = self.bot.phones[name]
        await self.say(name, next(each.code for each in self.bank.messages() if each.phone == phone))

    async def later(self, seconds: float) -> list[str]:
        """What is said meanwhile."""
        before = len(self.bot.sent())
        self.bot.clock.move(seconds)
        await self.bot.settle()
        return self.told(before)


@asynccontextmanager
async def whole(*linked: str, profile: Profile = SANDBOX, seed: int = 1) -> AsyncIterator[Whole]:
    """A running bot; the people of these names are linked."""
    clock = FakeClock()
    bank = Bank(clock=clock, profile=profile, seed=seed)
    peer = SandboxPeer(bank, clock)
    for phone, name in ((ANA, "ana"), (BOB, "bob")):
        bank.open_account(phone=phone, username=name, usd=100_00, btc=100_000)
    service, custody = bank.open_account(), bank.open_account()
    settings = WalletSettings(
        backend="flash" if profile is FLASH else "blink" if profile is BLINK else "sandbox",
        url=ADDRESS,
        service_token=Secret(bank.token(service.id)),
        custody_token=Secret(bank.token(custody.id)),
        escrow=True,
    )
    settling = asyncio.create_task(peer.settle())
    running_bot = running(BASICS, WALLET, options={"wallet": settings}, peer=peer, clock=clock)
    try:
        with patch.dict(DIALECTS, {profile.name: _on_the_test_network(DIALECTS[profile.name])}):
            async with running_bot as bot:
                bot.phones.update(ana=ANA, bob=BOB, eve=EVE)
                it = Whole(bot, bank, peer, custody.id)
                for name in linked:
                    await it.link(name)
                yield it
    finally:
        settling.cancel()
        with suppress(asyncio.CancelledError):
            await settling
        await peer.close()
        bank.close()


def _on_the_test_network(dialect: Dialect) -> Dialect:
    """The sandbox's node writes its invoices for it, whichever backend it plays."""
    return replace(dialect, capabilities=replace(dialect.capabilities, network=SANDBOX_DIALECT.capabilities.network))
