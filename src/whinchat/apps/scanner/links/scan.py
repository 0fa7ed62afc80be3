"""Where the links are: one pass over a cleaned text that finds what a browser or an app would be given.

Linear by construction: regular expressions that never backtrack find runs of host characters, each position is looked
at a bounded number of times, and what was rejected is not read again.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from whinchat.apps.scanner.links import hosts, schemes
from whinchat.apps.scanner.links.characters import CONTROLS, HOST, STOPS
from whinchat.apps.scanner.links.link import LinkKind, Trick
from whinchat.apps.scanner.links.tables import TOP_LEVEL
from whinchat.apps.scanner.links.tail import Tails, opened

# Single characters are matched possessively, groups never: Python before 3.11.5 gets those wrong (gh-106052).
_RUN_HERE = re.compile(rf"([{HOST}]++)(?:((?:\.[{HOST}]++)+)(?=(:?))|(?=(:)))")
_RUN = re.compile(rf"(?<![{HOST}]){_RUN_HERE.pattern}")
_DOTS_BEFORE_COLON = 3  # groups of _RUN, by the last that took part
_ONLY_COLON = 4
_WEB_END = re.compile(r"(?:https?|ftp)\Z", re.IGNORECASE)
_OTHER_END = re.compile(rf"[a-z][a-z0-9-]{{1,{schemes.LONGEST - 1}}}\Z", re.IGNORECASE)
_SLASHES = re.compile(r"[\\/]*+")
_AUTHORITY = re.compile(rf"(?:(?!(?:https?|ftp):)[^{CONTROLS}/\\?#<>\"`|^{STOPS}])*", re.IGNORECASE)
_NAME = re.compile(rf"\[[0-9a-fA-F:.%]{{2,60}}\]|[^{CONTROLS}{STOPS}!\"#$&'()*+,/:;<=>?@\[\\\]^`{{|}}~]*+")
_HOST_SIGN = re.compile(r"[.%\[]|[0-9@](?:0?[xX])?[0-9a-fA-F]")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{8,12}")
_PORT = re.compile(r":([0-9]{1,5})(?!\w)")
_SHORT_NETWORK = re.compile(r"/[0-9]{1,2}(?![\w/.?#-])")
_MAILBOX = re.compile(rf"@[{HOST}.]*+")
_ESCAPED_USER = re.compile(rf"%[0-9a-fA-F]{{2}}[{HOST}.%]{{0,300}}+")
_LEADING_MARKS = re.compile(r"\A[-.]*+(?:_++(?!\.))?[-.]*+")
_STARTS_TAIL = frozenset("/?#\\")
_GOES_ON = _STARTS_TAIL | {":"}
_CODE_GOES_ON = frozenset("([=")

_AS_USUAL: frozenset[Trick] = frozenset()
_BARE = frozenset({Trick.NO_SCHEME})
_BARE_BACKSLASH = frozenset({Trick.NO_SCHEME, Trick.BACKSLASH})


class Found(NamedTuple):
    """Something to open at text[start:end]."""

    start: int
    end: int
    kind: LinkKind
    address: str
    """What to parse."""
    tricks: frozenset[Trick]


def scan(text: str) -> list[Found]:
    """The links of a cleaned text in order; they do not overlap."""
    scanner = _Scanner(text)
    position = 0
    while run := (position == scanner.done and _RUN_HERE.match(text, position)) or _RUN.search(text, position):
        scanner.read(run)
        position = max(run.end(), scanner.done)
    return scanner.found


class _Scanner:
    __slots__ = ("_tails", "_text", "done", "found")

    def __init__(self, text: str) -> None:
        self._text = text
        self._tails = Tails(text)
        self.found: list[Found] = []
        self.done = 0
        """Everything before is read: links, and mailboxes, which are none."""

    def read(self, run: re.Match[str]) -> None:
        """Takes the links that start inside a run of host characters."""
        start, end = run.span()
        if run.lastindex == _ONLY_COLON or run[_DOTS_BEFORE_COLON]:
            self._before_colon(start, end, dotted=run.lastindex == _DOTS_BEFORE_COLON)
        else:
            self._dotted(start, end)

    def _before_colon(self, start: int, colon: int, *, dotted: bool) -> None:
        text = self._text
        ending = text[max(start, colon - schemes.LONGEST) : colon].lower()
        if ending.endswith(schemes.WEB):
            announced = _WEB_END.search(text, max(start, colon - len("https")), colon)
            begin = announced.start() if announced else colon
            if dotted:
                self._dotted(start, begin)
            self._web(begin, colon)
            return
        if dotted:
            self._dotted(start, colon)
        elif ending in schemes.OTHER or not ending.isascii():
            self._other(start, colon)

    # --- with a scheme -------------------------------------------------------------------------------------------

    def _web(self, start: int, colon: int) -> None:
        """The link whose scheme is text[start:colon]."""
        text = self._text
        slashes = _SLASHES.match(text, colon + 1)
        begin = slashes.end() if slashes else colon + 1
        authority = _AUTHORITY.match(text, begin)
        limit = authority.end() if authority else begin
        if not _HOST_SIGN.search(text, begin, limit):
            return
        host_start = text.rfind("@", begin, limit) + 1 or begin
        host_end = self._host_end(host_start, limit, announced=begin > colon + 1)
        if host_end < 0:
            return
        end = self._with_tail(start, host_end)
        scheme, written = text[start:colon], text[colon + 1 : begin]
        tricks = _AS_USUAL
        if written != "//" or not scheme.islower() or "\\" in text[host_end:end]:
            tricks = frozenset(scheme_tricks(scheme, written) | _backslash(text, host_end, end))
        self._take(start, end, LinkKind.WEB, f"{scheme}://{text[begin:end]}", tricks)

    def _host_end(self, start: int, limit: int, *, announced: bool) -> int:
        """The end of the host that starts at `start`; -1 without. Not `announced` by slashes, its suffix must exist."""
        text = self._text
        name = _NAME.match(text, start, limit)
        host = name[0] if name else ""
        if host.startswith("["):
            return start + len(host) if ":" in host else -1
        if text[start + len(host) : start + len(host) + 1] not in _GOES_ON:
            host = self._without_marks(host, start)
        host = hosts.unglued(host)
        if len(host) > 3 * hosts.LONGEST_HOST:  # three times: it may be percent-encoded
            return -1
        labels = host.removesuffix(".").split(".")
        if len(labels) == 1:
            plausible = _NUMBER.fullmatch(host) is not None or "%2e" in host.lower()
        else:
            plausible = "" not in labels and (announced or hosts.is_name(labels))
        return start + len(host) if plausible else -1

    def _without_marks(self, host: str, start: int) -> str:
        """A host that ends the link, without the sentence's full stop and the markup that closes behind it."""
        host = host.rstrip(".")
        if host.endswith("_") and opened(self._text, "_", start):
            host = host.rstrip("_.")
        return host.rstrip("-")

    # --- without a scheme ----------------------------------------------------------------------------------------

    def _dotted(self, start: int, end: int) -> None:
        text = self._text
        at = self._user_end(end)
        if at >= 0:
            self._before_at(start, end, at)
            return
        run = text[start:end]
        if run.isascii():
            last = run[run.rfind(".") + 1 :].strip("-_")
            if last.lower() in TOP_LEVEL or last[:1].isupper() or last.isdecimal() or run[:4].lower() == "www.":
                self._bare(start, run)
            return
        for offset, piece in hosts.pieces(run):
            self._bare(start + offset, piece)

    def _bare(self, start: int, run: str) -> None:
        text = self._text
        name = _LEADING_MARKS.sub("", run)
        start += len(run) - len(name)
        if run.startswith("--") or not self._may_start(start):
            return
        if text[start + len(name) : start + len(name) + 1] not in _GOES_ON:
            name = name.rstrip("-_.")
        if len(name) > hosts.LONGEST_HOST:
            return
        host = hosts.trimmed(name)
        labels = host.split(".")
        host_end = start + len(host)
        if labels[-1].isdecimal():
            if not self._is_quad(labels, host_end):
                return
        elif not hosts.is_name(labels):
            return
        if text[host_end : host_end + 1] == "." and text[host_end + 1 : host_end + 2] in _STARTS_TAIL:
            host_end += 1  # the root's dot
        end = self._with_tail(start, host_end)
        if end == host_end and (hosts.reads_as_prose(labels) or self._is_code(labels, end)):
            return
        if text.startswith(":", host_end) and text[host_end + 1 : end].isdecimal() and hosts.is_file(labels):
            return  # main.py:12 is a line of a file
        self._take_bare(start, host_end, end)

    def _is_quad(self, labels: list[str], end: int) -> bool:
        """An address counts in running text only with a port or a path other than a network's length (10.0.0.0/8)."""
        text = self._text
        return (
            text[end : end + 1] in _GOES_ON
            and hosts.is_dotted_quad(labels)
            and not _SHORT_NETWORK.match(text, end)
            and self._with_tail(end, end) > end
        )

    def _may_start(self, start: int) -> bool:
        """Whether what stands before allows a host: not a mailbox, a path, an escape or a pattern."""
        text = self._text
        before = text[start - 1 : start]
        if before in {"/", "\\"}:
            return text[start - 2 : start - 1] == before or text[max(0, start - 6) : start - 1].lower().endswith(
                schemes.WEB
            )
        if before == ".":
            return text[start - 2 : start - 1] != "*"
        return before not in {"@", "%"}

    def _is_code(self, labels: list[str], end: int) -> bool:
        """`array.map(x)`, `user.name = 1`: a name of two parts that a program goes on with."""
        return (
            len(labels) == 2 and labels[1] not in {"com", "net", "org"} and self._text[end : end + 1] in _CODE_GOES_ON
        )

    def _user_end(self, end: int) -> int:
        """Where the @ stands that makes what is before `end`, with escapes behind it, a user's name; -1 without."""
        escaped = _ESCAPED_USER.match(self._text, end)
        end = escaped.end() if escaped else end
        return end if self._text.startswith("@", end) else -1

    def _before_at(self, start: int, name_end: int, at: int) -> None:
        """A mailbox, which is no link; or a host put as a user's name before the real one: paypal.com@evil.top/x."""
        text = self._text
        mailbox = _MAILBOX.match(text, at)
        end = mailbox.end() if mailbox else at + 1
        self.done = end
        host = text[at + 1 : end]
        if (at == name_end and text[end : end + 1] not in _STARTS_TAIL) or max(
            name_end - start, len(host)
        ) > hosts.LONGEST_HOST:
            return
        if hosts.is_name(text[start:name_end].split(".")) and hosts.is_name(host.split(".")) and self._may_start(start):
            whole = self._with_tail(start, end)
            if text.find("@", end, whole) < 0:
                self._take_bare(start, end, whole)

    # --- both ----------------------------------------------------------------------------------------------------

    def _with_tail(self, start: int, host_end: int) -> int:
        """The end of a link with its port, path, query and fragment."""
        text = self._text
        following = text[host_end : host_end + 1]
        if following == ":":
            port = _PORT.match(text, host_end)
            if not port or int(port[1]) > 65_535:
                return host_end
            host_end = port.end()
            following = text[host_end : host_end + 1]
        return self._tails.end(start, host_end) if following in _STARTS_TAIL else host_end

    def _other(self, start: int, colon: int) -> None:
        """A link of another scheme (tg:, upi:, intent:, …)."""
        text = self._text
        word = _OTHER_END.search(text, max(start, colon - schemes.LONGEST), colon)
        if word and schemes.opens(word[0].lower(), text, colon + 1):
            end = self._tails.end(word.start(), colon + 1)
            self._take(word.start(), end, LinkKind.OTHER, text[word.start() : end], _AS_USUAL)

    def _take_bare(self, start: int, host_end: int, end: int) -> None:
        text = self._text
        tricks = _BARE_BACKSLASH if _backslash(text, host_end, end) else _BARE
        self._take(start, end, LinkKind.WEB, f"http://{text[start:end]}", tricks)

    def _take(self, start: int, end: int, kind: LinkKind, address: str, tricks: frozenset[Trick]) -> None:
        self.found.append(Found(start, end, kind, address, tricks))
        self.done = end


def scheme_tricks(scheme: str, slashes: str) -> set[Trick]:
    """What is odd about a web scheme as written, and the slashes behind its colon."""
    tricks = set()
    if not scheme.islower():
        tricks.add(Trick.ODD_SCHEME_CASE)
    if "\\" in slashes:
        tricks.add(Trick.BACKSLASH)
    if len(slashes) != 2:
        tricks.add(Trick.ODD_SLASHES)
    return tricks


def _backslash(text: str, host_end: int, end: int) -> set[Trick]:
    """A browser reads it as a slash, up to the query."""
    found = text.find("\\", host_end, end)
    return {Trick.BACKSLASH} if found >= 0 and text.find("?", host_end, found) < 0 else set()
