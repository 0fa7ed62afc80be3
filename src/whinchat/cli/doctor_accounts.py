"""What `whinchat doctor` looks at for the accounts: the library of linked devices, their sessions, and Meta's side."""

from __future__ import annotations

import asyncio
import http.client
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whinchat.core.app import Finding
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.transports.linked.sessions import Sessions

UNUSED = Finding(ok=True, detail="not used")
LOADING = 20.0  # seconds
ANSWER = 3.0  # seconds that a running service has to answer
VERSION = (
    "import ctypes, sys; library = ctypes.CDLL(sys.argv[1]); library.GetVersion.restype = ctypes.c_char_p; "
    "print(library.GetVersion().decode())"
)
"""In a process of its own: a library that cannot be used here must not end the doctor."""


def linked_devices(settings: Settings) -> Finding:
    """The optional library is there, loads, and is the version that was tested."""
    if not _linked(settings):
        return UNUSED
    from whinchat.transports.linked import installed
    from whinchat.transports.linked.link import LibraryUnusable

    try:
        path = installed.library_path()
    except LibraryUnusable as error:
        return Finding(ok=False, detail="the library cannot be used", hint=str(error), critical=True)
    version = _loaded_version(path)
    if version != installed.VERSION:
        hint = str(installed.unusable("library_version" if version else "library"))
        detail = f"{path.name} is version {version}" if version else f"{path.name} cannot be loaded"
        return Finding(ok=False, detail=detail, hint=hint, critical=True)
    return Finding(ok=True, detail=f"the library is installed, version {version}")


def sessions(settings: Settings) -> Finding:
    """Which accounts are linked, and that nobody else can open their sessions."""
    if not _linked(settings):
        return UNUSED
    from whinchat.transports.linked.sessions import Sessions

    folder = settings.storage.sessions
    for path in (folder, *sorted(folder.glob("*"))):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            most = "700" if path.is_dir() else "600"
            return Finding(ok=False, detail=f"{path} is open to others", hint=f"chmod {most} {path}", critical=True)
    kept = Sessions(folder)
    states = {name: session_state(kept, name) for name in settings.transport.linked.accounts}
    detail = ", ".join(f"{name} is {state}" for name, state in states.items())
    missing = [name for name, state in states.items() if state == "not linked"]
    if missing:
        return Finding(ok=False, detail=detail, hint=f"Link it with a phone: whinchat pair {missing[0]}")
    return Finding(ok=True, detail=detail)


def session_state(kept: Sessions, account: str) -> str:
    """`linked`, `not linked`, or `in use`: then the service knows more."""
    if account not in kept.accounts():
        return "not linked"
    try:
        with kept.held(account):
            return "linked" if kept.linked(account) else "not linked"
    except Refused as error:
        return "in use" if error.code == "in_use" else str(error)


def public_port(settings: Settings) -> Finding:
    """Free, or the service's own webhook answers there."""
    host, port = settings.public.host, settings.public.port
    if not port:
        return UNUSED
    where = f"{host}:{port}"
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return Finding(ok=True, detail=f"{where} is free")
    except OSError:
        status = _webhook_status(host, port)
    numbers = settings.transport.cloud.numbers if settings.transport.kind == "whatsapp" else ()
    # The service refuses who does not know the verify token; without numbers there is no such address.
    if status == (403 if numbers else 404):
        return Finding(ok=True, detail=f"the service answers on {where}")
    hint = "Stop the other program, or set public.host to an address of this machine and public.port to a free one."
    return Finding(ok=False, detail=f"{where} cannot be used, or is another program's", hint=hint, critical=True)


def cloud(settings: Settings) -> dict[str, Finding]:
    """Both sides of each number compared; this asks Meta."""
    if settings.transport.kind != "whatsapp" or not settings.transport.cloud.numbers:
        return {}
    return asyncio.run(_compared(settings))


async def _compared(settings: Settings) -> dict[str, Finding]:
    from whinchat.bootstrap import web_client
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.metrics import PrometheusMetrics
    from whinchat.transports.cloud.check import check

    client = web_client()
    try:
        return await check(settings.transport.cloud, client, SystemClock(), PrometheusMetrics())
    finally:
        await client.close()


def _linked(settings: Settings) -> bool:
    return settings.transport.kind == "whatsapp" and bool(settings.transport.linked.accounts)


def _loaded_version(library: Path) -> str:
    """Empty when it cannot be loaded."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-I", "-c", VERSION, str(library)],
            capture_output=True,
            timeout=LOADING,
            check=True,
            text=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _webhook_status(host: str, port: int) -> int | None:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER)
    try:
        connection.request("GET", "/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=doctor")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
