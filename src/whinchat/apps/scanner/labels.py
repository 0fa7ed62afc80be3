"""What people said of verdicts: labelled examples that stay on this machine, and all SQL about them."""

from __future__ import annotations

import enum
import math
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.repository import DELETED
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.ports import Clock, Database, Sealer, Statement

MOST = 2000
"""Labels of one chat; beyond them the oldest go, members' reports first."""
WARNED = frozenset({Level.MALICIOUS, Level.SUSPICIOUS})
CONFIDENT = 1.96  # standard deviations of a 95 % interval


class Truth(enum.StrEnum):
    """What a link is, by the word of a person."""

    SAFE = "safe"
    DANGEROUS = "dangerous"


class Source(enum.StrEnum):
    """Whose word it is."""

    REPORT = "report"
    """A member's: weak, until an admin confirms it."""
    RULE = "rule"
    """An admin's, who allowed or denied what the link falls under."""
    ADMIN = "admin"
    """An admin's, about this very link."""


@dataclass(frozen=True, slots=True)
class Label:
    """One link's label in one chat, as far as it stands in the clear."""

    url_key: bytes
    site_key: bytes
    truth: Truth
    source: Source
    at: int
    level: Level
    """What the scanner said when the link was labelled first."""
    decided_by: DecidedBy


