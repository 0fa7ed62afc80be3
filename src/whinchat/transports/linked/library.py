"""neonize's shared library by `ctypes`: the functions that are used, its callbacks, and who frees what.

Runs in the child process only. The library's own Python package is never imported: it would download what is missing,
set up logging and hold three times the memory. Signatures: `neonize/_binder.py` and `goneonize/{main,helpers}.go`.

Memory: a function returns a C string or a struct with a buffer, allocated by `malloc` on the Go side; each is copied
and given back at once with `FreeString` or `FreeBytesStruct`. What callbacks are given belongs to Go (or is freed by it
when they return): it is copied inside the callback.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

from whinchat.transports.linked.callbacks import NAMES
from whinchat.transports.linked.frames import FUNCTIONS, Value

CLIENT: Final = b"whinchat"
"""The library knows its clients by a name; there is one in the process."""

UNASKED: Final = 1
"""The QR codes, all at once: the library hands over events only after pairing. A callback of their own gives each in
its time."""

SUBSCRIBED: Final = bytes(number for number in NAMES if number != UNASKED)

BROWSER: Final = 1
"""`DeviceProps.PlatformType` CHROME: the picture beside the name in the phone's list of linked devices."""

STORE: Final = "?_foreign_keys=on&_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_x=1"
"""After the session's path. The library appends its own `?_foreign_keys=on`, which the last parameter swallows."""

TextCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
EventCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)


class BytesReturn(ctypes.Structure):
    """As in `cstruct.h`."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


class ProxySettings(ctypes.Structure):
    """As in `cstruct.h`."""

    _fields_ = (
        ("address", ctypes.c_char_p),
        ("no_websocket", ctypes.c_bool),
        ("only_login", ctypes.c_bool),
        ("no_media", ctypes.c_bool),
    )


ARGUMENTS: Final[dict[str, tuple[type[ctypes._SimpleCData[Any]], ...]]] = {
    "m": (ctypes.c_char_p, ctypes.c_int),
    "s": (ctypes.c_char_p,),
    "i": (ctypes.c_int,),
    "b": (ctypes.c_bool,),
}
RESULTS: Final = {
    "message": ctypes.c_void_p,
    "text": ctypes.c_void_p,
    "truth": ctypes.c_bool,
    "nothing": None,
}


class BadCall(ValueError):
    """No such function, or not with such arguments."""


class Library:
    """Raises OSError when the file cannot be loaded, AttributeError when it lacks a function."""

    def __init__(self, path: str) -> None:
        self._code = ctypes.CDLL(path)
        self._code.GetVersion.restype = ctypes.c_void_p
        self._code.FreeString.argtypes = (ctypes.c_void_p,)
        self._code.FreeString.restype = None
        self._code.FreeBytesStruct.argtypes = (ctypes.c_void_p,)
        self._code.FreeBytesStruct.restype = None
        for name, (kinds, result) in FUNCTIONS.items():
            function = getattr(self._code, name)
            function.argtypes = (ctypes.c_char_p, *(kind for letter in kinds for kind in ARGUMENTS[letter]))
            function.restype = RESULTS[result]
        self._code.Neonize.argtypes = (
            *(ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_char_p),
            *(TextCallback, TextCallback, EventCallback, LogCallback),
            *(ctypes.c_char_p, ctypes.c_int) * 3,
            ctypes.POINTER(ProxySettings),
        )
        self._code.Neonize.restype = ctypes.c_void_p

    @property
    def version(self) -> str:
        return self._text(self._code.GetVersion()).decode()

    def run(
        self,
        session: str,
        proxy: str,
        device: str,
        *,
        on_event: Callable[[int, bytes], None],
        on_qr: Callable[[bytes], None],
        on_pairing: Callable[[bytes], None],
        on_log: Callable[[bytes], None],
    ) -> bytes:
        """Connects, and stays as long as the client lives; what went wrong when it could not connect. Callbacks come
        in other threads too (`on_log`) and must not raise."""
        callbacks = (
            TextCallback(lambda _, text: on_qr(ctypes.string_at(text))),
            TextCallback(lambda _, text: on_pairing(ctypes.string_at(text))),
            EventCallback(lambda _, data, size, number: on_event(number, ctypes.string_at(data, size))),
            LogCallback(lambda data, size: on_log(ctypes.string_at(data, size))),
        )
        props = device_props(device)
        settings = ProxySettings(address=proxy.encode()) if proxy else None
        failure = self._code.Neonize(
            *(store_name(session), CLIENT, b"", 0, 0, b"WARN", *callbacks),
            *(SUBSCRIBED, len(SUBSCRIBED), props, len(props), b"", 0),
            ctypes.byref(settings) if settings is not None else None,
        )
        return self._text(failure)

    def call(self, name: str, arguments: tuple[Value, ...]) -> bytes:
        """What the function gives back. Raises BadCall.

        The client must have called back before: the library ends the process when it does not know the client.
        """
        if name not in FUNCTIONS:
            raise BadCall("unknown_function")
        kinds, result = FUNCTIONS[name]
        given = getattr(self._code, name)(CLIENT, *prepared(kinds, arguments))
        if result == "message":
            return self._message(given)
        if result == "text":
            return self._text(given)
        return b"1" if given else b""

    def _text(self, address: int | None) -> bytes:
        if not address:
            return b""
        try:
            return ctypes.string_at(address)
        finally:
            self._code.FreeString(address)

    def _message(self, address: int | None) -> bytes:
        if not address:
            return b""
        try:
            returned = BytesReturn.from_address(address)
            return ctypes.string_at(returned.data, returned.size) if returned.size else b""
        finally:
            self._code.FreeBytesStruct(address)


def prepared(kinds: str, arguments: tuple[Value, ...]) -> list[bytes | int]:
    """As the function takes them. Raises BadCall."""
    if len(kinds) != len(arguments):
        raise BadCall("bad_arguments")
    taken: list[bytes | int] = []
    for kind, argument in zip(kinds, arguments, strict=True):
        if kind == "m" and isinstance(argument, bytes):
            taken += (argument, len(argument))
        elif kind == "s" and isinstance(argument, str) and "\0" not in argument:
            taken.append(argument.encode())
        elif kind in "ib" and isinstance(argument, int) and -(2**31) <= argument < 2**31:
            taken.append(argument)
        else:
            raise BadCall("bad_arguments")
    return taken


def store_name(session: str) -> bytes:
    """The session's path in the address that the library makes of it, with how the store is to be kept."""
    for character in "%?#":
        session = session.replace(character, f"%{ord(character):02X}")
    return (session + STORE).encode()


def device_props(name: str) -> bytes:
    """`DeviceProps` of `WACompanionReg.proto`: `os` (1), the name in the phone's list, and `platformType` (3)."""
    return field(1, name.encode()) + bytes((3 << 3, BROWSER))


def field(number: int, data: bytes) -> bytes:
    """A field of a protobuf message with that many bytes."""
    length = len(data)
    head = bytearray((number << 3 | 2,))
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + data
