"""What the end of a connection means: the account's state, what its operator can do, and when it is tried again.

Nothing that WhatsApp ends for a reason is tried again at once: two clients of one session would push each other out for
ever, and knocking at a closed door makes a short ban a long one. Source: whatsmeow `connectionevents.go` (which of them
the library itself answers by connecting again: 500, 503 and the 515 after pairing) and `types/events/events.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whinchat.core.ports import Random
from whinchat.core.types import ConnectionState
from whinchat.transports.linked.items import Lifecycle, LifecycleKind
from whinchat.transports.linked.link import Reason

LONGEST_PAUSE = 300.0  # seconds between two tries to connect
OUTDATED_REST = 15 * 60.0  # seconds, at least, until an outdated client is tried again
AFTER_BAN = 600.0  # seconds after its end, at most, until the account comes back

SHUT_OUT = frozenset({"402", "406"})
"""Reasons of a log-out that are bans; the others (401, 403) are a device taken off, or a phone that is gone."""

NO_NETWORK = "It is tried again and again. If it does not come back, look at this machine's way to the Internet."
PAIR = "Link it: `whinchat pair`, or the page Accounts."
PAIRING_OVER = "No code was scanned or typed in time. Ask for a new one: `whinchat pair`, or the page Accounts."
SILENT = "WhatsApp does not answer. It is connected anew if that lasts."
PAIR_AGAIN = "The link was ended on the phone, or the phone was moved. Look at WhatsApp there, then link it anew."
REPLACED = (
    "Something else uses the same session: another service, or a copy of its files. Stop that one, then connect again."
)
BANNED = "WhatsApp has shut the account out. Open WhatsApp on the phone: it says why, and how to ask for a review."
BANNED_UNTIL = f"{BANNED} It comes back by itself when the ban ends; write less, and only to who writes first."
OUTDATED = "WhatsApp no longer takes this version of the client. Update: `pip install --upgrade 'whinchat[linked]'`."
REFUSED = "WhatsApp refuses the connection. It is tried again later; if that lasts, update the client."
DAMAGED = (
    "The session cannot be read. Import a copy of it (`whinchat session import --force`), or remove it "
    "(`whinchat session logout --local`) and link the account anew."
)
UNUSABLE = "The library for linked devices cannot be used: `whinchat doctor` says why."
IN_USE = "Another process holds the session. Stop it, then connect again."


@dataclass(frozen=True, slots=True)
class End:
    """The library's process is stopped."""

    state: ConnectionState
    hint: str = ""
    rest: float | None = 0.0
    """Seconds until it is started again; None: when a person asks for it."""
    leave: float = 10.0
    """Seconds for the library to finish what is under way."""


class Backoff:
    """Pauses that grow from 1 to 300 seconds, with full jitter: a random part of each is waited."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def pause(self) -> float:
        self._failures += 1
        return self._random.random() * min(LONGEST_PAUSE, 2.0 ** min(self._failures - 1, 16))

    def reset(self) -> None:
        self._failures = 0


def end(told: Lifecycle, backoff: Backoff, random: Random) -> End | None:
    """None: it goes on, and the library connects again by itself where that is needed."""
    found: End | None = None
    match told:
        case Lifecycle(kind=LifecycleKind.LOGGED_OUT, code=code) if code in SHUT_OUT:
            found = End(ConnectionState.BANNED, BANNED, None)
        case Lifecycle(kind=LifecycleKind.LOGGED_OUT):
            found = End(ConnectionState.LOGGED_OUT, PAIR_AGAIN, None)
        case Lifecycle(kind=LifecycleKind.REPLACED):
            found = End(ConnectionState.REPLACED, REPLACED, None)
        case Lifecycle(kind=LifecycleKind.BANNED, seconds=int(seconds)):
            found = banned(seconds, random)
        case Lifecycle(kind=LifecycleKind.BANNED):
            found = End(ConnectionState.BANNED, BANNED, None)
        case Lifecycle(kind=LifecycleKind.OUTDATED):
            found = End(ConnectionState.OUTDATED, OUTDATED, OUTDATED_REST * (1 + random.random()))
        case Lifecycle(kind=LifecycleKind.CONNECT_FAILED):
            found = End(ConnectionState.CONNECTING, REFUSED, backoff.pause())
    return found


def banned(seconds: float, random: Random) -> End:
    """For a time that is known. Everybody who was shut out comes back at the end: not in the same second."""
    return End(ConnectionState.BANNED, BANNED_UNTIL, seconds + AFTER_BAN * random.random())


def stopped(reason: Reason, backoff: Backoff) -> End | None:
    """The library's process says why it is not there. None: it comes back by itself."""
    match reason:
        case Reason.UNREACHABLE:
            return End(ConnectionState.CONNECTING, NO_NETWORK, backoff.pause())
        case Reason.IN_USE:
            return End(ConnectionState.REPLACED, IN_USE, None)
        case Reason.SESSION:
            return End(ConnectionState.LOGGED_OUT, DAMAGED, None)
        case Reason.UNUSABLE:
            return End(ConnectionState.STOPPED, UNUSABLE, None)
        case _:
            return None


def unpaired(end: End) -> End:
    """Of an account that was to be linked: nobody but a person tries again."""
    lost = end.state is ConnectionState.CONNECTING
    return replace(end, state=ConnectionState.NEED_PAIRING if lost else end.state, rest=None)
