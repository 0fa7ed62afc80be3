"""Which sites everybody knows, and which are shared by many: popular names and tags of the shipped snapshot."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from scripts.feed_sources import (
    KNOWN_LISTS,
    PLATFORMS,
    REDIRECTORS,
    SUBDOMAINS_IN_DOUBT,
    SUBDOMAINS_OF_HOSTING,
    TAG_LISTS,
    TOP_LISTS,
    Lists,
)

from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.links.site import site_of


@dataclass(frozen=True, slots=True)
class Sites:
    popular: frozenset[str]
    """Registrable domains."""
    top: frozenset[str]
    """Names in the top-10k list as they stand there; nothing that ships lists one of them."""
    tags: dict[str, set[SiteTag]]
    crowded: int
    """Hosting found by the listed names below it, not by a list of hosting."""

    def is_known(self, host: str) -> bool:
        """Whether an entry of that host would list what belongs to everybody."""
        name = host.removeprefix("www.")
        return name in self.popular or name in self.top or name in self.tags

    def is_shared(self, host: str) -> bool:
        """Whether an entry of that host is not good for a verdict."""
        site = site_of(host, "/")
        return host in self.tags or (not site.shared and site.registrable in self.popular)


def known_sites(lists: Lists, not_shippable: frozenset[str]) -> Sites:
    below = _listed_below(lists, not_shippable)
    tags = _tags(lists)
    crowded = [name for name, count in below.items() if count >= SUBDOMAINS_OF_HOSTING and name not in PLATFORMS]
    for name in crowded:
        tags[name].add(SiteTag.HOSTING)
    votes: Counter[str] = Counter()
    for file in TOP_LISTS:
        votes.update({site_of(name, "/").registrable for name in lists.names(file) if _is_name(name)})
    known = {site_of(name, "/").registrable for file in KNOWN_LISTS for name in lists.names(file) if _is_name(name)}
    popular = {
        name
        for name in votes.keys() | known
        if name and name not in tags and (below[name] < SUBDOMAINS_IN_DOUBT or votes[name] == len(TOP_LISTS))
    }
    return Sites(frozenset(popular), frozenset(lists.names("misp_tranco10k")), dict(tags), len(crowded))


def _listed_below(lists: Lists, not_shippable: frozenset[str]) -> Counter[str]:
    """For each registrable domain, how many listed hosts lie below it that no private suffix sets apart."""
    below: Counter[str] = Counter()
    for source in ("tweetfeed", "phishing_database"):
        for host, _ in lists.dated(source):
            name = host.removeprefix("www.")
            if name in not_shippable and source == "phishing_database":
                continue
            site = site_of(name, "/")
            if name != site.registrable and not site.shared:
                below[site.registrable] += 1
    return below


def _tags(lists: Lists) -> defaultdict[str, set[SiteTag]]:
    tags: defaultdict[str, set[SiteTag]] = defaultdict(set)
    for file, tag in TAG_LISTS:
        for name in lists.names(file):
            if _is_name(name) and name not in PLATFORMS and name not in REDIRECTORS:
                tags[name].add(tag)
    for name in REDIRECTORS:
        tags[name].add(SiteTag.REDIRECTOR)
    return tags


def _is_name(text: str) -> bool:
    return "." in text and text.isascii() and not text.replace(".", "").isdigit()
