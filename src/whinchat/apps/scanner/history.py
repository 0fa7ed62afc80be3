"""What is remembered of sites: who posted one first in a chat, who second, when last, and whether it was warned of.

One row a site and chat, however often it is posted. It outlives the sightings it comes from for as long as the site
keeps being posted: what a chat has known for years is known, though each message of it is forgotten after a month.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.evidence.situation import History
from whinchat.apps.scanner.knowledge import Lists, SiteTag
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.repository import DELETED
from whinchat.core.ports import Clock, Database, Sealer, Statement, Value

HOUR = 3600 * 1000  # milliseconds
FAMILIAR_AFTER = 7 * 24 * HOUR
LATELY = 6 * HOUR
"""As long as most scam sites live, and a link that is sent around is sent around."""
MOST = 8
"""Other chats that are looked at, those where it was posted last: more than any kind of evidence counts."""

REDIRECTS = frozenset({SiteTag.SHORTENER, SiteTag.REDIRECTOR})


class Ground(enum.Enum):
    """Whom a site speaks for."""

    OWN = enum.auto()
    """The owner of a domain."""
    CORNER = enum.auto()
    """Somebody with a page on shared hosting, free and made in a minute."""
    ANYBODY = enum.auto()
    """Nobody in particular: only the single link can be told from others."""


@dataclass(frozen=True, slots=True)
class SiteKey:
    """What is remembered about a link: its site or, on anybody's ground, the link itself."""

    key: bytes
    ground: Ground


class SiteRepository:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database, sealer: Sealer, lists: Lists, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._lists = lists
        self._clock = clock

    def key(self, link: Link) -> SiteKey | None:
        """None: of well-known sites nothing need be remembered."""
        ground = ground_of(link, self._lists)
        if ground is None:
            return None
        anybodys = ground is Ground.ANYBODY
        key = self._sealer.digest("url", link.key) if anybodys else self._sealer.digest("site", link.site.name)
        return SiteKey(key, ground)

    async def history(self, site: SiteKey, chat: bytes) -> History:
        """What was seen before now."""
        now = self._clock.now()
        settled, lately = now - FAMILIAR_AFTER, now - LATELY
        args: dict[str, Value] = {"site": site.key, "chat": chat, "settled": settled, "most": MOST}
        here = msgspec.convert(await self._database.fetch_one(HERE, args), _Here)
        rows = await self._database.fetch(ELSEWHERE, args) if here.elsewhere else ()  # most sites are nowhere else
        others = [msgspec.convert(row, _Other) for row in rows]
        senders = [at for at in (here.first_at, here.second_at) if at is not None and at <= settled]
        know = {other.first_by for other in others if other.second_at is not None and other.second_at <= settled}
        recent = sum(other.last_at >= lately for other in others)
        link_only = site.ground is Ground.ANYBODY
        return History(
            own_ground=site.ground is Ground.OWN,
            senders_here=len(senders) if here.warned_at is None else 0,
            chats_elsewhere=0 if here.warned_anywhere else len(know),
            new_here=bool(here.knows_sites) and not senders,
            chats_with_link=recent if link_only else 0,
            chats_with_site=0 if link_only else recent,
        )

    def posted(self, site: SiteKey, chat: bytes, sender: bytes) -> Statement:
        """Somebody posted it. The same person again, or the same message handled again, changes only the last time."""
        return Statement(
            """INSERT INTO scanner_sites (site, chat, first_by, first_at, last_at)
                    VALUES (:site, :chat, :sender, :now, :now)
               ON CONFLICT (site, chat) DO UPDATE
                       SET second_at = CASE WHEN scanner_sites.second_at IS NULL
                                             AND scanner_sites.first_by <> excluded.first_by
                                            THEN excluded.first_at ELSE scanner_sites.second_at END,
                           last_at = excluded.last_at""",
            {"site": site.key, "chat": chat, "sender": sender, "now": self._clock.now()},
        )

    def warned(self, site: SiteKey, chat: bytes) -> Statement:
        """The chat was warned of it, or would have been: it is not familiar any more."""
        return Statement(
            "UPDATE scanner_sites SET warned_at = :now WHERE site = :site AND chat = :chat",
            {"site": site.key, "chat": chat, "now": self._clock.now()},
        )

    def forget(self, chat: bytes) -> Statement:
        """All that a chat's messages left here."""
        return Statement("DELETE FROM scanner_sites WHERE chat = :chat", {"chat": chat})

    def retention(self, keep: int) -> Statement:
        """What nobody posted for `keep` milliseconds, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_sites WHERE (site, chat) IN (
                   SELECT site, chat FROM scanner_sites WHERE last_at < :before ORDER BY last_at LIMIT :most)
             RETURNING last_at""",
            {"before": self._clock.now() - keep, "most": DELETED},
        )


# Every part is a search in an index that ends after a few rows; that is why it says `warned_at > 0`.
HERE = """
SELECT max(first_at), max(second_at), max(warned_at),
       EXISTS (SELECT 1 FROM scanner_sites WHERE site = :site AND chat <> :chat),
       EXISTS (SELECT 1 FROM scanner_sites WHERE site = :site AND warned_at > 0),
       EXISTS (SELECT 1 FROM scanner_sites WHERE chat = :chat AND second_at <= :settled)
  FROM scanner_sites WHERE site = :site AND chat = :chat"""
"""One row, also of a site that the chat never saw: hence the `max` of what is one value."""
ELSEWHERE = """
SELECT first_by, second_at, last_at FROM scanner_sites
 WHERE site = :site AND chat <> :chat ORDER BY last_at DESC LIMIT :most"""


class _Here(msgspec.Struct, array_like=True):
    first_at: int | None
    second_at: int | None
    warned_at: int | None
    elsewhere: int
    warned_anywhere: int
    knows_sites: int


class _Other(msgspec.Struct, array_like=True):
    first_by: bytes
    second_at: int | None
    last_at: int


def ground_of(link: Link, lists: Lists) -> Ground | None:
    """None: a well-known site."""
    tags = lists.tags(link)
    if tags & REDIRECTS:
        return Ground.ANYBODY
    if link.site.shared:
        return Ground.CORNER if _has_owner(link) else Ground.ANYBODY
    if tags:
        return Ground.ANYBODY
    return None if lists.popular(link.site) else Ground.OWN


def _has_owner(link: Link) -> bool:
    """Whether a site on shared hosting is one owner's: `x.pages.dev` and `t.me/x`, not `drive.google.com/open?id=x`."""
    name = link.site.name
    if "/" in name:
        return not link.query or len(link.host) + len(link.path) > len(name)
    return link.site.suffix.endswith(link.site.registrable)
