"""What verbs share that serve something on this machine: a port, a token, the signals that end them."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from aiohttp import web

STOPPING = 1.0  # seconds for open requests to end


def stopped_by_signal() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def listen(runner: web.AppRunner, port: int) -> str:
    """The address. Raises Refused: the port is taken."""
    from aiohttp import web

    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        await site.start()
    except OSError as error:
        raise Refused(f"port {port} cannot be used: {error.strerror}", hint="choose another --port, or 0") from None
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


def token_from(path: Path) -> str:
    """The file is made, with a new token, if it is not there. Raises Refused."""
    try:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refused(f"the token file cannot be used: {error.strerror}", hint="choose another --token-file") from None
    if not token:
        raise Refused("the token file is empty", hint="delete it, and a new one is made")
    return token
