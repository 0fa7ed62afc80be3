"""QR codes in pictures, where the optional decoder is installed (`whinchat[qr]`)."""

from __future__ import annotations

import importlib.util
import io
import logging
import warnings

log = logging.getLogger(__name__)

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 16_000_000
"""To be decoded: 64 MB in memory at the most. JPEG is made smaller while it is decoded, and may have many more."""
SIDE = 1600  # pixels; larger pictures are scaled down before they are looked at
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What phones send. Formats that are programs (EPS) or seldom used are not even tried."""


def available() -> bool:
    """Whether pictures can be read; nothing is imported to find out."""
    return all(importlib.util.find_spec(name) is not None for name in ("PIL", "zxingcpp"))


def decode(data: bytes) -> list[str]:
    """The texts of all QR codes in a picture; empty for anything that is no picture or too large to be opened.

    CPU-bound, tens of milliseconds for a photograph: for a worker, not for the event loop.
    """
    # Imported here: most services never see a picture with a code, and the decoder takes 15 MB.
    import zxingcpp  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            picture.draft("L", (SIDE, SIDE))
            if picture.width * picture.height > MAX_PIXELS:
                return []
            grey = picture.convert("L")
            grey.thumbnail((SIDE, SIDE))
            return [code.text for code in zxingcpp.read_barcodes(grey) if code.valid and code.text]
    except Exception as error:  # whatever a decoder makes of hostile bytes, it is no picture
        log.info("a picture could not be read", extra={"error": type(error).__name__})
        return []
