"""QR codes in pictures, where the optional decoder is installed (`whinchat[qr]`)."""

from __future__ import annotations

import importlib.util
import io
import warnings

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 50_000_000
SIDE = 1600  # pixels; larger pictures are scaled down before decoding


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
            picture = Image.open(io.BytesIO(data))
            if picture.width * picture.height > MAX_PIXELS:
                return []
            picture.draft("L", (SIDE, SIDE))
            grey = picture.convert("L")
            grey.thumbnail((SIDE, SIDE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return []
    found = zxingcpp.read_barcodes(grey)
    return [code.text for code in found if code.valid and code.text]
