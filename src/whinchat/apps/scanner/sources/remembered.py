"""Answers that still hold: in memory for links that come in waves, in the database for all others and over restarts."""

from __future__ import annotations

import logging
from collections import OrderedDict

import msgspec

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, NoAnswer, NotListed
from whinchat.core.dispatch.retention import PAGE
from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Batch, Clock, Database, Random, Sealer, Statement

log = logging.getLogger(__name__)

MOST = 5_000
"""Answers in memory, about a megabyte."""
JITTER = 0.1
"""Share of a lifetime by which it may be shorter, so that what came together does not go together."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Listed | NotListed | Facts).decode

Found = Listed | NotListed | Facts
"""What can be remembered: not having an answer cannot."""


class Remembered:
    """One for all sources. What cannot be read or written is as if it were not there: the source is asked again."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, random: Random, *, most: int = MOST) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random
        self._most = most
        self._recent: OrderedDict[bytes, tuple[int, Found]] = OrderedDict()
        """With the time at which they end; least recently used first."""

    def subject(self, about: About, link: Link) -> bytes:
        """What an answer is found by: the same for all links that it holds for."""
        return self._sealer.digest("source-answer", about.name, about.subject.of(link))

    async def get(self, subject: bytes) -> Found | None:
        now = self._clock.now()
        recent = self._recent.get(subject)
        if recent is not None and recent[0] > now:
            self._recent.move_to_end(subject)
            return recent[1]
        stored = await self._stored(subject)
        if stored is None or stored[0] <= now:
            return None
        self._note(subject, *stored)
        return stored[1]

    async def keep(self, subject: bytes, about: About, answer: Answer) -> None:
        """For as long as the answer itself says, or else the source. `NoAnswer` is forgotten."""
        if isinstance(answer, NoAnswer):
            return
        lifetime = about.lifetimes.listed if isinstance(answer, Listed) else about.lifetimes.clear
        if not isinstance(answer, Facts) and answer.lifetime is not None:
            lifetime = answer.lifetime
        expires = self._clock.now() + round(lifetime * (1 - JITTER * self._random.random()) * 1000)
        self._note(subject, expires, answer)
        try:
            await self._database.commit(Batch((self._store(subject, expires, answer),)))
        except WhinchatError as error:
            log.warning("an answer of a source could not be stored", extra={"source": about.name, "error": error.code})

    def retention(self) -> Statement:
        """What is over, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_answers WHERE subject IN (
                   SELECT subject FROM scanner_answers WHERE expires_at <= :now ORDER BY expires_at LIMIT :most)
             RETURNING expires_at""",
            {"now": self._clock.now(), "most": PAGE},
        )

    async def _stored(self, subject: bytes) -> tuple[int, Found] | None:
        try:
            row = await self._database.fetch_one(
                "SELECT expires_at, body FROM scanner_answers WHERE subject = :subject", {"subject": subject}
            )
            if row is None:
                return None
            expires, body = msgspec.convert(row, tuple[int, bytes])
            return expires, _decode(self._sealer.open("scanner_answers", subject, body))
        except (WhinchatError, msgspec.DecodeError) as error:
            log.warning("a stored answer of a source could not be read", extra={"error": type(error).__name__})
            return None

    def _store(self, subject: bytes, expires: int, answer: Found) -> Statement:
        return Statement(
            """INSERT INTO scanner_answers (subject, expires_at, body) VALUES (:subject, :expires, :body)
               ON CONFLICT (subject) DO UPDATE SET expires_at = excluded.expires_at, body = excluded.body""",
            {
                "subject": subject,
                "expires": expires,
                "body": self._sealer.seal("scanner_answers", subject, _encode(answer)),
            },
        )

    def _note(self, subject: bytes, expires: int, answer: Found) -> None:
        self._recent[subject] = expires, answer
        self._recent.move_to_end(subject)
        if len(self._recent) > self._most:
            self._recent.popitem(last=False)
