"""Allow and deny rules: what they say, which links they match. Nothing is ever matched by substring."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link


class Effect(enum.StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class RuleKind(enum.StrEnum):
    """From the most to the least specific: the most specific rule that matches decides."""

    URL = "url"
    PREFIX = "prefix"
    """A host and the beginning of a path, up to a `/`."""
    HOST = "host"
    SUBDOMAINS = "subdomains"
    """`*.host`: the host and everything below it."""
    DOMAIN = "domain"
    """The registrable domain with all its hosts."""


_SPECIFIC = {kind: place for place, kind in enumerate(RuleKind)}


class Pattern(msgspec.Struct, frozen=True):
    """`value` is canonical: a link's key, `host/path/`, or a host."""

    kind: RuleKind
    value: str

    def matches(self, link: Link) -> bool:
        match self.kind:
            case RuleKind.URL:
                return link.key == self.value
            case RuleKind.PREFIX:
                return f"{link.host}{link.path}".startswith(self.value)
            case RuleKind.HOST:
                return link.host == self.value
            case RuleKind.SUBDOMAINS:
                return link.host == self.value or link.host.endswith("." + self.value)
            case RuleKind.DOMAIN:
                return link.site.registrable == self.value

    @property
    def is_host(self) -> bool:
        """Whether `value` is a host alone, without a path."""
        return self.kind in {RuleKind.HOST, RuleKind.SUBDOMAINS, RuleKind.DOMAIN}

    def __str__(self) -> str:
        return f"*.{self.value}" if self.kind is RuleKind.SUBDOMAINS else self.value


class Rule(msgspec.Struct, frozen=True):
    """A rule of one chat. `expires_at` is exact, in milliseconds UTC; None lasts."""

    number: int
    """Counted per chat."""
    effect: Effect
    pattern: Pattern
    reason: str
    created_at: int
    expires_at: int | None

    def applies(self, now: int) -> bool:
        return self.expires_at is None or now < self.expires_at


def parse_pattern(text: str) -> Pattern | None:
    """What a person wrote as a rule; None when it is no link or host.

    `*.host` is the host with its subdomains; a URL whose path ends in `/*` is a prefix; any other URL with a path or
    query is that exact URL; a bare host that is a registrable domain stands for the whole domain, any other host for
    itself.
    """
    if text.startswith("*."):
        link = _web(text[2:])
        bare = link is not None and link.path in {"", "/"} and not link.query and not link.is_address
        return Pattern(RuleKind.SUBDOMAINS, link.host) if link is not None and bare else None
    if text.endswith("/*"):
        link = _web(text[:-1])
        return None if link is None else Pattern(RuleKind.PREFIX, f"{link.host}{link.path}")
    link = _web(text)
    return None if link is None else _of_link(link)


def _of_link(link: Link) -> Pattern:
    if link.path not in {"", "/"} or link.query:
        return Pattern(RuleKind.URL, link.key)
    if link.host == link.site.registrable and not link.site.shared:
        return Pattern(RuleKind.DOMAIN, link.host)
    return Pattern(RuleKind.HOST, link.host)


def _web(text: str) -> Link | None:
    link = parse_link(text)
    return link if link is not None and link.kind is LinkKind.WEB and link.host else None


def deciding(rules: Iterable[Rule], link: Link, now: int) -> Rule | None:
    """The rule that decides: the most specific one that matches and is not expired; deny before allow."""
    matching = [rule for rule in rules if rule.applies(now) and rule.pattern.matches(link)]
    return min(matching, key=lambda rule: (_SPECIFIC[rule.pattern.kind], rule.effect is Effect.ALLOW), default=None)


def too_wide(pattern: Pattern) -> str | None:
    """The suffix under which anybody can have a site, when the pattern covers all of it: never to be allowed."""
    if pattern.kind not in {RuleKind.SUBDOMAINS, RuleKind.DOMAIN}:
        return None
    link = parse_link(f"https://a.{pattern.value}/")
    covers = link is not None and link.site.suffix.endswith(pattern.value)
    return pattern.value if covers else None
