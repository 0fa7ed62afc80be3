"""Pictures with QR codes in them, as bytes."""

from __future__ import annotations

import io
import struct
import zlib

import zxingcpp
from PIL import Image


def code(text: str, *, scale: int = 6) -> Image.Image:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(zxingcpp.write_barcode_to_image(barcode, scale=scale))


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def on_white(size: tuple[int, int], *codes: Image.Image) -> Image.Image:
    """The codes side by side on a white picture."""
    picture = Image.new("RGB", size, "white")
    left = 40
    for each in codes:
        picture.paste(each, (left, 40))
        left += each.width + 40
    return picture


def claiming(width: int, height: int) -> bytes:
    """A small PNG that says it is very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
