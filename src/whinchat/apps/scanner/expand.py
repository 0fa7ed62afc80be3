"""Where a link leads: short links and redirectors are followed, and what is met is remembered for a while."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.evidence.page import Page, read_page
from whinchat.apps.scanner.history import REDIRECTS
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.unwrap import unwrap
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.core.ports import Batch, Clock, Database, Fetcher, FetchFault, Sealer, Statement, VisitLimits
from whinchat.core.resilience.single_flight import SingleFlight

HOUR = 3600 * 1000  # milliseconds
FOUND = 24 * HOUR
"""How long it is believed where a link leads."""
FAILED = HOUR // 6
"""How long it is believed that it leads nowhere."""
DELETED = 5000  # rows in one transaction


@dataclass(frozen=True, slots=True)
class Expansion:
    """Where a link leads, and what stands there."""

    chain: tuple[Link, ...]
    """The addresses that led on, the link itself first; empty where it leads nowhere else. For `know(final, …, chain)`:
    each of them deserves a verdict of its own."""
    final: Link | None
    """The last address, visited or not; None where it is no link at all. Its wrappers are taken off."""
    page: Page | None
    """What stands there; None: it was not asked, or gave nothing."""
    fault: FetchFault | None
    """Why the way ended before a page: `final` is as far as it is known then, and nothing is benign by it."""
    expires_at: int
    """Milliseconds UTC."""


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    chain: tuple[str, ...]
    url: str
    page: Page | None = None
    fault: FetchFault | None = None

    @property
    def complete(self) -> bool:
        """Whether all was asked that could be."""
        return self.page is not None or self.fault is not None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Expander:
    """Follows links and remembers what it met: each is asked once a day, however many chats see it at once."""

    def __init__(
        self,
        fetcher: Fetcher,
        lists: Lists,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        limits: VisitLimits | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._lists = lists
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._limits = limits or VisitLimits()
        self._flights: SingleFlight[tuple[bytes, bool], Expansion] = SingleFlight()

    def hides_target(self, link: Link) -> bool:
        """A short link or a redirector: only asking it tells where it leads."""
        return link.kind is LinkKind.WEB and bool(self._lists.tags(link) & REDIRECTS)

    async def expand(self, link: Link, privacy: Privacy, *, anew: bool = False) -> Expansion | None:
        """Where the link leads, from memory or from the network; never raises for what is met there.

        What `privacy` allows: at `local` nothing; at `hash-only` short links and redirectors are followed for as long
        as they lead to others of their kind, and the page at the end is not asked; at `full` any link is visited to
        its end. `anew` passes over what is remembered. Takes at most `limits.total` seconds.

        Gives:
            None where the link is not one to follow at that level. Else see `Expansion`.
        """
        whole = privacy is Privacy.FULL
        if privacy is Privacy.LOCAL or link.kind is not LinkKind.WEB or not (whole or self.hides_target(link)):
            return None
        url = self._sealer.digest("url", link.key)
        if not anew and (known := await self._remembered(url, whole=whole)) is not None:
            return known
        return await self._flights.run((url, whole), lambda: self._follow(link, url, whole=whole))

    async def _remembered(self, url: bytes, *, whole: bool) -> Expansion | None:
        row = await self._database.fetch_one(
            "SELECT body, expires_at FROM scanner_expansions WHERE url = :url", {"url": url}
        )
        if row is None:
            return None
        body, expires = msgspec.convert(row, tuple[bytes, int])
        if expires <= self._clock.now():
            return None
        kept = _decode(self._sealer.open("scanner_expansions", url, body))
        return _expansion(kept, expires) if kept.complete or not whole else None

    async def _follow(self, link: Link, url: bytes, *, whole: bool) -> Expansion:
        visit = await self._fetcher.visit(link.url, self._limits, None if whole else self._leads_on)
        now = self._clock.now()
        kept = _Kept(tuple(hop.url for hop in visit.hops), visit.url, read_page(visit, now), visit.fault)
        expires = now + (FOUND if visit.fault is None else FAILED)
        await self._database.commit(Batch((self._keep(url, kept, expires),)))
        return _expansion(kept, expires)

    def _leads_on(self, address: str) -> bool:
        link = parse_link(address)
        return link is not None and self.hides_target(link)

    def _keep(self, url: bytes, kept: _Kept, expires: int) -> Statement:
        return Statement(
            """INSERT INTO scanner_expansions (url, expires_at, body) VALUES (:url, :expires, :body)
               ON CONFLICT (url) DO UPDATE SET expires_at = excluded.expires_at, body = excluded.body""",
            {"url": url, "expires": expires, "body": self._sealer.seal("scanner_expansions", url, _encode(kept))},
        )

    def retention(self) -> Statement:
        """What is not believed any more, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_expansions WHERE url IN (
                   SELECT url FROM scanner_expansions WHERE expires_at <= :now ORDER BY expires_at LIMIT :most)
             RETURNING expires_at""",
            {"now": self._clock.now(), "most": DELETED},
        )


def _expansion(kept: _Kept, expires: int) -> Expansion:
    final = parse_link(kept.url)
    return Expansion(
        chain=tuple(link for url in kept.chain if (link := parse_link(url)) is not None),
        final=None if final is None else unwrap(final) or final,
        page=kept.page,
        fault=kept.fault,
        expires_at=expires,
    )
