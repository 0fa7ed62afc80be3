"""Makes the library in this process trust the fake network: the Noise root key that it pins is overwritten.

Only in this process, and only in memory: the library on disk stays as it is.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

PINNED = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
"""whatsmeow: handshake.go, `WACertPubKey`."""
VARIABLE = "WHATSAPP_ROOT_KEY"
"""Where a process of ours finds the key, in hexadecimal."""


def prepare(key: str) -> None:
    """`key`: in hexadecimal."""
    replace(bytes.fromhex(key))


def replace(key: bytes, library: str = "neonize") -> None:
    """The library has to be loaded."""
    found = 0
    for line in Path("/proc/self/maps").read_text(encoding="ascii").splitlines():
        where, rights, *rest = line.split()
        if library not in rest[-1] or not rights.startswith("rw"):
            continue
        start, end = (int(part, 16) for part in where.split("-"))
        memory = ctypes.string_at(start, end - start)
        position = memory.find(PINNED)
        while position >= 0:
            ctypes.memmove(start + position, key, len(key))
            found += 1
            position = memory.find(PINNED, position + 1)
    if found != 1:
        raise RuntimeError(f"the root key was found {found} times, not once")
