"""The wallet as an application: its grammar and tables; what it is made of is imported when it is on."""

from __future__ import annotations

from pathlib import Path

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.errors import SettingsError
from whinchat.core.ports import Peer, Statement

FOLDER = Path(__file__).parent


def build(given: AppContext, settings: WalletSettings) -> App:
    from whinchat.apps.wallet.assembly import Assembly  # noqa: PLC0415 - a service without a wallet needs none of it
    from whinchat.apps.wallet.galoy.client import open_backend  # noqa: PLC0415

    _check(settings)
    backend = open_backend(settings, _peer(given, settings), given.clock, given.random, given.metrics)
    return Assembly(given, settings, backend).app()


def _check(settings: WalletSettings) -> None:
    """Raises SettingsError."""
    if settings.escrow and settings.custody_token is None:
        raise SettingsError(
            "apps.wallet.escrow",
            "there is no account to hold the money in",
            hint="Set custody_token, or escrow to false.",
        )
    if settings.custody_token is not None and settings.custody_token == settings.service_token:
        raise SettingsError(
            "apps.wallet.custody_token",
            "it is the token that codes are asked for with",
            hint="Hold money in an account of its own, whose token is used for nothing else.",
        )


def after_restore() -> tuple[Statement, ...]:
    """What a restored database must be told (`restore`)."""
    from whinchat.apps.wallet.restore import AFTER_RESTORE  # noqa: PLC0415

    return AFTER_RESTORE


def _peer(given: AppContext, settings: WalletSettings) -> Peer:
    """Raises SettingsError: nothing may leave the machine, and the backend is elsewhere."""
    from whinchat.apps.wallet.galoy.capabilities import DIALECTS  # noqa: PLC0415

    url = settings.url or ("" if settings.backend is None else DIALECTS[settings.backend].url) or ""
    peer = given.peer(url)
    if peer is None:
        raise SettingsError(
            "apps.wallet.url",
            "the backend is not on this machine, and service.offline lets nothing leave it",
            hint="Set service.offline to false, or use the sandbox.",
        )
    return peer


APP = AppSpec(
    name="wallet",
    settings=WalletSettings,
    build=build,
    catalogues=FOLDER / "catalogues",
    migrations=MIGRATIONS,
    sealed=SEALED,
    after_restore=after_restore,
    commands=grammar.COMMANDS,
    enabled=lambda settings: settings.backend is not None,
    played=lambda settings: None if settings.backend is None else settings.backend == "sandbox",
    verbs={"wallet": "whinchat.apps.wallet.cli_wallet:wallet"},
)
