"""What a child process and its parent say to each other: length-framed binary frames over a socket pair.

The child imports this: only the standard library's `struct`, nothing of ours.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 128 * 1024 * 1024  # bytes of a frame: a media file of 100 MB with room to spare
HEAD: Final = struct.Struct("!IBI")  # bytes that follow, kind, number
FIELD: Final = struct.Struct("!cI")
NUMBER: Final = struct.Struct("!q")

Value = bytes | str | int


class Kind(enum.IntEnum):
    """`number` of a frame is the call's or the event's; 0 where there is none."""

    # From the parent.
    START = 1
    """Settings of `child.Settings`, in order."""
    CONNECT = 2
    CALL = 3
    """Name and arguments."""
    ACKNOWLEDGE = 4
    """The event of that number is durable."""
    PING = 5
    """Are you there? I am."""
    STOP = 6
    """Disconnect, hand over what was taken, and end."""
    # From the child.
    READY = 17
    """The session file is ours and the library is the right one."""
    FAILED = 18
    """Code and text; the child ends."""
    EVENT = 19
    """Name and message."""
    ANSWER = 20
    """What the function returned."""
    REFUSED = 21
    """Code: the call was not made, or (`failed`, `too_large`) has no answer."""
    BEAT = 22
    """The answer to `PING`: bytes resident."""
    LOG = 23
    """Level and code of something that the library logged."""
    STOPPED = 24
    """Everything was handed over."""


class FrameError(ValueError):
    """What came is no frame of ours: the two sides no longer understand each other."""


FUNCTIONS: Final[dict[str, tuple[str, str]]] = {
    "SendMessage": ("mm", "message"),  # to JID, Message -> SendMessageReturnFunction
    "MarkRead": ("simms", "text"),  # ids with spaces between, seconds UTC, chat JID, sender JID, "read"
    "SendChatPresence": ("mii", "text"),  # JID, 0 composing or 1 paused, 0 text or 1 audio
    "SendPresence": ("s", "text"),  # "available" or "unavailable"
    "SetForceActiveDeliveryReceipts": ("b", "nothing"),
    "PairPhone": ("m", "message"),  # PairPhoneParams, once a QR code is there -> PairPhoneReturnFunction
    "GetMe": ("", "message"),  # -> Device
    "GetGroupInfo": ("m", "message"),  # JID -> GetGroupInfoReturnFunction
    "UpdateGroupParticipants": ("mms", "message"),  # JID, JIDArray, "add", "remove", "promote", "demote"
    "SetGroupAnnounce": ("mb", "text"),  # JID, whether only admins may write
    "GetLIDFromPN": ("m", "message"),  # JID -> GetJIDFromStoreReturnFunction
    "GetPNFromLID": ("m", "message"),  # JID -> GetJIDFromStoreReturnFunction
    "Upload": ("mi", "message"),  # bytes, media type -> UploadReturnFunction
    "Logout": ("", "text"),
    "IsLoggedIn": ("", "truth"),
    "Disconnect": ("", "nothing"),
}
"""What may be called, with the kinds of its arguments (m: bytes with their length, s: text, i: int, b: bool) and of
what it gives back (message: bytes, text, truth: b"1" or b"", nothing). Media types: 0 image, 1 video, 2 audio,
3 document. From `neonize/_binder.py`; every function takes the client's id before these."""


def pack(kind: Kind, number: int = 0, *values: Value) -> list[bytes]:
    """A frame in pieces, so that a large value is not copied to be sent. Raises FrameError."""
    pieces = fields(*values)
    length = sum(map(len, pieces))
    if length > LONGEST:
        raise FrameError("longer than a frame may be")
    return [HEAD.pack(length, kind, number), *pieces]


def fields(*values: Value) -> list[bytes]:
    pieces: list[bytes] = []
    for value in values:
        tag, data = _raw(value)
        pieces += (FIELD.pack(tag, len(data)), data)
    return pieces


def _raw(value: Value) -> tuple[bytes, bytes]:
    if isinstance(value, bytes):
        return b"b", value
    if isinstance(value, str):
        return b"s", value.encode()
    return b"i", NUMBER.pack(value)


def unpack(body: bytes | bytearray | memoryview) -> tuple[Value, ...]:
    """The values of a frame's body. Raises FrameError."""
    try:
        return tuple(_values(memoryview(body)))
    except (struct.error, UnicodeDecodeError):
        raise FrameError("a field cannot be read") from None


def _values(body: memoryview) -> Iterator[Value]:
    at = 0
    while at < len(body):
        tag, length = FIELD.unpack_from(body, at)
        at += FIELD.size
        data = bytes(body[at : at + length])
        at += length
        if len(data) != length:
            raise FrameError("a field is cut short")
        if tag == b"b":
            yield data
        elif tag == b"s":
            yield data.decode()
        elif tag == b"i":
            yield NUMBER.unpack(data)[0]
        else:
            raise FrameError("a field of no known type")


def head(data: bytes) -> tuple[int, Kind, int]:
    """Length of what follows, kind and number. Raises FrameError."""
    length, kind, number = HEAD.unpack(data)
    if length > LONGEST:
        raise FrameError("longer than a frame may be")
    try:
        return length, Kind(kind), number
    except ValueError:
        raise FrameError("a frame of no known kind") from None


def text_at(values: tuple[Value, ...], index: int) -> str:
    """Raises FrameError."""
    if index < len(values) and isinstance(value := values[index], str):
        return value
    raise FrameError("a text is missing")


def bytes_at(values: tuple[Value, ...], index: int) -> bytes:
    """Raises FrameError."""
    if index < len(values) and isinstance(value := values[index], bytes):
        return value
    raise FrameError("data is missing")


def number_at(values: tuple[Value, ...], index: int) -> int:
    """Raises FrameError."""
    if index < len(values) and isinstance(value := values[index], int):
        return value
    raise FrameError("a number is missing")
