"""Settings that the wallet does not begin with."""

from __future__ import annotations

import pytest
from tests.support.wallet.peer import SandboxPeer
from tests.support.wallet.whole import ADDRESS

from whinchat.apps.wallet.app import APP
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.errors import SettingsError
from whinchat.core.secret import Secret
from whinchat.sandbox.bank import Bank
from whinchat.testing.clock import FakeClock
from whinchat.testing.harness import running

CODES, HELD = Secret("codes"), Secret("held")


async def refused(settings: WalletSettings) -> str:
    """The setting that is wrong; empty when it begins."""
    clock = FakeClock()
    peer = SandboxPeer(Bank(clock=clock, seed=1), clock)
    try:
        async with running(APP, options={"wallet": settings}, peer=peer, clock=clock):
            return ""
    except SettingsError as error:
        return error.key


@pytest.mark.parametrize(
    ("custody", "escrow", "wrong"),
    [
        (HELD, True, ""),
        (None, False, ""),
        (None, True, "apps.wallet.escrow"),
        (Secret("codes"), False, "apps.wallet.custody_token"),
    ],
)
async def test_held_money_has_an_account_of_its_own(custody: Secret | None, escrow: bool, wrong: str) -> None:
    settings = WalletSettings(backend="sandbox", url=ADDRESS, service_token=CODES, custody_token=custody, escrow=escrow)
    assert await refused(settings) == wrong
