"""Where the links are: one pass over a cleaned text that finds what a browser or an app would be given.

Linear by construction: a regular expression that never backtracks finds runs of host characters, each position is
looked at a bounded number of times, and what was rejected is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from whinchat.apps.scanner.links import hosts, schemes
from whinchat.apps.scanner.links.characters import CONTROLS, HOST, STOPS
from whinchat.apps.scanner.links.link import LinkKind, Trick
from whinchat.apps.scanner.links.tail import Tails, opened

_RUN = re.compile(rf"(?<![{HOST}])[{HOST}]++(?:(?P<dots>(?:\.[{HOST}]++)++)|(?=:))")
_SCHEME_END = re.compile(r"(?:https?|ftp)\Z", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9-]{1,19}\Z", re.IGNORECASE)
_SLASHES = re.compile(r"[\\/]*+")
_AUTHORITY = re.compile(rf"(?:(?!(?:https?|ftp):)[^{CONTROLS}/\\?#<>\"`|^{STOPS}])*+", re.IGNORECASE)
_NAME = re.compile(rf"\[[0-9a-f:.%]{{2,60}}\]|[^{CONTROLS}{STOPS}!\"#$&'()*+,/:;<=>?@\[\\\]^`{{|}}~]*+", re.IGNORECASE)
_PORT = re.compile(r":(\d{1,5})(?!\w)", re.ASCII)
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|\d{8,12}", re.IGNORECASE | re.ASCII)
_SHORT_NETWORK = re.compile(r"/\d{1,2}(?![\w/.?#-])", re.ASCII)
_MAILBOX = re.compile(rf"@[{HOST}.]*+")
_CALL = re.compile(r"[(\[=]")


class Found(NamedTuple):
    """Something to open at text[start:end]."""

    start: int
    end: int
    kind: LinkKind
    address: str
    """What to parse."""
    tricks: frozenset[Trick]


_PLAIN: frozenset[Trick] = frozenset()
_BARE = frozenset({Trick.NO_SCHEME})
_BARE_BACKSLASH = frozenset({Trick.NO_SCHEME, Trick.BACKSLASH})


def scan(text: str) -> Iterator[Found]:
    """The links of a cleaned text in order; they do not overlap."""
    scanner = _Scanner(text)
    position = 0
    while run := _RUN.search(text, position):
        position = run.end()
        found: Found | None = None
        for found in scanner.links(run):
            yield found
            position = max(position, found.end)
        position = max(position, scanner.resume)


class _Scanner:
    __slots__ = ("_tails", "_text", "resume")

    def __init__(self, text: str) -> None:
        self._text = text
        self._tails = Tails(text)
        self.resume = 0
        """Where to go on when more was read than a link: behind a mailbox."""

    def links(self, run: re.Match[str]) -> Iterator[Found]:
        """Those that start inside a run of host characters."""
        text = self._text
        start, end = run.span()
        colon = text.startswith(":", end)
        announced = _SCHEME_END.search(text, max(start, end - 5), end) if colon else None
        if run["dots"]:
            yield from self._bare(start, announced.start() if announced else end)
        if announced:
            found = self._web(announced.start(), end)
        elif colon:
            found = self._other(start, end)
        else:
            return
        if found:
            yield found

    # --- with a scheme ------------------------------------------------------------------------------------------

    def _web(self, start: int, colon: int) -> Found | None:
        """The link whose scheme is text[start:colon]."""
        text = self._text
        slashes = _SLASHES.match(text, colon + 1)
        begin = slashes.end() if slashes else colon + 1
        authority = _AUTHORITY.match(text, begin)
        limit = authority.end() if authority else begin
        at = text.rfind("@", begin, limit)
        host_start = at + 1 if at >= 0 else begin
        host_end = self._host_end(host_start, limit, known=begin == colon + 1)
        if host_end is None:
            return None
        end = self._with_tail(start, host_end)
        scheme = text[start:colon]
        tricks = set()
        if not scheme.islower():
            tricks.add(Trick.ODD_SCHEME_CASE)
        written = text[colon + 1 : begin]
        if "\\" in written or _backslash(text, host_end, end):
            tricks.add(Trick.BACKSLASH)
        if len(written) != 2:
            tricks.add(Trick.ODD_SLASHES)
        return Found(
            start,
            end,
            LinkKind.WEB,
            f"{scheme}://{text[begin:end]}",
            frozenset(tricks) if tricks else _PLAIN,
        )

    def _host_end(self, start: int, limit: int, *, known: bool) -> int | None:
        """The end of the host that starts at `start`; None when there is none. `known`: its suffix has to exist."""
        text = self._text
        name = _NAME.match(text, start, limit)
        host = name[0] if name else ""
        if host.startswith("["):
            return start + len(host) if ":" in host else None
        if start + len(host) == limit or text[start + len(host)] not in "/\\?#:":
            host = self._without_marks(host, start)
        host = hosts.unglued(host)
        if len(host) > 3 * hosts.LONGEST_HOST:  # percent-encoded it may be three times as long
            return None
        labels = host.removesuffix(".").split(".")
        if len(labels) == 1:
            return start + len(host) if _NUMBER.fullmatch(host) else None
        if "" in labels:
            return None
        return start + len(host) if not known or hosts.is_name(labels) else None

    def _without_marks(self, host: str, start: int) -> str:
        """A host that ends the link, without the sentence's full stop and the markup that closes behind it."""
        host = host.rstrip(".")
        if host.endswith("_") and opened(self._text, "_", start):
            host = host.rstrip("_.")
        return host.rstrip("-")

    # --- without a scheme ---------------------------------------------------------------------------------------

    def _bare(self, start: int, end: int) -> Iterator[Found]:
        text = self._text
        if text.startswith("@", end):
            yield from self._before_at(start, end)
            return
        for offset, piece in hosts.pieces(text[start:end]):
            found = self._bare_host(start + offset, piece)
            if found and found.start >= self.resume:
                self.resume = found.end
                yield found

    def _bare_host(self, start: int, piece: str) -> Found | None:
        text = self._text
        name = piece.lstrip("-_.")
        start += len(piece) - len(name)
        if piece.startswith("--") or not self._may_start(start):
            return None
        after = text[start + len(name) : start + len(name) + 1]
        if after not in {"/", "\\", "?", "#", ":"} or not after:
            name = name.rstrip("-_.")
        if len(name) > hosts.LONGEST_HOST:
            return None
        host = hosts.trimmed(name)
        labels = host.split(".")
        host_end = start + len(host)
        if len(labels) < 2:
            return None
        if labels[-1].isdecimal():
            return self._quad(start, host_end, labels)
        if not hosts.is_name(labels):
            return None
        end = self._with_tail(start, host_end)
        if end == host_end and (hosts.reads_as_prose(labels) or self._is_code(labels, end)):
            return None
        return self._without_scheme(start, host_end, end)

    def _quad(self, start: int, host_end: int, labels: list[str]) -> Found | None:
        """An address counts in running text only with a port or a path that is not the length of a network's prefix."""
        if not hosts.is_dotted_quad(labels) or _SHORT_NETWORK.match(self._text, host_end):
            return None
        end = self._with_tail(start, host_end)
        return self._without_scheme(start, host_end, end) if end > host_end else None

    def _without_scheme(self, start: int, host_end: int, end: int) -> Found:
        tricks = _BARE_BACKSLASH if _backslash(self._text, host_end, end) else _BARE
        return Found(start, end, LinkKind.WEB, f"http://{self._text[start:end]}", tricks)

    def _may_start(self, start: int) -> bool:
        """Whether what stands before allows a host: not a mailbox, a path, an escape or a pattern."""
        text = self._text
        before = text[start - 1] if start else ""
        if before in {"/", "\\"}:
            return text[start - 2 : start - 1] == before
        if before == ".":
            return text[start - 2 : start - 1] != "*"
        return before not in {"@", "%"}

    def _is_code(self, labels: list[str], end: int) -> bool:
        """`array.map(x)`, `user.name = 1`: a name of two parts that a program goes on with."""
        return len(labels) == 2 and labels[1] not in {"com", "net", "org"} and _CALL.match(self._text, end) is not None

    def _before_at(self, start: int, at: int) -> Iterator[Found]:
        """A mailbox, which is no link; or a well-known host put before the real one, as in paypal.com@evil.top/login."""
        text = self._text
        mailbox = _MAILBOX.match(text, at)
        end = mailbox.end() if mailbox else at + 1
        self.resume = end
        host = text[at + 1 : end]
        pretended = text[start:at].split(".")
        if len(host) > hosts.LONGEST_HOST or not text.startswith(("/", "?", "#", "\\"), end):
            return
        if hosts.is_name(pretended) and hosts.is_name(host.split(".")) and self._may_start(start):
            whole = self._with_tail(start, end)
            if text.find("@", end, whole) < 0:
                yield self._without_scheme(start, end, whole)

    # --- both ---------------------------------------------------------------------------------------------------

    def _with_tail(self, start: int, host_end: int) -> int:
        """The end of a link with its port, path, query and fragment."""
        text = self._text
        port = _PORT.match(text, host_end)
        position = port.end() if port and int(port[1]) < 65_536 else host_end
        if text[position : position + 1] in {"/", "?", "#", "\\"}:
            return max(self._tails.end(start, position), position)
        return position

    def _other(self, start: int, colon: int) -> Found | None:
        """A link of another scheme (tg:, upi:, intent:, …)."""
        text = self._text
        word = _OTHER_SCHEME.search(text, max(start, colon - schemes.LONGEST_SCHEME), colon)
        scheme = word[0].lower() if word else ""
        if word is None or scheme not in schemes.OTHER or not schemes.opens(scheme, text, colon + 1):
            return None
        end = self._tails.end(word.start(), colon + 1)
        return Found(word.start(), end, LinkKind.OTHER, scheme + text[colon:end], _PLAIN)


def _backslash(text: str, host_end: int, end: int) -> bool:
    """A browser reads it as a slash, up to the query."""
    found = text.find("\\", host_end, end)
    return found >= 0 and text.find("?", host_end, found) < 0
