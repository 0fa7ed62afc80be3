"""The words of a text as they are meant: links cut out, look-alike and marked letters plain, hidden marks gone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from whinchat.apps.scanner.evidence.skeleton import Skeletons
from whinchat.apps.scanner.links.characters import HIDDEN, HOST
from whinchat.apps.scanner.links.tables import TOP_LEVEL

MOST_ADDED = 256  # characters that ligatures may add to a text when they are taken apart
LINK = "@"
"""Stands among the words where a link stood; no word looks like it."""
CURRENCIES = "$£€₹¥₱₦₩₽﷼"

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"\d+(?:[.,:]\d+)*(?!{_LETTER})|[{HOST}]+|[{CURRENCIES}]")
_SCHEME = re.compile(r"(?:https?|hxxps?|ftp):/|www\.")
_HOST = re.compile(rf"(?<![{HOST}])[{HOST}]++(?:\.[{HOST}]++)+")
_IGNORED = re.compile(rf"[{HIDDEN}\u0640\ufdf0-\ufdfd]+")  # and what stretches Arabic words, or writes several as one
_SIGN = re.compile(rf"(?<={_LETTER})[@$](?={_LETTER})")
_SIGNS = {"@": "a", "$": "s"}
_SPELLED = re.compile(rf"(?<!\w){_LETTER}(?:[ .*~]{_LETTER}){{3,}}(?!\w)")
_APART = str.maketrans(" .*~", "    ")
_ARABIC = re.compile(r"[\u0621-\u064a]")
_ARABIC_PREFIX = re.compile(r"[وف]?(?:[بك]?ال|لل|[بلك])?")
_MAIL = -1
_LEAST = 3  # letters that must be left of a word
_SAME = str.maketrans({"ß": "ss", "ى": "ي", "ی": "ي", "ک": "ك"})
_BROKEN = str.maketrans("-_", "  ")
_PIECES = re.compile(r"\d+|\D+")
_MIXED = re.compile(rf"\d{_LETTER}|{_LETTER}\d")
_LEET = tuple(str.maketrans("0134578", f"o{one}eastb") for one in "il")


class Wording:
    """Turns text into words; everything takes time linear in its length."""

    def __init__(self, skeletons: Skeletons) -> None:
        self._skeletons = skeletons

    def folded(self, text: str) -> str:
        """Lower case, without marks on letters; letters of other scripts that look like Latin ones are Latin."""
        if text.isascii():
            return text.lower()
        plain = unicodedata.normalize("NFKC", _IGNORED.sub("", text))[: len(text) + MOST_ADDED]
        plain = self._skeletons.plain(plain.lower())
        return plain if plain.isascii() else plain.translate(_SAME)

    def words(self, text: str) -> list[str]:
        """In order, with `LINK` for each link; e-mail addresses are left out."""
        found: list[str] = []
        before: list[str] = []
        for chunk in self.folded(text).split():
            cut = _link_in(chunk)
            if cut == _MAIL:
                continue
            if cut is None:
                before.append(chunk)
                continue
            before.append(chunk[:cut])
            found += _plain_words(before)
            found.append(LINK)
            before.clear()
        found += _plain_words(before)
        return found


def _link_in(chunk: str) -> int | None:
    """Where a link starts in what stands between two spaces; None without any, `_MAIL` if it is an e-mail address."""
    if "." not in chunk and ":/" not in chunk:
        return None
    if scheme := _SCHEME.search(chunk):
        return scheme.start()
    host = _HOST.search(chunk)
    if host is None:
        return None
    if "@" in chunk:
        return _MAIL
    address = chunk[host.end() : host.end() + 1] == "/" or host[0].rpartition(".")[2] in TOP_LEVEL
    return host.start() if address else None


def _plain_words(chunks: Iterable[str]) -> list[str]:
    text = " ".join(chunks)
    if "@" in text or "$" in text:
        text = _SIGN.sub(lambda sign: _SIGNS[sign[0]], text)
    if _SPELLED.search(text):
        text = _SPELLED.sub(lambda run: run[0].translate(_APART).replace(" ", ""), text)
    words = _WORD.findall(text.translate(_BROKEN) if "-" in text or "_" in text else text)
    if not text.isascii() and _ARABIC.search(text):
        return [_without_prefix(word) for word in words]
    return words


def _without_prefix(word: str) -> str:
    """An Arabic word without the "and", "in", "for" and "the" that are written together with it."""
    prefix = _ARABIC_PREFIX.match(word)
    end = prefix.end() if prefix else 0
    return word[end:] if len(word) - end >= _LEAST else word


def spellings(phrase: str) -> tuple[str, ...]:
    """A phrase, and as it is written without umlauts at hand."""
    without = phrase
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        without = without.replace(umlaut, letters)
    return (phrase,) if without == phrase else (phrase, without)


def is_number(word: str) -> bool:
    return word[:1].isdigit()


def is_mixed(word: str) -> bool:
    """Letters and digits side by side."""
    return _MIXED.search(word) is not None


def disguises(word: str) -> tuple[str, ...]:
    """What a word of letters and digits may be meant as: acc0unt, c1ick."""
    return tuple(word.translate(table) for table in _LEET) if len(word) >= _LEAST else ()


def pieces(word: str) -> list[str]:
    """Its runs of digits and of anything else: 24hrs."""
    return _PIECES.findall(word)
