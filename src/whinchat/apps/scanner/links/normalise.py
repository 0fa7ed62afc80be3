"""A message's text as a careful reader sees it: hidden marks gone, look-alike letters and defanging undone.

`Clean` remembers where everything stood, so that a link found in the cleaned text is reported as it was written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from whinchat.apps.scanner.links.characters import BIDI, HIDDEN, JOINED
from whinchat.apps.scanner.links.link import Trick

# --- one character for one character -----------------------------------------------------------------------------

_STYLED_RANGES = (  # where the letters and digits live that compatibility decomposition (NFKC) turns into plain ones
    (0xFF10, 0xFF5A), (0x1D400, 0x1D7FF), (0x2460, 0x2468), (0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x2102, 0x2149),
)  # fmt: skip
_PUNCTUATION = {
    "\uff0e": ".", "\u3002": ".", "\uff61": ".", "\u2024": ".", "\ufe52": ".", "\uff1a": ":", "\ufe55": ":",
    "\ua789": ":", "\u2236": ":", "\uff0f": "/", "\u2044": "/", "\u2215": "/", "\uff3c": "\\", "\uff20": "@",
    "\uff1f": "?", "\uff1d": "=", "\uff06": "&", "\uff05": "%", "\uff0d": "-", "\uff03": "#", "\uff3f": "_",
    "\uff0b": "+", "\u2010": "-", "\u2011": "-", "\u2212": "-",
}  # fmt: skip


def _plain_letters() -> dict[str, str]:
    table = {}
    for first, last in _STYLED_RANGES:
        for styled in map(chr, range(first, last + 1)):
            plain = unicodedata.normalize("NFKC", styled)
            if len(plain) == 1 and plain.isascii() and plain.isalnum():
                table[styled] = plain
    return table


def _ranges(characters: list[str]) -> str:
    """A character class's inside for sorted characters, runs joined: the class stays small and quick."""
    runs: list[list[str]] = []
    for character in characters:
        if runs and ord(character) == ord(runs[-1][1]) + 1:
            runs[-1][1] = character
        else:
            runs.append([character, character])
    return "".join(f"{first}-{last}" for first, last in runs)


_LETTERS = _plain_letters()
_STYLED = _ranges(sorted(_LETTERS))
_MARKS = "".join(re.escape(mark) for mark in _PUNCTUATION)
_FOLD = str.maketrans({**_LETTERS, **_PUNCTUATION})
_FOLDED = re.compile(rf"[{_STYLED}]++|[{_MARKS}]++|[\ud800-\udfff]++")
_URL_LIKE = re.compile(rf"[!-~{_STYLED}]")
_WIDE = re.compile(rf"[{_STYLED}{_MARKS}]")


def _folded(match: re.Match[str]) -> str:
    run = match[0]
    if "\ud800" <= run[0] <= "\udfff":
        return " " * len(run)
    if run[0] in _PUNCTUATION:
        # Between Chinese words the same marks are ordinary punctuation: they are ASCII only inside what may be a URL.
        text, start, end = match.string, match.start(), match.end()
        if not (start and _URL_LIKE.match(text, start - 1) and _URL_LIKE.match(text, end)):
            return run
    return run.translate(_FOLD)


# --- marks that go, and what people write so that a link cannot be clicked ----------------------------------------

