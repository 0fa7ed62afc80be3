"""A second opinion on where the links of a text are, by linkify-it-py, and why the scanner differs.

linkify-it-py is what Markdown renderers use. It knows the same suffixes here and looks for bare IPv4 addresses too. A
disagreement is one stretch of the text in which both do not find the same links; `explain` gives the first of `RULES`
that says why. A rule looks at the text and what was found, never at which case it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from linkify_it import LinkifyIt

from whinchat.apps.scanner.links import hosts
from whinchat.apps.scanner.links.characters import GLUE, HIDDEN, PICTURES, STOPS
from whinchat.apps.scanner.links.extract import extract
from whinchat.apps.scanner.links.link import Link, LinkKind, Trick
from whinchat.apps.scanner.links.parse import web_link
from whinchat.apps.scanner.links.tables import TOP_LEVEL


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    scheme: str
    """`mailto:` for mailboxes, empty for what has no scheme."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Links that overlap each other, of both; one of them may be empty."""

    text: str
    ours: tuple[Link, ...]
    theirs: tuple[Span, ...]

    @property
    def start(self) -> int:
        return min([*(each.start for each in self.ours), *(each.start for each in self.theirs)])

    @property
    def end(self) -> int:
        return max([*(each.end for each in self.ours), *(each.end for each in self.theirs)])

    @property
    def before(self) -> str:
        return self.text[self.start - 1 : self.start]

    @property
    def after(self) -> str:
        return self.text[self.end : self.end + 1]

    @property
    def tricks(self) -> frozenset[Trick]:
        return frozenset().union(*(link.tricks for link in self.ours))

    @property
    def written(self) -> str:
        """What the first of theirs is made of."""
        return self.text[self.theirs[0].start : self.theirs[0].end]

    @property
    def surplus(self) -> str:
        """What theirs has behind the end of ours, when both begin together."""
        if len(self.ours) == len(self.theirs) == 1 and self.ours[0].start == self.theirs[0].start:
            return self.text[self.ours[0].end : self.theirs[0].end]
        return ""

    @property
    def missing(self) -> str:
        """What ours has behind the end of theirs, when both begin together."""
        if len(self.ours) == len(self.theirs) == 1 and self.ours[0].start == self.theirs[0].start:
            return self.text[self.theirs[0].end : self.ours[0].end]
        return ""

    @property
    def shown(self) -> str:
        ours = [link.raw for link in self.ours]
        theirs = [self.text[each.start : each.end] for each in self.theirs]
        around = self.text[max(0, self.start - 20) : self.end + 20]
        return f"in {around!a}: ours {ours!a}, theirs {theirs!a}"


@cache
def linkify() -> LinkifyIt:
    return LinkifyIt().tlds(sorted(TOP_LEVEL)).set({"fuzzy_ip": True})


def compare(text: str) -> tuple[int, list[Disagreement]]:
    """How many links both find alike, and where they differ."""
    theirs = [Span(each.index, each.last_index, each.schema) for each in linkify().match(text) or ()]
    alike, found = 0, []
    for group in _overlapping([*extract(text), *theirs]):
        ours = tuple(each for each in group if isinstance(each, Link))
        spans = tuple(each for each in group if isinstance(each, Span))
        if [(each.start, each.end) for each in ours] == [(each.start, each.end) for each in spans]:
            alike += len(ours)
        else:
            found.append(Disagreement(text, ours, spans))
    return alike, found


def _overlapping(found: list[Link | Span]) -> Iterator[list[Link | Span]]:
    group: list[Link | Span] = []
    for each in sorted(found, key=lambda each: (each.start, each.end)):
        if group and each.start >= max(other.end for other in group):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


# --- what only we find -------------------------------------------------------------------------------------------

_STOP = re.compile(rf"[{STOPS}{GLUE}{PICTURES}\ud800-\udfff]")
_HIDDEN = re.compile(rf"[{HIDDEN}]")
_SENTENCE = re.compile(r"[.'\u2019]?\w")
_STRANGE_HOST = re.compile(r"_|--|%|\./|@")
_MARKS = frozenset("*_~`|")


def other_scheme(it: Disagreement) -> bool:
    """Links of apps: tg:, upi:, intent:, bitcoin:, …"""
    return any(link.kind is LinkKind.OTHER for link in it.ours)


def defanged(it: Disagreement) -> bool:
    """Written so that it cannot be clicked: hxxp, [.], " dot ", entities."""
    return Trick.DEFANGED in it.tricks


def hidden_marks(it: Disagreement) -> bool:
    """Marks without a picture in or beside a link are left out."""
    return bool(it.ours and _HIDDEN.search(it.text[max(0, it.start - 1) : it.end + 1]))


def full_width(it: Disagreement) -> bool:
    """Letters and dots that browsers read as plain ones."""
    return Trick.FULL_WIDTH in it.tricks


def slashes(it: Disagreement) -> bool:
    """Browsers forgive missing slashes, more of them, and backslashes."""
    return bool(it.tricks & {Trick.ODD_SLASHES, Trick.BACKSLASH})


def address_6(it: Disagreement) -> bool:
    """IPv6 addresses."""
    return any(":" in link.host for link in it.ours)


