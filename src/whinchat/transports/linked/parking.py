"""Where a child leaves the events that its parent died without acknowledging: sealed, beside the session.

The network has been told that they arrived and will not send them again. The next parent takes them before its child
connects. The file is boxes one after another: length, nonce, ciphertext (ChaCha20-Poly1305 under the parent's key).

`cryptography` is imported when it is needed: a child that keeps its parent never needs it, nor the memory it takes.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from whinchat.transports.linked.frames import Value, bytes_at, fields, text_at, unpack

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

SUFFIX: Final = ".parked"
LENGTH: Final = struct.Struct("!I")
NONCE: Final = 12
CONTEXT: Final = b"whinchat events without an acknowledgement"
BOX: Final = 64  # events

Event = tuple[str, bytes]


def beside(session: str, suffix: str) -> str:
    """A companion of the session's file, by its name without `.db`."""
    return session.removesuffix(".db") + suffix


def park(session: str, key: bytes, packages: str, events: Sequence[Event]) -> None:
    """Append them; durable when it returns. `packages` is the folder in which `cryptography` lies."""
    if packages not in sys.path:
        sys.path.append(packages)
    cipher = _cipher(key)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    with os.fdopen(os.open(beside(session, SUFFIX), flags, 0o600), "ab") as file:
        for start in range(0, len(events), BOX):
            values: list[Value] = [value for event in events[start : start + BOX] for value in event]
            nonce = os.urandom(NONCE)
            box = nonce + cipher.encrypt(nonce, b"".join(fields(*values)), CONTEXT)
            file.write(LENGTH.pack(len(box)) + box)
        file.flush()
        os.fsync(file.fileno())


def parked(session: str, key: bytes) -> tuple[list[Event], bool]:
    """What was left, in its order, and whether that is all: false when a part is cut short or under another key."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above

    try:
        descriptor = os.open(beside(session, SUFFIX), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return [], True
    with os.fdopen(descriptor, "rb") as file:
        data = file.read()
    cipher = _cipher(key)
    events: list[Event] = []
    whole = True
    for box in _boxes(data):
        try:
            values = unpack(cipher.decrypt(box[:NONCE], box[NONCE:], CONTEXT))
        except (InvalidTag, ValueError):
            whole = False
        else:
            events += [(text_at(values, at), bytes_at(values, at + 1)) for at in range(0, len(values), 2)]
    return events, whole


def forget_parked(session: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(beside(session, SUFFIX))  # noqa: PTH108 - pathlib costs the child a megabyte


def _boxes(data: bytes) -> Iterator[bytes]:
    """Each box; an empty one for what is cut short."""
    at = 0
    while at < len(data):
        if len(data) - at < LENGTH.size:
            yield b""
            return
        (length,) = LENGTH.unpack_from(data, at)
        at += LENGTH.size
        yield data[at : at + length]
        at += length


def _cipher(key: bytes) -> ChaCha20Poly1305:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415 - see above

    return ChaCha20Poly1305(key)
