"""Invoices as pictures that other phones scan."""

from __future__ import annotations

import io

SCALE = 6  # pixels of a module: 500 or so for an invoice with all its hints
BORDER = 4  # modules, as the standard asks for


def picture(bolt11: str) -> bytes:
    """A PNG. Upper case is what BOLT 11 recommends for QR codes: it takes 5.5 bits a character in place of 8.

    Some 20 ms of a processor: for a worker.
    """
    import segno  # noqa: PLC0415 - only who receives needs it

    out = io.BytesIO()
    segno.make_qr(bolt11.upper(), error="l").save(out, kind="png", scale=SCALE, border=BORDER)
    return out.getvalue()
