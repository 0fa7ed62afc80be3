"""What `pair` and `session` share: which linked account is meant, and connecting it without the rest of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.core.ports import Linkable

INSTALL = "pip install 'whinchat[linked]'"


def named(settings: Settings, account: str | None) -> str:
    """The linked account that is meant: without a name, the only one. Raises Refused."""
    transport = settings.transport
    accounts = transport.linked.accounts if transport.kind == "whatsapp" else ()
    if not accounts:
        raise Refused(
            "the settings name no linked account",
            hint='`whinchat setup` asks for what is needed; or set transport.kind to "whatsapp" and '
            'transport.linked.accounts to ["main"].',
        )
    if account is None and len(accounts) > 1:
        raise Refused("there are several linked accounts", hint=f"Say which: {', '.join(accounts)}.")
    if account is not None and account not in accounts:
        raise Refused(
            f"{account} is not in transport.linked.accounts",
            hint=f"Use one of those that are: {', '.join(accounts)}. Or add it there first.",
        )
    return account or accounts[0]


def require_library() -> None:
    """Raises Refused: the extra for linked devices is not installed, or not for this machine."""
    from whinchat.transports.linked.installed import library_path
    from whinchat.transports.linked.link import LibraryUnusable

    try:
        library_path()
    except LibraryUnusable as error:
        raise Refused("linked devices cannot be used here", hint=str(error)) from None


@asynccontextmanager
async def connected(settings: Settings, account: str) -> AsyncIterator[Linkable]:
    """The account alone, as long as the service does not run. What arrives is kept for the service.

    Raises Refused; StorageError with code `in_use` when the service runs.
    """
    from whinchat.bootstrap import build
    from whinchat.core.ports import Linkable

    service = await build(settings)
    async with service.alone(account) as transport:
        if not isinstance(transport, Linkable):
            raise TypeError(f"{account} is no linked account")
        yield transport
