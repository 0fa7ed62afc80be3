"""Hosts and addresses written so that nobody can tap them: `evil[.]com`, `hxxps://evil[.]com/login`."""

from __future__ import annotations

import re
import unicodedata

from whinchat.core.formatting.graphemes import clip

LONGEST_HOST = 80  # code points shown; an owner's name stands at the end, so the beginning is left out
LONGEST_URL = 200

_ANY_DOT = re.compile("[.\u3002\uff0e\uff61]")
# In prose, a dot can be a host's where a letter follows at once; an ideographic full stop only before Latin letters,
# because sentences in Chinese have no spaces.
_HOST_DOT = re.compile(r"(?<=[^\s.\[])(?:\.(?=[^\W\d_])|[\u3002\uff0e\uff61](?=[A-Za-z]))")
_ADDRESS = re.compile(r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)")
_HTTP = re.compile(r"http(?=s?://)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?<!hxxp)(?<!hxxps)(?<=\w)://")
_AFTER_AUTHORITY = re.compile(r"[/?#]")

# Letters that most readers take for Latin ones.
_LIKE_LATIN = {
    "CYRILLIC": frozenset("авсԁеғгһіјкӏмнорԛгѕтуүԝхьъзбпшь"),
    "GREEK": frozenset("αβγεηικνοπρτυχωϲϳ"),
}
_UNLIKE_LATIN = re.compile(
    "CJK|HIRAGANA|KATAKANA|KATAKANA-HIRAGANA|HANGUL|ARABIC|HEBREW|DEVANAGARI|BENGALI|TAMIL|TELUGU|KANNADA|MALAYALAM"
    "|GUJARATI|GURMUKHI|SINHALA|THAI|LAO|KHMER|MYANMAR|TIBETAN|ETHIOPIC"
)
_WRITTEN_TOGETHER = (
    frozenset(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")),
    frozenset(("CJK", "HANGUL")),
)


def defang(text: str) -> str:
    """`text` with every host, IPv4 address and scheme in it broken; unchanged when done again."""
    text = _HTTP.sub("hxxp", text)
    text = _OTHER_SCHEME.sub("[:]//", text)
    text = _ADDRESS.sub(lambda address: address[0].replace(".", "[.]"), text)
    return _HOST_DOT.sub("[.]", text)


def defang_host(host: str) -> str:
    """A host as `links.Link.host` has it (ASCII, v6 without brackets), or a site with a path, for reading.

    A name in other scripts is shown in them, and in ASCII as well where it could be taken for another name.
    """
    if host.count(":") > 1:
        return defang(host.replace(":", "[:]", 1))
    unicode_form = _decoded(host)
    if unicode_form is None:
        return _inert(host)
    if any(map(_misleading, unicode_form.split("."))):
        return f"{_inert(unicode_form)} ({_inert(host)})"
    return _inert(unicode_form)


def defang_url(url: str, at_most: int = LONGEST_URL) -> str:
    """A URL for reading; the end is left out when it is longer than `at_most` code points."""
    scheme, separator, rest = url.rpartition("://") if url.count("://") == 1 else url.partition("://")
    if not separator:
        scheme, rest = "", url
    found = _AFTER_AUTHORITY.search(rest)
    end = found.start() if found else len(rest)
    authority = _ANY_DOT.sub("[.]", rest[:end])
    return clip(defang(f"{scheme}{separator}{authority}{rest[end:]}"), at_most)


def _inert(host: str) -> str:
    """Dots broken; the beginning left out when it is long, up to a whole label where there is one."""
    if len(host) > LONGEST_HOST:
        tail = host[-LONGEST_HOST:]
        dot = tail.find(".")
        host = "…" + tail[max(dot, 0) :]
    return defang(_ANY_DOT.sub("[.]", host))


def _decoded(host: str) -> str | None:
    """The name in its own scripts; None when it is plain ASCII or holds what no name should."""
    labels = host.split(".")
    decoded = [_decoded_label(label) for label in labels]
    if decoded == labels or not all(map(_readable, decoded)):
        return None
    return ".".join(decoded)


def _decoded_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _readable(label: str) -> bool:
    """Letters, marks, numbers and hyphens (a site's path may follow): nothing that hides or that looks like a dot."""
    return all(c in "-_/~" or unicodedata.category(c)[0] in "LMN" for c in label)


def _misleading(label: str) -> bool:
    """Whether a reader could take the label for another one."""
    if label.isascii():
        return False
    letters = [c for c in label if c.isalpha()]
    scripts = {unicodedata.name(c, "").split(" ", 1)[0] for c in letters}
    if len(scripts) != 1:
        return not any(scripts <= together for together in _WRITTEN_TOGETHER)
    (script,) = scripts
    if script in _LIKE_LATIN:
        return all(c in _LIKE_LATIN[script] for c in letters)
    return _UNLIKE_LATIN.fullmatch(script) is None
