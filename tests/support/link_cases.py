"""Reads the tab-separated case files of tests/data/links."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "data" / "links"
_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|[ntr\\])")
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def cases(name: str) -> list[list[str]]:
    """The rows of a file, fields unescaped; lines that begin with # are comments."""
    with (_FOLDER / name).open(encoding="utf-8", newline="\n") as file:
        rows = [line.removesuffix("\n").split("\t") for line in file if not line.startswith("#")]
    return [[_ESCAPE.sub(_plain, field) for field in row] for row in rows]


def _plain(escape: re.Match[str]) -> str:
    return _SHORT.get(escape[1]) or chr(int(escape[1][1:], 16))
