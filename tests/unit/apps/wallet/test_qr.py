"""Invoices as pictures read as what they are."""

from __future__ import annotations

from tests.support.wallet.bolt11 import invoice

from whinchat.apps.scanner.qr import decode
from whinchat.apps.wallet.qr import picture
from whinchat.testing.clock import START


def test_the_picture_holds_the_invoice() -> None:
    bolt11 = invoice(START, description="x" * 300)
    png = picture(bolt11)
    assert png.startswith(b"\x89PNG")
    assert [text.lower() for text in decode(png)] == [bolt11]
    assert len(png) < 8000


def test_upper_case_makes_it_smaller() -> None:
    import segno

    bolt11 = invoice(START)
    assert segno.make_qr(bolt11.upper(), error="l").symbol_size()[0] < segno.make_qr(bolt11).symbol_size()[0]
