"""What the transport needs of the process that holds the library; `bridge.Bridge` is the one that starts a real one."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

OnEvent = Callable[[str, bytes], Awaitable[None]]
"""Name of an event (`callbacks`) and the library's message, serialized. Called in the library's order, without waiting
for those before it; its return acknowledges the event, and the child bounds how many are under way (`window`). When it
raises `Overloaded` the event is offered again after `retry_after`, as often as it takes. Any other error is a mistake
of ours: the event is offered twice more and then given up, with an error in the log; while `stop` runs it is left to
the next run instead.

`qr` comes one code at a time, each as a message `QR` that takes the place of the one before (shown 60 s the first, 20 s
each further one). `pairing_ended` has a text: `success`, `timeout` (no code was scanned; `restart` gives new ones),
`err-client-outdated`, `err-unexpected-state`, …"""

Argument = bytes | str | int
"""Of a call: messages serialized, texts, numbers and truth values as the library's function takes them."""


class LinkState(enum.StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    """A process is there, the library is not yet connecting."""
    RUNNING = "running"
    """Calls are taken. Whether the library is connected is told by its events."""
    WAITING = "waiting"
    """The process has ended; there will be another one."""


class Reason(enum.StrEnum):
    """Why there is no process, or not the same one as before."""

    ASKED = "asked"
    """`stop` or `restart`."""
    UNREACHABLE = "unreachable"
    """The library could not connect when it started."""
    CRASHED = "crashed"
    SILENT = "silent"
    """It gave no sign of life and was killed."""
    MEMORY = "memory"
    """It held more than it may, and was restarted when it had nothing to do; at once where it held far too much."""
    IN_USE = "in_use"
    """Another process holds the session file."""
    SESSION = "session"
    """The session file cannot be used."""
    UNUSABLE = "unusable"
    """`LibraryUnusable` after the first start: there will be no other process."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    state: LinkState
    reason: Reason
    wait: float = 0.0
    """Seconds until the next process starts; only in `WAITING`."""


class BridgeDown(Exception):
    """No process took or answered the call. `left`: it was handed over, so that its outcome is unknown."""

    def __init__(self, *, left: bool) -> None:
        super().__init__("the library's process is not there")
        self.left = left


class BridgeTimeout(Exception):
    """Not answered in time. `left` as in `BridgeDown`; the library may still carry it out."""

    def __init__(self, *, left: bool) -> None:
        super().__init__("the library did not answer in time")
        self.left = left


class LibraryUnusable(Exception):
    """The library is missing or another one than was tested; the message says the way out. Starting again is no use."""


class Link(Protocol):
    """One account's library, in a process of its own that is started again when it ends."""

    @property
    def state(self) -> LinkState: ...

    @property
    def memory(self) -> int:
        """Bytes resident, as last reported; 0 while there is no process."""
        ...

    async def start(self, on_event: OnEvent, on_change: Callable[[LinkChange], None] = ...) -> None:
        """Returns when the first process is up or waits to be tried again. May be called again after `stop`.

        Raises:
            LibraryUnusable: nothing was started.
        """
        ...

    async def call(self, name: str, *arguments: Argument, timeout: float) -> bytes:  # noqa: ASYNC109 - in line, too
        """What the library's function of that name (`frames.FUNCTIONS`) gives back: its return message serialized, or
        its text (of most functions: what went wrong, empty when nothing did). `timeout` in seconds.

        Raises:
            BridgeDown, BridgeTimeout.
        """
        ...

    async def restart(self) -> None:
        """A fresh process now, whatever it was waiting for; the library connects again, or shows a new QR code."""
        ...

    async def stop(self, deadline: float) -> None:
        """Let the library disconnect and hand over what it has taken, at most `deadline` seconds; what is left then is
        put away, and it is killed."""
        ...