class Example(msgspec.Struct, frozen=True):
    """What training and measuring need to know of a labelled link; sealed."""

    url: str
    score: float
    """Raw log-odds of the link for itself, without its message."""
    evidence: tuple[str, ...]
    """Names of what was found in the link and around it."""
    judge_version: str
    lists_version: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label with everything behind it, as it leaves the database. `chat` is a pseudonym (`pseudonym`)."""

    chat: str
    truth: Truth
    source: Source
    at: int
    level: Level
    decided_by: DecidedBy
    example: Example


@dataclass(frozen=True, slots=True)
class Rates:
    """One chat's messages with links, of the time that sightings are kept, and how many of them were judged wrong.

    Only what an admin labelled is known to be wrong: the shares are lower bounds as far as nobody looks.
    """

    chat: str
    messages: int
    warned: int
    wrong: int
    """Messages with a warning about a link that is labelled safe."""
    missed: int
    """Messages with a link that is labelled dangerous, and no warning about it."""

    @property
    def wrong_share(self) -> tuple[float, float, float]:
        """Share of messages that were warned of wrongly, and its 95 % interval."""
        return share(self.wrong, self.messages)

    @property
    def missed_share(self) -> tuple[float, float, float]:
        """Share of messages whose danger was missed, and its 95 % interval."""
        return share(self.missed, self.messages)


def share(found: int, total: int) -> tuple[float, float, float]:
    """`found / total` and its 95 % interval (Wilson 1927); of nothing, nothing is known."""
    if total == 0:
        return 0.0, 0.0, 1.0
    rate, square = found / total, CONFIDENT**2
    middle = rate + square / (2 * total)
    spread = CONFIDENT * math.sqrt(rate * (1 - rate) / total + square / (4 * total**2))
    low, high = ((middle + side * spread) / (1 + square / total) for side in (-1, 1))
    return rate, max(0.0, low), min(1.0, high)


_encode = msgspec.msgpack.Encoder().encode
_example = msgspec.msgpack.Decoder(Example).decode

_LABEL = "SELECT url, site, truth, source, labelled_at, level, decided_by FROM scanner_labels"
_LABEL_ROW = tuple[bytes, bytes, Truth, Source, int, Level, DecidedBy]
_LABELLED_ROW = tuple[bytes, bytes, Truth, Source, int, Level, DecidedBy, bytes]
_RATES_ROW = tuple[bytes, int, int, int, int]


class Labels:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def site_key(self, site: Site) -> bytes:
        return self._sealer.digest("site", site.name)

    def label(self, link: Link, url_key: bytes, truth: Truth, source: Source, at: int, said: Verdict) -> Label:
        return Label(url_key, self.site_key(link.site), truth, source, at, said.level, said.decided_by)

    async def one(self, chat: bytes, url: bytes) -> Label | None:
        row = await self._database.fetch_one(f"{_LABEL} WHERE chat = :chat AND url = :url", {"chat": chat, "url": url})
        return None if row is None else Label(*msgspec.convert(row, _LABEL_ROW))

    async def of_admins(self, chat: bytes) -> list[Label]:
        """What the chat's admins said; members' reports are not among it."""
        rows = await self._database.fetch(
            f"{_LABEL} WHERE chat = :chat AND source <> 'report' LIMIT :most", {"chat": chat, "most": MOST}
        )
        return [Label(*msgspec.convert(row, _LABEL_ROW)) for row in rows]

    def keep(self, chat: bytes, author: bytes, label: Label, example: Example) -> tuple[Statement, ...]:
        """One label a link and chat: the newest word counts, but a report never before an admin's.

        What the scanner said stays as it was when the link was labelled first: later it may have been told.
        """
        put = Statement(
            """INSERT INTO scanner_labels (chat, url, site, author, truth, source, labelled_at, level, decided_by, body)
                    VALUES (:chat, :url, :site, :author, :truth, :source, :at, :level, :decided_by, :body)
               ON CONFLICT (chat, url) DO UPDATE
                       SET author = excluded.author, truth = excluded.truth, source = excluded.source,
                           labelled_at = excluded.labelled_at
                     WHERE excluded.source <> 'report' OR scanner_labels.source = 'report'""",
            {
                "chat": chat,
                "url": label.url_key,
                "site": label.site_key,
                "author": author,
                "truth": label.truth.value,
                "source": label.source.value,
                "at": label.at,
                "level": label.level.value,
                "decided_by": label.decided_by.value,
                "body": self._sealer.seal("scanner_labels", chat + label.url_key, _encode(example)),
            },
        )
        trim = Statement(
            """DELETE FROM scanner_labels WHERE chat = :chat AND url IN (
                   SELECT url FROM scanner_labels WHERE chat = :chat
                    ORDER BY CASE source WHEN 'report' THEN 1 ELSE 0 END, labelled_at DESC, url
                    LIMIT :some OFFSET :most)""",
            {"chat": chat, "most": MOST, "some": DELETED},
        )
        return put, trim

    def retention(self, keep: int) -> Statement:
        """Labels older than `keep` milliseconds, so many at a time."""
        return Statement(
            """DELETE FROM scanner_labels WHERE (chat, url) IN (
                   SELECT chat, url FROM scanner_labels WHERE labelled_at < :before
                    ORDER BY labelled_at LIMIT :most)
             RETURNING labelled_at""",
            {"before": self._clock.now() - keep, "most": DELETED},
        )

    def forget(self, chat: bytes) -> Statement:
        """All labels of a chat."""
        return Statement("DELETE FROM scanner_labels WHERE chat = :chat", {"chat": chat})


def pseudonym(sealer: Sealer, chat: bytes) -> str:
    """What a chat is called outside the database: always the same, and telling nothing without the key."""
    return f"chat-{sealer.digest('chat-pseudonym', chat)[:4].hex()}"


async def labelled(
    database: Database, sealer: Sealer, *, since: int = 0, sources: Iterable[Source] = (Source.RULE, Source.ADMIN)
) -> AsyncIterator[Labelled]:
    """Every labelled link, once for each chat, oldest first. `since`: milliseconds UTC.

    Raises StorageError: a sealed value does not open.
    """
    wanted = frozenset(sources)
    query = """
        SELECT chat, url, truth, source, labelled_at, level, decided_by, body FROM scanner_labels
         WHERE labelled_at >= :since ORDER BY labelled_at, chat, url"""
    async for row in database.stream(query, {"since": since}):
        chat, url, truth, source, at, level, decided_by, body = msgspec.convert(row, _LABELLED_ROW)
        if source in wanted:
            example = _example(sealer.open("scanner_labels", chat + url, body))
            yield Labelled(pseudonym(sealer, chat), truth, source, at, level, decided_by, example)


async def rates(database: Database, sealer: Sealer) -> list[Rates]:
    """Each chat's own rates, the busiest chat first."""
    rows = await database.fetch(
        """SELECT chat, count(*), sum(warned), sum(wrong), sum(missed)
             FROM (SELECT seen.chat AS chat,
                          max(CASE WHEN seen.shown IN ('malicious', 'suspicious') THEN 1 ELSE 0 END) AS warned,
                          max(CASE WHEN seen.shown IN ('malicious', 'suspicious')
                                    AND label.truth = 'safe' THEN 1 ELSE 0 END) AS wrong,
                          max(CASE WHEN seen.shown NOT IN ('malicious', 'suspicious')
                                    AND label.truth = 'dangerous' THEN 1 ELSE 0 END) AS missed
                     FROM scanner_sightings AS seen
                     LEFT JOIN scanner_labels AS label
                       ON label.chat = seen.chat AND label.url = seen.url AND label.source <> 'report'
                    GROUP BY seen.chat, seen.message) AS messages
            GROUP BY chat ORDER BY count(*) DESC, chat"""
    )
    counted = (msgspec.convert(row, _RATES_ROW) for row in rows)
    return [Rates(pseudonym(sealer, chat), *numbers) for chat, *numbers in counted]
