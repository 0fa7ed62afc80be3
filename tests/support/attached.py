"""Small files of the kinds that attachments are told apart by, made of what their formats put at fixed places."""

from __future__ import annotations

import io
import struct
import zipfile


def program() -> bytes:
    """PE: `MZ`, and where offset 0x3c points, `PE`."""
    return b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + b"\0" * 0x40 + b"PE\0\0" + b"\0" * 64


def disc() -> bytes:
    return b"\0" * 0x8000 + b"\x01CD001\x01\0" + b"\0" * 2040


def compound(*, inside: bytes = b"") -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + inside + b"\0" * 256


INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
MACROS = "_VBA_PROJECT".encode("utf-16-le")
SHORTCUT = struct.pack("<I", 0x4C) + bytes.fromhex("0114020000000000c000000000000046") + b"\0" * 56


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writing:
        for name in names:
            writing.writestr(name, b"x")
    return packed.getvalue()
