"""Is this run of letters, digits and dots a host, when no scheme says so? And where does a host in running text end?"""

from __future__ import annotations

import re

from whinchat.apps.scanner.links.characters import GLUE, PICTURES
from whinchat.apps.scanner.links.suffixes import split
from whinchat.apps.scanner.links.tables import TOP_LEVEL, groups

LONGEST_HOST = 253  # octets, RFC 1035 with the dots written
LONGEST_LABEL = 63

_WORDS = groups("words.txt")
_PROSE, _LAST, _CODE = _WORDS["prose"], _WORDS["last"], _WORDS["code"]
_FILE, _FILE_NAME, _FILE_END = _WORDS["file"], _WORDS["file_name"], _WORDS["file_end"]
_UNIT, _SELDOM, _CODE_END = _WORDS["unit"], _WORDS["seldom"], _WORDS["code_end"]
_UNMISTAKABLE = frozenset({"com", "net", "org", "info", "biz"})
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "net", "nom", "or", "org"})
_SHORT = frozenset({"ai", "co", "com", "ly", "me", "net", "org"})
"""Suffixes under which hosts of one letter are known (x.com, t.me)."""

_BEYOND = re.compile(rf"(?<=[a-zA-Z0-9\-])[{GLUE}]++|(?<![{GLUE}])[{GLUE}]++(?=[a-zA-Z0-9])")
_LATIN_HEAD = re.compile(r"[xX][nN]--[a-zA-Z0-9-]+|[a-zA-Z]{2,24}")
_GLUED_SUFFIX = re.compile(rf"\.({_LATIN_HEAD.pattern})(?=[{GLUE}{PICTURES}])")
_GLUED_DIGIT = re.compile(r"(?:com|net|org|info|biz)(?=[0-9])", re.IGNORECASE)
_CAMEL = re.compile(r"[a-z][A-Z]")
_OCTET = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)


def is_suffix(label: str) -> bool:
    return label.lower() in TOP_LEVEL


def pieces(run: str) -> list[tuple[int, str]]:
    """The hosts that a run may hold, with their offsets: words of scripts that never mix with Latin are cut out where
    they touch Latin letters, so that a host can stand between Chinese or Arabic words without a space."""
    found = []
    position = 0
    for match in _BEYOND.finditer(run):
        found.append((position, run[position : match.start()]))
        position = match.end()
    found.append((position, run[position:]))
    return [(offset, piece) for offset, piece in found if "." in piece]


def trimmed(host: str) -> str:
    """The host without what runs into it at the end: a glued word ("x.comпотом"), the next sentence ("x.com.Then")."""
    while True:
        head, dot, last = host.rpartition(".")
        if not dot or not last or is_suffix(last):
            return host
        latin = _LATIN_HEAD.match(last)
        if latin and latin.end() < len(last) and not last[latin.end()].isascii() and is_suffix(latin[0]):
            return host[: len(head) + 1 + latin.end()]
        if host[:4].lower() == "www." and (common := _GLUED_DIGIT.match(last)):
            return host[: len(head) + 1 + common.end()]
        before = head.rpartition(".")
        starts_sentence = last[0].isupper() and not head.isupper()
        if not (starts_sentence or not last[0].isascii()) or not before[1] or not is_suffix(before[2]):
            return host
        host = head


def unglued(host: str) -> str:
    """A host that a scheme announced, up to the suffix that words or emoji of another script touch."""
    if host.isascii():
        return trimmed(host)
    for match in _GLUED_SUFFIX.finditer(host):
        if is_suffix(match[1]):
            return host[: match.end()]
    return trimmed(host)


def is_name(labels: list[str]) -> bool:
    """A name that could be looked up and whose suffix exists."""
    if len(labels) < 2 or not is_suffix(labels[-1]) or "_" in labels[-2]:
        return False
    return all(label and len(label) <= LONGEST_LABEL and label[0] != "-" != label[-1] for label in labels)


def is_dotted_quad(labels: list[str]) -> bool:
    """Four plain octets: what is an address in running text. Browsers read more, but only after a scheme."""
    return len(labels) == 4 and all(_OCTET.fullmatch(label) and int(label) < 256 for label in labels)


def reads_as_prose(labels: list[str]) -> bool:
    """A valid name that, standing alone, is more likely a sentence's end, an abbreviation, a file or code."""
    first, last = labels[0], labels[-1]
    suffix = last.lower()
    if first.lower() == "www":
        return False
    if last[0].isupper() and _starts_sentence(labels):
        return True
    if all(len(label) == 1 for label in labels[:-1]):
        return len(labels) > 2 or last[0].isupper() or suffix not in _SHORT
    if suffix in _FILE:
        return is_file(labels)
    if len(labels) > 2 or suffix in _UNMISTAKABLE:
        return False
    name = first.lower()
    return (
        (name in _PROSE and suffix in _LAST)
        or suffix in _SELDOM
        or name in _CODE
        or (suffix in _FILE_END and (name in _FILE_NAME or name.startswith("lib")))
        or (suffix in _CODE_END and _CAMEL.search(first) is not None)
        or (name.isdecimal() and len(name) < 5 and (suffix in _UNIT or (len(name) < 3 and suffix in _LAST)))
    )


def is_file(labels: list[str]) -> bool:
    """A name whose last label is far more often a file's ending, with nothing that speaks for a host."""
    if labels[-1].lower() not in _FILE or labels[0].lower() == "www":
        return False
    return len(labels) == 2 or not (
        labels[-2].lower() in _SECOND_LEVEL or "." in split(".".join(labels).lower()).suffix
    )


def _starts_sentence(labels: list[str]) -> bool:
    """ "done.Please" and "again.CALL", but not AMAZON.IN, Amazon.Com and a.b.WORKERS.DEV."""
    last = labels[-1]
    if last.isupper() and len(last) > 1:
        return len(labels) == 2 and last.lower() not in _UNMISTAKABLE and not labels[0].isupper()
    return last.lower() not in _UNMISTAKABLE or any(label[0].islower() for label in labels)
