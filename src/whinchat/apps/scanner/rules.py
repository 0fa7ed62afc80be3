"""Allow and deny rules: what they say, which links they match. Nothing is ever matched by substring."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link

EVERYWHERE = b""
"""Stands for the chat of the rules that hold in every chat."""


class Effect(enum.StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class Scope(enum.StrEnum):
    """Where a rule holds."""

    HERE = "here"
    EVERYWHERE = "everywhere"


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


_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
"""A host that somebody may mean; browsers accept names that nobody can register, such as `;`."""

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
        """As a person would write it."""
        match self.kind:
            case RuleKind.SUBDOMAINS:
                return f"*.{self.value}"
            case RuleKind.PREFIX:
                return f"{self.value}*"
            case _:
                return self.value


class Rule(msgspec.Struct, frozen=True):
    """A rule of one chat, or of all. `expires_at` is exact, in milliseconds UTC; None lasts."""

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

    `*.host` is the host with its subdomains; a URL whose path ends in `/*` is a prefix; any other URL with a path,
    query or port is that exact URL; a bare host that is a registrable domain stands for the whole domain, any other
    host for itself.
    """
    if text.startswith("*."):
        link = _web(text[2:])
        return Pattern(RuleKind.SUBDOMAINS, link.host) if link and _is_bare(link) and not link.is_address else None
    if text.endswith("/*"):
        link = _web(text[:-1])
        whole = link is not None and not link.query and link.port is None
        return Pattern(RuleKind.PREFIX, f"{link.host}{link.path}") if link and whole else None
    link = _web(text)
    return None if link is None else _of_link(link)


def _is_bare(link: Link) -> bool:
    """Whether nothing but a host was written."""
    return link.path in {"", "/"} and not link.query and link.port is None


def _of_link(link: Link) -> Pattern:
    if not _is_bare(link):
        return Pattern(RuleKind.URL, link.key)
    if link.host == link.site.registrable and not link.site.shared:
        return Pattern(RuleKind.DOMAIN, link.host)
    return Pattern(RuleKind.HOST, link.host)


def _web(text: str) -> Link | None:
    link = parse_link(text)
    if link is None or link.kind is not LinkKind.WEB:
        return None
    return link if link.is_address or _NAME.fullmatch(link.host) else None


def deciding(rules: Iterable[Rule], link: Link, now: int) -> Rule | None:
    """The rule that decides: of those that match and are not expired the most specific one; deny before allow.

    Allowing a domain does not allow what strangers put up under it.
    """
    matching = [rule for rule in rules if rule.applies(now) and rule.pattern.matches(link)]
    trusted = [rule for rule in matching if rule.effect is Effect.DENY or not _by_strangers(rule.pattern, link)]
    return min(trusted, key=_order, default=None)


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that hold in one chat: its own, and those of everywhere, which speak where its own say nothing."""

    here: Sequence[Rule]
    everywhere: Sequence[Rule]

    def deciding(self, link: Link, now: int) -> tuple[Rule, Scope] | None:
        for rules, scope in ((self.here, Scope.HERE), (self.everywhere, Scope.EVERYWHERE)):
            rule = deciding(rules, link, now)
            if rule is not None:
                return rule, scope
        return None


def _order(rule: Rule) -> tuple[int, int, bool]:
    pattern = rule.pattern
    return _SPECIFIC[pattern.kind], -len(pattern.value), rule.effect is Effect.ALLOW


def too_wide(pattern: Pattern) -> str | None:
    """For a pattern that covers ground where anybody can have a site: what a site of one's own is called there.

    Such a pattern is never to be allowed.
    """
    if pattern.kind is RuleKind.URL:
        return None
    wild = pattern.kind in {RuleKind.SUBDOMAINS, RuleKind.DOMAIN}
    link = parse_link(f"https://a.{pattern.value}/" if wild else f"https://{pattern.value}")
    if link is None or not _by_strangers(pattern, link):
        return None
    if pattern.is_host and _within(link.site.suffix, pattern.value):
        return f"name.{pattern.value}"
    return f"{pattern.value.rstrip('/')}/name"


def _by_strangers(pattern: Pattern, link: Link) -> bool:
    """Whether the link, which the pattern matches, is on ground where anybody can have a page of their own."""
    site = link.site
    if pattern.kind is RuleKind.URL:
        return False
    if pattern.is_host and _within(site.suffix, pattern.value):
        return True
    by_path = site.shared and not site.suffix.endswith(site.registrable)
    named = "/" in site.name and pattern.value.startswith(f"{site.name}/")
    return by_path and not named


def _within(suffix: str, value: str) -> bool:
    """Whether a public suffix is `value` or lies below it."""
    return f".{suffix}".endswith(f".{value}")
