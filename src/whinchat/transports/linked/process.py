"""A child process as its parent has it: frames to and from it, its death, its end."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from whinchat.transports.linked.frames import HEAD, FrameError, Kind, Value, head, pack, unpack
from whinchat.transports.linked.installed import VERSION, library_path

ROOT: Final = Path(__file__).parents[3]
"""The folder in which this package lies."""

COMMAND: Final = (
    "import sys; sys.path.append(sys.argv[1]); from whinchat.transports.linked.child import main;"
    " main(int(sys.argv[2]))"
)

PASSED: Final = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
"""What the child has of the parent's environment: no secrets of the service's."""

TUNED: Final = {
    "NEONIZE_BOT_TAG": "off",  # otherwise what is sent to a person is marked as a bot's
    "GOGC": "50",
    "GOMAXPROCS": "2",
    "MALLOC_ARENA_MAX": "2",
}

Frame = tuple[Kind, int, tuple[Value, ...]]


class Gone(Exception):
    """The process has ended, or does not speak our frames."""


@dataclass(frozen=True, slots=True)
class Setup:
    session: Path
    """The session's file, in a folder that only this user may enter."""
    key: bytes = field(repr=False)
    """32 bytes, the same after a restart: seals what is left when the parent dies (`parking`)."""
    proxy: str = field(default="", repr=False)
    """`http://`, `https://` or `socks5://`; it may have a password in it."""
    device: str = "Whinchat"
    """The name in the phone's list of linked devices."""
    prepare: tuple[str, ...] = ()
    """For tests: a Python file, and arguments for its `prepare`, called in the child before it connects."""


class Process(Protocol):
    async def receive(self) -> Frame:
        """Raises Gone."""
        ...

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        """Into the buffer; nothing happens when the process has gone. Raises FrameError: too long."""
        ...

    async def flush(self) -> None:
        """Until the buffer is small. Raises Gone."""
        ...

    async def end(self) -> None:
        """Kill it if it is still there; returns when it has gone."""
        ...


class ChildProcess:
    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @property
    def pid(self) -> int:
        return self._process.pid

    async def receive(self) -> Frame:
        try:
            length, kind, number = head(await self._reader.readexactly(HEAD.size))
            return kind, number, unpack(await self._reader.readexactly(length))
        except (EOFError, OSError, FrameError):
            raise Gone from None

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        pieces = pack(kind, number, *values)
        if not self._writer.is_closing():
            self._writer.writelines(pieces)

    async def flush(self) -> None:
        try:
            await self._writer.drain()
        except OSError:
            raise Gone from None

    async def end(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)  # `Process.kill` may take its exit from who waits for it
        await self._process.wait()
        self._writer.close()


async def launch(setup: Setup) -> Process:
    """A child that has been told its settings. Raises LibraryUnusable, OSError."""
    library = library_path()
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", COMMAND, str(ROOT), str(theirs.fileno())),
            pass_fds=(theirs.fileno(),),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,  # the library prints what it sends
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(os.environ),
        )
    reader, writer = await asyncio.open_connection(sock=ours)
    child = ChildProcess(process, reader, writer)
    child.send(
        Kind.START,
        0,
        *(str(setup.session), str(library), VERSION, setup.proxy, setup.device, packages(), setup.key),
        *setup.prepare,
    )
    return child


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    return {name: ours[name] for name in PASSED if name in ours} | TUNED


def packages() -> str:
    """The folder in which the packages are that a child may need (`parking`)."""
    spec = importlib.util.find_spec("cryptography")
    if spec is None or spec.origin is None:
        return ""
    return str(Path(spec.origin).parents[1])