_HIDDEN = re.compile(rf"[{HIDDEN}]")
_BIDI = re.compile(rf"[{BIDI}]")
_COMMON = (  # suffixes that are no words of a sentence, or hardly
    "com|net|org|info|biz|xyz|top|online|site|shop|app|dev|club|live|store|co|io|ru|de|uk|fr|br|eu|cn|cc|vip|icu|sbs|cfd|"
    "cyou|website|tk|ml|ga|gq|pl|cz|nl|jp|ca|au|za|mx|ng|ph|sg|vn|tr|gr|pt|ch|se|ir|pk|tw|kr|ua|kz|ar|cl|pe"
)
_BEFORE_PATH = f"{_COMMON}|me|us|in|id|it|es|my|to|ly|at|be|link|click|pro|life|page|space|tech|cloud|fun|help|world"
_SP = "[ \\t]"
# Every edit begins with a character of one class: the engine runs to the next of them without trying the alternatives.
_BRACKETED_DOT = rf"[({{<\[]?{_SP}?(?:\.|(?i:dot|punkt|punto|ponto|point)){_SP}?[\])}}>]{{1,2}}{_SP}{{0,2}}(?=\w)"
_DEFANGED = rf"""
  (?:
    (?<=[hH])(?:
        (?P<hxxp> (?<![a-zA-Z0-9][hH]) (?:[xX]{{2}}|\*\*|__|[tT][xX]|[xX][tT]|\+\+)[pP] (?=[sS]?[ ]?[:\[(]) )
      | (?P<spaced>
          (?<![a-zA-Z0-9][hH]) (?i:ttps?)
          (?:{_SP}{{1,2}}:{_SP}{{0,2}}/[ ]?/|:{_SP}{{1,2}}/[ ]?/|:/{_SP}{{1,2}}/|://{_SP}{{1,2}}){_SP}{{0,2}}(?=\w)
        )
    )
  | (?<=[({{<\[])(?:
        (?P<colon> (?<=[sSpP].)(?::[\])]|://\])(?://)? )
      | (?P<slash> (?<=[\w\]]\[)/\] )
      | (?P<dot> (?<=[\w\-)\]}}].){_BRACKETED_DOT} | (?<=\w\[)\.(?=\w) )
    )
  | (?<=[ \t])(?:
        (?P<apart>
            (?<=[\w\-)\]}}].){_SP}?[({{<\[]{_BRACKETED_DOT}
          | (?<=[a-zA-Z0-9].)(?<!\b[tT]he.)(?<!\b[aA].)(?<!\ban.)(?<!\b[tT]his.){_SP}?
            (?i:dot|punto|ponto){_SP}{{1,2}}(?=[a-zA-Z]{{2,7}}\b)(?=(?i:{_COMMON})\b)
          | (?:(?<=\bco.)|(?<=\bcom.)|(?<=\bgov.)|(?<=\bedu.)|(?<=\bac.)){_SP}?dot{_SP}{{1,2}}(?=[a-z]{{2}}\b)
          | (?<=[a-zA-Z0-9].){_SP}?\.{_SP}{{0,2}}(?=[a-zA-Z]{{2,7}}/)(?=(?i:{_BEFORE_PATH})/)
        )
      | (?P<colon_apart> (?<=[sSpP].)(?:\[:\]|\(:\)|\[://\])(?://)? )
    )
  | (?<=\.)(?P<dot_after>
        (?<=\w\.)\](?=\w)
      | (?<=[a-zA-Z0-9]{{2}}\.){_SP}{{1,2}}(?=(?:com|net|org|info|xyz|top|online|site|shop|app|dev)/)
    )
  | (?<=\\)(?P<escaped> (?<=\w\\)\.(?=\w) )
  | (?<=&)(?P<entity> (?:\#[0-9]{{2,5}}|\#[xX][0-9a-fA-F]{{2,5}}|(?i:amp|lt|gt|quot|apos|nbsp|colon|sol|period)); )
  )
"""
_STARTS = r"hH(\[{<\ \t.\\&"
_ASCII_EDITS = re.compile(rf"[{_STARTS}]{_DEFANGED}", re.VERBOSE)
_ALL_EDITS = re.compile(
    rf"[{_STARTS}{HIDDEN}](?:(?<=[{HIDDEN}])(?<!(?<=[{JOINED}])[\u200c\u200d](?=[{JOINED}]))(?P<hidden>[{HIDDEN}]*+)|{_DEFANGED})",
    re.VERBOSE,
)
_REPLACED: dict[str, Callable[[str], str]] = {
    "hidden": lambda _: "",
    "hxxp": lambda _: "http",
    "colon": lambda found: "://" if "/" in found else ":",
    "colon_apart": lambda found: "://" if "/" in found else ":",
    "slash": lambda _: "/",
    "dot": lambda _: ".",
    "apart": lambda _: ".",
    "dot_after": lambda _: ".",
    "escaped": lambda _: ".",
    "spaced": lambda found: "https://" if found[4] in "sS" else "http://",
}
_HTML = re.compile(r"<a\s|href\s*=", re.IGNORECASE)


def _entity(found: str, in_html: bool) -> str | None:
    """What a character reference stands for; None when it is to stay: outside HTML, "&amp;" is part of a URL."""
    if found.lower() == "&amp;" and not in_html:
        return None
    character = html.unescape(found)
    return character if len(character) == 1 and (character.isascii() or character.isspace()) else None


class Clean:
    """A cleaned text, and the way back from it. `original` may hold anything, lone surrogates included."""

    __slots__ = ("_defanged", "_gaps", "_replaced", "_shifts", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self._gaps: list[int] = []
        """Positions in `text` from which the shift of the same index applies."""
        self._shifts: list[int] = []
        self._replaced: set[int] = set()
        """The gaps whose edit left something in its place, which is part of what stands before the gap."""
        self._defanged: list[int] = []
        """Positions in `text` of what was written so that a link cannot be clicked."""
        if original.isascii():
            self.text = self._edited(original, _ASCII_EDITS)
        else:
            self.text = self._edited(_FOLDED.sub(_folded, original), _ALL_EDITS)

    def _edited(self, text: str, pattern: re.Pattern[str]) -> str:
        pieces: list[str] = []
        done = size = 0
        in_html: bool | None = None
        for match in pattern.finditer(text):
            kind = match.lastgroup or ""
            if kind != "entity":
                replacement = _REPLACED[kind](match[0])
            else:
                if in_html is None:
                    in_html = _HTML.search(text) is not None
                character = _entity(match[0], in_html)
                if character is None:
                    continue
                replacement = character
            start, end = match.span()
            size += start - done
            if kind not in {"hidden", "entity"} or replacement in set("./:@"):
                self._defanged.append(size)
            size += len(replacement)
            if replacement:
                self._replaced.add(size)
            pieces += (text[done:start], replacement)
            done = end
            self._gaps.append(size)
            self._shifts.append(end - size)
        if not pieces:
            return text
        pieces.append(text[done:])
        return "".join(pieces)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stood in the original; hidden marks at its edges are left out. end > start."""
        if not self._gaps:
            return start, end
        if end in self._replaced:
            return self._origin(start), end + self._shifts[bisect_left(self._gaps, end)]
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, position: int) -> int:
        index = bisect_right(self._gaps, position) - 1
        return position + self._shifts[index] if index >= 0 else position

    def tricks(self, start: int, end: int, raw: str) -> set[Trick]:
        """How text[start:end], written as `raw`, was disguised."""
        tricks: set[Trick] = set()
        if not raw.isascii():
            if _WIDE.search(raw):
                tricks.add(Trick.FULL_WIDTH)
            for mark in _HIDDEN.findall(raw):
                tricks.add(Trick.BIDI if _BIDI.match(mark) else Trick.ZERO_WIDTH)
        if self._defanged:
            index = bisect_left(self._defanged, start)
            if index < len(self._defanged) and self._defanged[index] < end:
                tricks.add(Trick.DEFANGED)
        return tricks
