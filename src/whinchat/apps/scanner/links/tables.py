"""The data files beside this module, read once, when the modules that use them are imported."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

_DATA = files("whinchat.apps.scanner.links") / "data"


def lines(name: str) -> Iterator[str]:
    """The lines of a data file that say something: neither empty nor a comment."""
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def rows(name: str) -> Iterator[list[str]]:
    """The fields of a tab-separated data file."""
    return (line.split("\t") for line in lines(name))


def groups(name: str) -> dict[str, frozenset[str]]:
    """A file of "name: word word …" lines; a name may come several times."""
    found: dict[str, set[str]] = {}
    for line in lines(name):
        group, _, words = line.partition(":")
        found.setdefault(group, set()).update(words.split())
    return {group: frozenset(words) for group, words in found.items()}


def _unicode(label: str) -> str:
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def _top_level() -> frozenset[str]:
    ascii_form = frozenset(lines("tlds.txt"))
    return ascii_form | {_unicode(label) for label in ascii_form}


TOP_LEVEL = _top_level()
"""IANA's top-level domains in lower case; international ones both in punycode and as written."""
