"""The child process: one account's library, spoken to in frames.

Everything here is chosen for its size: no asyncio, no protobuf, no package of the library's, no logging. Messages pass
as the bytes that the library gives and takes.

What a kill can lose. whatsmeow decrypts a message (from then on it cannot be decrypted again: one that the server
sends once more is dropped as a repetition), calls its event handler, and when that returns tells the server that the
message has arrived (`message.go`, `decryptMessages`; `SynchronousAck` and `EnableDecryptedEventBuffer` are off and
neonize has no way to set them). neonize's handler only puts the event into a channel of 100, from which one loop calls
back (`main.go`, `eventChan` and `CallbackFunction`). So a message is lost with this process when it was decrypted and
its callback has not returned: at most 100 in the channel, one before it and one in the callback. A callback that waited
for the parent's acknowledgement would only fill that channel. So it writes the event into the socket, from where the
parent reads it even when this process has died, and returns. As long as the parent keeps up the channel is empty, and
what can be lost is the one message that is under way. When the parent falls behind by a whole `Window` the callback
waits, the channel fills, and then the library no longer acknowledges to the server. Measured on a busy machine with two
cores: at 20 messages/s one message was lost in 84 kills, at 100/s 8 in 77, at 400/s 56 in 80: 1 to 2 ms.

When the parent dies, this process disconnects, takes what is still in the channel, and leaves all that was not
acknowledged beside the session (`parking`). Only when both are killed at once is lost what the parent had not made
durable: the window's content.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from whinchat.transports.linked.callbacks import (
    CALL_OFFER,
    CALL_OFFER_NOTICE,
    GROUP_INFO,
    HISTORY_SYNC,
    JOINED_GROUP,
    MESSAGE,
    NAMES,
    PAIRING_ENDED,
    QR,
    RECEIPT,
    UNDECRYPTABLE,
)
from whinchat.transports.linked.frames import FrameError, Kind, Value, bytes_at, number_at, text_at
from whinchat.transports.linked.library import BadCall, Library, field
from whinchat.transports.linked.loglines import LogLines
from whinchat.transports.linked.parking import beside, park
from whinchat.transports.linked.pipe import Closed, Frame, Pipe
from whinchat.transports.linked.window import Window

SILENCE: Final = 60.0  # seconds without a word of the parent, after which it is as good as gone
WEDGED: Final = 150  # seconds after which the kernel ends a process whose main thread does nothing any more
LOCK: Final = 15.0  # seconds to wait for the session's process before this one to end
QUIET: Final = 0.3  # seconds without an event, after which a disconnected library is taken to have none left
ORPHANED: Final = 5.0  # seconds for the end without a parent
CALLS: Final = 16
STACK: Final = 512 * 1024  # bytes of a thread's stack
PAGE: Final = os.sysconf("SC_PAGESIZE")
STATUS: Final = "/proc/self/statm"

CONTENT: Final = frozenset(
    (MESSAGE, RECEIPT, UNDECRYPTABLE, HISTORY_SYNC, JOINED_GROUP, GROUP_INFO, CALL_OFFER, CALL_OFFER_NOTICE)
)
"""What is still worth telling to a later parent; the rest is about the connection."""


class Unusable(Exception):
    """This process cannot serve: a code."""


class Settings:
    """What the parent says first, in this order."""

    def __init__(self, values: tuple[Value, ...]) -> None:
        self.session, self.library, self.version, self.proxy, self.device, self.packages = (
            text_at(values, index) for index in range(6)
        )
        self.key = bytes_at(values, 6)
        self.prepare = [text_at(values, index) for index in range(7, len(values))]


class Child:
    """`serve` runs in the main thread, the library in one of its own, each call in another."""

    def __init__(self, pipe: Pipe, library: Library, settings: Settings, watch: Callable[[], object]) -> None:
        """`watch` is called again and again, so long as the main thread is not stuck."""
        self._pipe = pipe
        self._watch = watch
        self._library = library
        self._settings = settings
        self._window = Window()
        self._lines = LogLines()
        self._lock = threading.Lock()
        self._calls = 0
        """Not answered yet; the end waits for them."""
        self._carrying = 0
        """Of these, the ones that the library carries out; no more than `CALLS`."""
        self._known = False
        """The library knows its client: calls may be made."""
        self._failure: bytes | None = None
        """Why the library has given up."""
        self._parent = os.getppid()
        """To be asked for, too: another child of the parent's could have inherited its end of the pipe."""
        self._deadline = 0.0
        """Monotonic; when it must have ended. 0: nobody has asked for the end."""
        self._disconnecting = False
        self._disconnected = False

    def serve(self) -> None:
        """Until the parent asks for the end or has gone, or the library gives up."""
        try:
            self._serve()
        except (Closed, FrameError):
            self._window.release()
            self._begin_end(ORPHANED)
            while not self._ended(orphaned=True):
                time.sleep(0.02)
        self._leave_rest()

    def _serve(self) -> None:
        heard = time.monotonic()
        while not self._ended(orphaned=False):
            self._watch()
            frame = self._pipe.receive(0.02 if self._deadline else 1.0)
            now = time.monotonic()
            if frame is not None:
                heard = now
                self._take(frame)
            elif now - heard > SILENCE or os.getppid() != self._parent:
                raise Closed
            if self._failure is not None and not self._deadline:
                raise Unusable(self._why(self._failure))
        self._pipe.send(Kind.STOPPED)

    def _why(self, failure: bytes) -> str:
        """What its end means: after it had called back it is like a crash, else it could not begin."""
        if self._known or not failure:
            return "ended"
        return "unreachable" if is_connecting(failure) else "session"

    def _take(self, frame: Frame) -> None:
        kind, number, values = frame
        if kind is Kind.ACKNOWLEDGE:
            self._window.acknowledge(number)
        elif kind is Kind.CALL:
            self._begin_call(number, values)
        elif kind is Kind.CONNECT:
            threading.Thread(target=self._connect, name="library", daemon=True).start()
        elif kind is Kind.STOP:
            self._begin_end(number_at(values, 0) / 1000)
        elif kind is Kind.PING:
            self._pipe.send(Kind.BEAT, 0, resident())
        else:
            raise FrameError("a frame that only the child sends")

    # Calls

    def _begin_call(self, number: int, values: tuple[Value, ...]) -> None:
        with self._lock:
            refusal = "not_ready" if not self._known or self._deadline else "busy" if self._carrying >= CALLS else ""
            if not refusal:
                self._calls += 1
                self._carrying += 1
        if refusal:
            self._refuse(number, refusal)
        else:
            threading.Thread(target=self._call, args=(number, values), name="call", daemon=True).start()

    def _call(self, number: int, values: tuple[Value, ...]) -> None:
        try:
            self._pipe.send(Kind.ANSWER, number, self._carry_out(values))
        except BadCall as bad:
            self._refuse(number, str(bad))
        except FrameError:
            self._refuse(number, "too_large")
        except Closed:
            return  # nobody waits for it any more
        except Exception:  # such as no memory
            self._refuse(number, "failed")
        finally:
            with self._lock:
                self._calls -= 1

    def _carry_out(self, values: tuple[Value, ...]) -> bytes:
        """Its place is free before it is answered: a parent that has read the answer may send the next call at once."""
        try:
            name, *arguments = values
            return self._library.call(str(name), tuple(arguments))
        finally:
            with self._lock:
                self._carrying -= 1

    def _refuse(self, number: int, code: str) -> None:
        with suppress(Closed):
            self._pipe.send(Kind.REFUSED, number, code)

    # The library and its callbacks

    def _connect(self) -> None:
        failure = b""
        try:
            failure = self._run()
        finally:
            self._failure = failure

    def _run(self) -> bytes:
        failure = self._library.run(
            *(self._settings.session, self._settings.proxy, self._settings.device),
            on_event=lambda number, data: self._hand_over(NAMES.get(number, ""), data),
            on_qr=lambda code: self._hand_over(QR, field(1, code)),
            on_pairing=lambda result: self._hand_over(PAIRING_ENDED, result),
            on_log=self._log,
        )
        if self._known:
            self._library.call("Disconnect", ())  # else it would go on confirming messages that nobody hands over
        return failure

    def _hand_over(self, name: str, data: bytes) -> None:
        self._known = True
        number = self._window.put(name, data)
        try:
            self._pipe.send(Kind.EVENT, number, name, data)
        except Closed:
            return  # it stays in the window
        except FrameError:
            self._window.acknowledge(number)
            self._report("ERROR", "event_too_long")

    def _log(self, data: bytes) -> None:
        level, code = self._lines.read(data, time.monotonic())
        if code:
            self._report(level, code)

    def _report(self, level: str, code: str) -> None:
        with suppress(Closed):
            self._pipe.send(Kind.LOG, 0, level, code)

    # The end

    def _begin_end(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._patience = time.monotonic() + seconds / 2

    def _ended(self, *, orphaned: bool) -> bool:
        """Calls are let finish, then the library disconnects, then hands over what it still holds."""
        if not self._deadline:
            return False
        now = time.monotonic()
        if not self._disconnecting and (not self._calls or orphaned or now >= self._patience):
            self._disconnecting = True
            threading.Thread(target=self._disconnect, name="disconnect", daemon=True).start()
        quiet = self._disconnected and now - self._window.last >= QUIET
        return now >= self._deadline or (quiet and (orphaned or not self._window))

    def _disconnect(self) -> None:
        if self._known:
            self._library.call("Disconnect", ())
        self._disconnected = True

    def _leave_rest(self) -> None:
        rest = [(name, data) for name, data in self._window.rest() if name in CONTENT]
        if rest:
            park(self._settings.session, self._settings.key, self._settings.packages, rest)


def resident() -> int:
    """Bytes; 0 where the system does not say."""
    try:
        with open(STATUS, "rb") as file:  # noqa: PTH123 - pathlib costs a megabyte
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0


def is_connecting(failure: bytes) -> bool:
    """The library came as far as the network (`FrameSocket.Connect`, `doHandshake`), so the session file is sound."""
    return any(part in failure for part in (b"websocket", b"handshake", b"dial"))


def hold(path: str) -> int:
    """The lock of the session (`sessions.Sessions.held`), this process's until it ends. Raises Unusable."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + LOCK
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Unusable("in_use") from None
            time.sleep(0.05)
        else:
            return descriptor


def load(settings: Settings) -> Library:
    """Raises Unusable."""
    try:
        library = Library(settings.library)
    except (OSError, AttributeError):
        raise Unusable("library_broken") from None
    if library.version != settings.version:
        raise Unusable("library_version")
    if settings.prepare:
        import runpy  # noqa: PLC0415 - tests only

        path, *arguments = settings.prepare
        runpy.run_path(path)["prepare"](*arguments)
    return library


def main(descriptor: int) -> None:
    """The whole process. `descriptor`: of the socket to the parent."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # meant for the whole group: the parent acts on them
        signal.signal(number, signal.SIG_IGN)
    threading.stack_size(STACK)
    pipe = Pipe(descriptor)
    try:
        run(pipe, lambda: signal.alarm(WEDGED))
    except Unusable as unusable:
        pipe.send(Kind.FAILED, 0, str(unusable))
    finally:
        os._exit(0)  # threads in the library cannot be ended otherwise


def run(pipe: Pipe, watch: Callable[[], object]) -> None:
    """Raises Unusable, Closed, FrameError."""
    watch()
    frame = pipe.receive(SILENCE)
    if frame is None or frame[0] is not Kind.START:
        raise Unusable("protocol")
    settings = Settings(frame[2])
    hold(beside(settings.session, ".lock"))
    library = load(settings)
    pipe.send(Kind.READY)
    Child(pipe, library, settings, watch).serve()
