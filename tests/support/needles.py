"""Looking for a text in bytes, in whatever encoding it may hide there."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote


def disguises(text: str) -> set[bytes]:
    """The text in every encoding in which a program might have written it down."""
    found: set[bytes] = set()
    for form in {text, text.lower(), text.upper(), text[::-1]}:
        plain = form.encode()
        written = [
            plain,
            form.encode("utf-16-le"),
            form.encode("utf-16-be"),
            form.encode("utf-32-le"),
            form.encode("utf-7"),
            json.dumps(form)[1:-1].encode(),
            form.encode("unicode_escape"),
            form.encode("ascii", "xmlcharrefreplace"),
            quote(form, safe="").encode(),
            repr(plain)[2:-1].encode(),
        ]
        found.update(written)
        for each in (plain, form.encode("utf-16-le")):
            found.update((each.hex().encode(), each.hex().upper().encode(), each.hex(" ").encode()))
            found.update(_in_base64(each))
    return found


def _in_base64(data: bytes) -> Iterator[bytes]:
    """What base64 makes of `data` wherever in a text it begins; the ends, which its neighbours share, are cut off."""
    for before in range(3):
        padded = b"\0" * before + data
        inner = base64.b64encode(padded[: len(padded) // 3 * 3])[4 if before else 0 :]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found_in(hay: bytes, texts: Iterable[str]) -> set[str]:
    """Those of `texts` that are in `hay`, in one form or another."""
    return {text for text in texts if any(needle in hay for needle in disguises(text))}


def everything_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below the folder with its bytes, and its name among them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
