"""The child's end of the socket pair: frames, blocking, from any thread."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Sequence

from whinchat.transports.linked.frames import HEAD, Kind, Value, head, pack, unpack

PIECE = 256 * 1024  # bytes read at once
PATIENCE = 60.0  # seconds in which the parent must take something, or it is as good as gone

Frame = tuple[Kind, int, tuple[Value, ...]]


class Closed(Exception):
    """The parent has gone, or takes nothing any more."""


class Pipe:
    """`send` may be called by every thread, `receive` by one."""

    def __init__(self, descriptor: int, patience: float = PATIENCE) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._patience = int(patience * 1000)
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._broken = False

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        """Raises Closed. What was sent is the kernel's: the parent can still read it when this process has died."""
        left = [memoryview(piece) for piece in pack(kind, number, *values) if piece]
        with self._lock:
            if self._broken:
                raise Closed
            try:
                while left:
                    left = self._write(left)
            except (OSError, Closed):
                self._broken = True  # half a frame may be out: nothing after it could be read
                raise Closed from None

    def _write(self, pieces: Sequence[memoryview]) -> list[memoryview]:
        """What is still to be written."""
        try:
            written = os.writev(self._descriptor, pieces)
        except BlockingIOError:
            self._wait(select.POLLOUT, self._patience)
            return list(pieces)
        left = []
        for piece in pieces:
            if written < len(piece):
                left.append(piece[written:])
            written = max(0, written - len(piece))
        return left

    def receive(self, seconds: float) -> Frame | None:
        """The next frame, or None when there is none in that time. Raises Closed, FrameError."""
        while (frame := self._take()) is None:
            try:
                data = os.read(self._descriptor, PIECE)
            except BlockingIOError:
                if not self._poll(select.POLLIN, int(seconds * 1000)):
                    return None
                continue
            except OSError:
                raise Closed from None
            if not data:
                raise Closed
            self._buffer += data
        return frame

    def _take(self) -> Frame | None:
        if len(self._buffer) < HEAD.size:
            return None
        length, kind, number = head(bytes(self._buffer[: HEAD.size]))
        end = HEAD.size + length
        if len(self._buffer) < end:
            return None
        values = unpack(self._buffer[HEAD.size : end])
        del self._buffer[:end]
        return kind, number, values

    def _wait(self, event: int, milliseconds: int) -> None:
        if not self._poll(event, milliseconds):
            raise Closed

    def _poll(self, event: int, milliseconds: int) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, event)
        return bool(poll.poll(milliseconds))