def strange_host(it: Disagreement) -> bool:
    """Hosts that browsers take: underscores, rows of hyphens, escapes, a root's dot, users with escapes or two @."""
    return any(_STRANGE_HOST.search(re.split(r"(?<![:/])/(?!/)", link.raw)[0] + "/") for link in it.ours)


def markup(it: Disagreement) -> bool:
    """WhatsApp's *bold*, _italic_, ~strike~ and `code` around a link are no part of it; and |tables|."""
    around = {it.before, it.after, it.text[it.start], it.surplus[:1], it.surplus[-1:]}
    return bool(it.ours and around & _MARKS)


def quoted(it: Disagreement) -> bool:
    """Quotes, brackets, entities and apostrophes that close what stands before the link are no part of it."""
    return it.surplus[:1] in {"'", '"', "&", "|", ">"}


def punctuation(it: Disagreement) -> bool:
    """A sentence's punctuation at its end, and a backslash that escapes a quote, are no part of a link."""
    return it.surplus[:1] in set(".,;:!?\\")


def brackets(it: Disagreement) -> bool:
    """A path, query or fragment may hold brackets and parentheses, closed or cut off by a space."""
    return not set(it.missing).isdisjoint("([{}])")


def empty_end(it: Disagreement) -> bool:
    """An empty fragment belongs to a link."""
    return it.missing == "#"


def stopped(it: Disagreement) -> bool:
    """Punctuation and glued words of other scripts end a link, and emoji do."""
    return _STOP.match(it.surplus) is not None


def glued_word(it: Disagreement) -> bool:
    """Words of other scripts and emoji touch a link without a space."""
    around = it.before + it.after + it.text[it.start : it.end]
    return bool(it.ours and any(not each.isascii() for each in around))


def glued_links(it: Disagreement) -> bool:
    """Links without a space between them are several."""
    if len(it.ours) > 1:
        return True
    return bool(it.ours and it.text[max(0, it.start - 1) : it.end + 10].lower().count("http") > 1)


def announced(it: Disagreement) -> bool:
    """A label, a sign or two slashes before a link are no part of it, and do not hide it: "link:a.com", "//a.com"."""
    if not it.ours:
        return False
    if it.theirs:
        return it.theirs[0].start < it.ours[0].start
    return it.before in set(":=+>.-/@#$") or it.before.isalnum()


def sentence_goes_on(it: Disagreement) -> bool:
    """A word glued behind a suffix is the next sentence, or advertising: "example.com.Thanks"."""
    behind = it.text[it.ours[0].end :] if it.ours else ""
    return bool(it.ours) and _SENTENCE.match(behind) is not None


# --- what only they find -----------------------------------------------------------------------------------------


def mailbox(it: Disagreement) -> bool:
    """An e-mail address is no link, nor is a part of one."""
    return not it.ours and (it.theirs[0].scheme == "mailto:" or "@" in it.written + it.before + it.after)


def file_name(it: Disagreement) -> bool:
    """report.zip and main.py are files, whether or not such suffixes exist."""
    return not it.ours and hosts.is_file(_labels(it))


def prose(it: Disagreement) -> bool:
    """A sentence's end without a space, an abbreviation, a price."""
    return not it.ours and hosts.reads_as_prose(_labels(it))


def code(it: Disagreement) -> bool:
    """A program goes on with it, or has come to it: foo.map(x), this.style, --flag.name."""
    return not it.ours and (it.after in set("([=") or it.text[it.start - 2 : it.start] == "--")


def one_label(it: Disagreement) -> bool:
    """A host without a dot is nobody's on the internet."""
    return not it.ours and "." not in _host(it)


def plain_address(it: Disagreement) -> bool:
    """Four numbers are a version more often than an address, unless a path or port follows."""
    return not it.ours and _host(it).replace(".", "").isdecimal() and not it.theirs[0].scheme


def no_address(it: Disagreement) -> bool:
    """No browser opens it, or what it is the beginning of."""
    if it.ours:
        return False
    scheme = "" if it.theirs[0].scheme else "http://"
    return any(web_link("", 0, scheme + each) is None for each in (it.written, _up_to_space(it)))


def in_path(it: Disagreement) -> bool:
    """The end of a file's path or of an escape."""
    return not it.ours and it.before in set("/\\%")


def _up_to_space(it: Disagreement) -> str:
    return it.text[it.start :].split(maxsplit=1)[0]


def _host(it: Disagreement) -> str:
    rest = it.written.partition("//")[2] if it.theirs[0].scheme else it.written
    return re.split(r"[/?#:]", rest, maxsplit=1)[0]


def _labels(it: Disagreement) -> list[str]:
    return _host(it).split(".")


RULES: tuple[Callable[[Disagreement], bool], ...] = (
    mailbox, one_label, plain_address, no_address, in_path, code, file_name, prose,
    other_scheme, defanged, hidden_marks, full_width, slashes, address_6, strange_host, markup, quoted, punctuation,
    brackets, empty_end, stopped, glued_links, glued_word, announced, sentence_goes_on,
)  # fmt: skip


def explain(it: Disagreement) -> str | None:
    """The name of the rule that says why; None when none does."""
    return next((rule.__name__ for rule in RULES if rule(it)), None)
