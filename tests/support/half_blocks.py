"""What a camera reads from a QR code of half-block characters on a dark terminal."""

from __future__ import annotations

from collections.abc import Sequence

import zxingcpp
from PIL import Image

SCALE = 4  # pixels a module


def is_drawn(line: str) -> bool:
    """Whether it is a line of such a code."""
    return bool(set(line) & set("█▀▄")) and set(line) <= set("█▀▄ ")


def seen(lines: Sequence[str]) -> str:
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), 0)
    for y, line in enumerate(lines):
        for x, mark in enumerate(line):
            for half, lit in enumerate((mark in "█▀", mark in "█▄")):
                picture.putpixel((x, 2 * y + half), 255 * lit)
    size = (picture.width * SCALE, picture.height * SCALE)
    (found,) = zxingcpp.read_barcodes(picture.resize(size, Image.Resampling.NEAREST))
    return str(found.text)
