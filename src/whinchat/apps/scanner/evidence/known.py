"""What every kind of evidence is given and gives: a link's `Known` in, an `Evidence` or nothing out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from whinchat.apps.scanner.evidence.brands import Mention, Place
from whinchat.apps.scanner.evidence.reading import Reading
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.knowledge import Listing, Lists, SiteTag
from whinchat.apps.scanner.links.link import Link


@dataclass(frozen=True, slots=True)
class Evidence:
    """One named fact about a link. It carries no weight: that is data (`weights.toml`)."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    """For the sentence in the catalogue, under `evidence.<name>`."""
    amount: float = 1.0
    """How much of it there is; multiplies the weight. Never negative."""


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
    shape: float
    """Log-odds of danger by how the name is put together."""

    def mention(self, place: Place) -> Mention | None:
        """The first brand named in that place."""
        return next((mention for mention in self.mentions if mention.place is place), None)


Kind = Callable[[Link, Known], Evidence | None]
"""A pure function: no I/O, no weights, no memory of other links."""


def know(link: Link, tables: Tables, lists: Lists) -> Known:
    """Read the link and look everything up."""
    reading = Reading.of(link, tables.vocabulary)
    popular = lists.popular(link.site)
    official = tables.brands.owner(link.site)
    quiet = popular or official is not None
    return Known(
        tables=tables,
        reading=reading,
        mentions=() if quiet else tables.brands.mentions(reading, link.site),
        official=official,
        listings=lists.listings(link),
        tags=lists.tags(link),
        popular=popular,
        shape=(tables.pages if link.site.shared else tables.names).odds(reading.name),
    )
