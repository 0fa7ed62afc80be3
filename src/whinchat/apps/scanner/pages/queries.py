"""What only pages ask the scanner's tables: lists and counts over all chats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.repository import Seen
from whinchat.apps.scanner.verdict import Level, Verdict
from whinchat.core.ports import Database, Row, Sealer, Value

HOUR = 3_600_000  # milliseconds

_seen = msgspec.msgpack.Decoder(Seen).decode
_verdict = msgspec.msgpack.Decoder(Verdict).decode

_SELECT = """
    SELECT s.id, s.chat, s.message, s.url, s.part, s.seen_at, s.shown, s.warned_at, s.body, v.body
      FROM scanner_sightings AS s LEFT JOIN scanner_verdicts AS v ON v.url = s.url"""
_ROW = tuple[int, bytes, bytes, bytes, str, int, Level, int | None, bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link in a message of a chat. `shown`: the level that the chat was told, or would have been."""

    id: int
    chat: bytes
    part: str
    seen_at: int
    shown: Level
    warned_at: int | None
    seen: Seen
    verdict: Verdict | None
    """Of the link for itself, as it is stored; None when that was over and is gone."""


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A chat that decided something, or where links were seen."""

    chat: bytes
    consent_at: int | None
    muted_until: int
    newest: int | None
    """Number of the newest sighting."""
    links: int
    warned: int


class Queries:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def newest(
        self, limit: int, *, before: int | None = None, level: Level | None = None, chat: bytes | None = None
    ) -> list[SeenLink]:
        """The newest sightings, with numbers below `before`."""
        args: dict[str, Value] = {"before": 2**62 if before is None else before, "limit": limit}
        where = ["s.id < :before"]
        if level is not None:
            where.append("s.shown = :level")
            args["level"] = level.value
        if chat is not None:
            where.append("s.chat = :chat")
            args["chat"] = chat
        sql = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY s.id DESC LIMIT :limit"
        return [self._opened(row) for row in await self._database.fetch(sql, args)]

    async def sighting(self, number: int) -> SeenLink | None:
        row = await self._database.fetch_one(f"{_SELECT} WHERE s.id = :id", {"id": number})
        return None if row is None else self._opened(row)

    async def of_chat(self, chat: bytes) -> SeenLink | None:
        """Its newest sighting: the way to ask the live group."""
        found = await self.newest(1, chat=chat)
        return found[0] if found else None

    async def newest_id(self) -> int:
        row = await self._database.fetch_one("SELECT coalesce(max(id), 0) FROM scanner_sightings")
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def per_hour(self, since: int) -> Mapping[tuple[int, Level], int]:
        """How many links of each level were seen in each hour after `since`, counted from 0."""
        rows = await self._database.fetch(
            """SELECT (seen_at - :since) / :hour, shown, count(*) FROM scanner_sightings
                WHERE seen_at >= :since GROUP BY 1, 2""",
            {"since": since, "hour": HOUR},
        )
        return {(hour, level): count for hour, level, count in msgspec.convert(rows, list[tuple[int, Level, int]])}

    async def warned_since(self, since: int) -> int:
        """Links seen since then that chats were warned of."""
        row = await self._database.fetch_one(
            "SELECT count(*) FROM scanner_sightings WHERE seen_at >= :since AND warned_at IS NOT NULL", {"since": since}
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def chats(self) -> AsyncIterator[ChatLine]:
        """All chats that are known of, in no order."""
        stream = self._database.stream(
            """SELECT chat, max(consent_at), max(muted_until), max(newest), sum(links), sum(warned) FROM (
                   SELECT chat, consent_at, muted_until, NULL AS newest, 0 AS links, 0 AS warned FROM scanner_chats
                   UNION ALL
                   SELECT chat, NULL, 0, max(id), count(*), count(warned_at) FROM scanner_sightings GROUP BY chat)
                GROUP BY chat"""
        )
        async for row in stream:
            yield ChatLine(*msgspec.convert(row, tuple[bytes, int | None, int, int | None, int, int]))

    def _opened(self, row: Row) -> SeenLink:
        number, chat, message, url, part, seen_at, shown, warned, body, verdict = msgspec.convert(row, _ROW)
        seen = _seen(self._sealer.open("scanner_sightings", message + url, body))
        judged = None if verdict is None else self._verdict(url, verdict)
        return SeenLink(number, chat, part, seen_at, shown, warned, seen, judged)

    def _verdict(self, url: bytes, body: bytes) -> Verdict | None:
        try:
            return _verdict(self._sealer.open("scanner_verdicts", url, body))
        except msgspec.ValidationError:  # of another version; soon there is a new one
            return None
