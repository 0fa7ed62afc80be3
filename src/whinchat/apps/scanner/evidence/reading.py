"""A link taken apart into labels, words and path segments, once, for all kinds of evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from whinchat.apps.scanner.evidence.vocabulary import Vocabulary
from whinchat.apps.scanner.links.link import Link

LONGEST_NAME = 100  # characters looked at; on hosting the name may be a folder of any length
LONGEST_PATH = 2_000  # characters looked at; what comes after tells nothing new
LONGEST_TITLE = 32  # characters; longer path segments are titles of articles
MOST_SEGMENTS = 24
MOST_LABELS = 12

_BREAK = re.compile(r"[\W_]+")
_PAGE = re.compile(r"\.(?:php\d?|[sp]?html?|aspx?|jsp|do|cgi)$")
_YEAR = re.compile(r"(?:19|20)\d\d")


def parts(label: str) -> tuple[str, ...]:
    """The runs of letters and digits in a label: "paypal-secure_1" to paypal, secure, 1."""
    if label.isalnum():
        return (label,)
    return tuple(part for part in _BREAK.split(label) if part)


def decoded(label: str) -> str:
    """A host label as people see it: punycode undone where it is valid."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


@dataclass(frozen=True, slots=True)
class Reading:
    """`name` is the owner's own label, as people see it; empty for addresses."""

    name: str
    parts: tuple[str, ...]
    """Of the name."""
    words: tuple[str, ...]
    """Of the name, runs split where known words cover them."""
    subdomains: tuple[str, ...]
    """Labels before the site's own, left to right, `www` left out."""
    sub_words: tuple[str, ...]
    segments: tuple[str, ...]
    """Of the path, percent-decoded, lower case."""
    titles: tuple[tuple[str, ...], ...]
    """Words of the segments, the ending of a page left out; none for long segments."""
    dated: bool
    """A year is among the segments, as in archives of articles."""
    file: str
    """The last segment, when the path does not end in a slash."""

    @classmethod
    def of(cls, link: Link, vocabulary: Vocabulary) -> Reading:
        name = decoded(link.site.label[:LONGEST_NAME].lower())
        subdomains = () if link.is_address else _subdomains(link)
        segments = _segments(link.path)
        return cls(
            name=name,
            parts=parts(name),
            words=vocabulary.words(parts(name)),
            subdomains=subdomains,
            sub_words=vocabulary.words([part for label in subdomains for part in parts(label)]),
            segments=segments,
            titles=tuple(
                [vocabulary.words(parts(_PAGE.sub("", each))) for each in segments if len(each) <= LONGEST_TITLE]
            ),
            dated=any(len(each) == 4 and _YEAR.match(each) for each in segments),
            file=segments[-1] if segments and not link.path.endswith("/") else "",
        )


def _subdomains(link: Link) -> tuple[str, ...]:
    host = link.site.name.partition("/")[0]
    if len(link.host) <= len(host) or not link.host.endswith("." + host):
        return ()
    labels = link.host[: -len(host) - 1].split(".")
    if labels[0] == "www":
        del labels[0]
    return tuple(decoded(label) for label in labels[-MOST_LABELS:])


def _segments(path: str) -> tuple[str, ...]:
    if len(path) <= 1:
        return ()
    text = path[:LONGEST_PATH]
    if "%" in text:
        text = unquote(text, errors="replace")
    return tuple([segment for segment in text.lower().split("/") if segment][:MOST_SEGMENTS])
