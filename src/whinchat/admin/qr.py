"""A QR code as one path of an SVG, which pages may have inside: they load no pictures from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET = 4  # modules around it (ISO/IEC 18004, 6.3.8)


@dataclass(frozen=True, slots=True)
class Drawn:
    """`size`: modules of a side, with the quiet zone. `path`: of what is dark, one unit a module."""

    size: int
    path: str


def drawn(text: str) -> Drawn:
    rows = list(segno.make_qr(text, error="l").matrix_iter(border=QUIET))
    return Drawn(
        len(rows), "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
    )
