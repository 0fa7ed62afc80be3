from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from whinchat.apps.wallet.settings import WalletSettings
from whinchat.cli.demo import _settings
from whinchat.config import Settings
from whinchat.core.secret import Secret

BANK = {
    "graphql": "http://127.0.0.1:4000/graphql",
    "page": "http://127.0.0.1:4000/?token=t",
    "service_token": "service",
    "custody_token": "custody",
}


def settings(**wallet: Any) -> Settings:
    return replace(Settings(), apps={"wallet": WalletSettings(**wallet)})


def test_the_demo_asks_nobody_outside() -> None:
    assert not Settings().service.offline
    assert _settings(settings(), None, None).service.offline


def test_the_demos_money_is_the_sandboxs_whatever_the_operator_uses() -> None:
    own = settings(backend="blink", service_token=Secret("real"), custody_token=Secret("real"), day_limit=500)
    wallet = _settings(own, None, BANK).apps["wallet"]
    assert wallet == WalletSettings(
        backend="sandbox",
        url=BANK["graphql"],
        service_token=Secret("service"),
        custody_token=Secret("custody"),
        escrow=True,
        day_limit=500,
    )
    assert _settings(own, None, None).apps["wallet"] == replace(own.apps["wallet"], backend=None)
