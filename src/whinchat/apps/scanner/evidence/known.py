"""What every kind of evidence is given and gives: a link's `Known` in, an `Evidence` or nothing out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from whinchat.apps.scanner.evidence.brands import Mention, Place
from whinchat.apps.scanner.evidence.places import PlaceKind, ground
from whinchat.apps.scanner.evidence.reading import Reading
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.knowledge import Listing, Lists, SiteTag
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.model.grams import Part, parts


@dataclass(frozen=True, slots=True)
class Evidence:
    """One named fact about a link. It carries no weight: that is data (`weights.toml`)."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    """For the sentence in the catalogue, under `evidence.<name>`."""
    amount: float = 1.0
    """How much of it there is; multiplies the weight. Never negative."""


@dataclass(frozen=True, slots=True)
class Hop:
    """An address that was passed through on the way to a link."""

    link: Link
    tags: frozenset[SiteTag]
    popular: bool


class Learned(NamedTuple):
    """Log-odds of danger by what links with the same runs of letters, and on the same ground, turned out to be."""

    name: float
    subdomain: float
    ending: float
    """End of the host: the last letters of the name and the suffix."""
    path: float
    ground: float
    """The suffix, or the platform that it stands on."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known about one link before evidence is gathered: looked up once, shared by all kinds."""

    tables: Tables
    reading: Reading
    mentions: tuple[Mention, ...]
    """Brands named in the link that its site does not belong to, most telling place first."""
    official: str | None
    """The brand whose own site this is."""
    listings: tuple[Listing, ...]
    tags: frozenset[SiteTag]
    popular: bool
    learned: Learned
    """What the learned tables say of its parts."""
    place_kind: PlaceKind | None = None
    """Of the shared host it stands on."""
    chain: tuple[Hop, ...] = ()
    """First to last: the wrappers it was taken out of, then the redirects that were followed."""

    def mention(self, place: Place) -> Mention | None:
        """The first brand named in that place."""
        return next((mention for mention in self.mentions if mention.place is place), None)


Kind = Callable[[Link, Known], Evidence | None]
"""A pure function: no I/O, no weights, no memory of other links."""


def know(link: Link, tables: Tables, lists: Lists, chain: Sequence[Link] = ()) -> Known:
    """Read the link and look everything up. `chain`: redirects that were followed to it, in their order."""
    reading = Reading.of(link, tables.vocabulary)
    popular = lists.popular(link.site)
    official = tables.brands.owner(link.site)
    quiet = popular or official is not None
    hops = (*wrappers(link), *chain)
    name, subdomain, ending, path = tables.grams.odds(parts_of(link, reading))
    return Known(
        tables=tables,
        reading=reading,
        mentions=() if quiet else tables.brands.mentions(reading, link.site),
        official=official,
        listings=lists.listings(link),
        tags=lists.tags(link),
        popular=popular,
        learned=Learned(name, subdomain, ending, path, tables.grounds.get(ground(link.site), 0.0)),
        place_kind=tables.places.kind(link),
        chain=tuple(Hop(hop, lists.tags(hop), lists.popular(hop.site)) for hop in hops),
    )


def parts_of(link: Link, reading: Reading) -> tuple[Part, ...]:
    """What the table of character runs is asked about."""
    return parts(
        label=reading.name,
        subdomains=reading.subdomains,
        suffix=link.site.suffix,
        path=f"{link.path}?{link.query}" if link.query else link.path,
        shared=link.site.shared,
    )


def wrappers(link: Link) -> tuple[Link, ...]:
    """The redirectors that it was taken out of, outermost first."""
    return () if link.wrapper is None else (*wrappers(link.wrapper), link.wrapper)
