"""All SQL of the scanner, but for what it remembers of sites (`history.py`)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.rules import EVERYWHERE, Effect, InForce, Pattern, Rule
from whinchat.apps.scanner.verdict import Level, Verdict
from whinchat.core.ports import Clock, Database, Sealer, Statement
from whinchat.core.types import ChatKind, ChatRef, MessageRef


@dataclass(frozen=True, slots=True)
class ChatState:
    """What a chat decided. No row: a group without consent, a direct chat as it came."""

    consent_at: int | None = None
    muted_until: int = 0


class Seen(msgspec.Struct, frozen=True):
    """What a sighting must remember to speak to its chat again; sealed."""

    account: str
    message: MessageRef
    url: str
    around: tuple[Evidence, ...] = ()
    """What was found around the link; the text that it was found in is not kept."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A link in a message of a chat. `shown`: the level the chat was told, or would have been."""

    id: int
    chat_key: bytes
    message_key: bytes
    url_key: bytes
    sender: bytes
    part: str
    quoted: bytes | None
    seen_at: int
    shown: Level
    warned_at: int | None
    seen: Seen


class _RuleBody(msgspec.Struct, frozen=True):
    pattern: Pattern
    reason: str


_verdict = msgspec.msgpack.Decoder(Verdict).decode
_rule = msgspec.msgpack.Decoder(_RuleBody).decode
_seen = msgspec.msgpack.Decoder(Seen).decode
_encode = msgspec.msgpack.Encoder().encode

PAGE = 200
DELETED = 5000  # rows of a table in one transaction
KEPT = 200
"""Sightings of one message: all its links are judged, the worst are remembered."""


@dataclass(frozen=True, slots=True)
class Warned:
    """When a chat was last warned of a link, and how."""

    at: int
    level: Level


class Repository:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def url_key(self, key: str) -> bytes:
        """What tables know a link by (`Link.key` hashed)."""
        return self._sealer.digest("url", key)

    def message_key(self, account: str, ref: MessageRef) -> bytes:
        sender = ref.chat.lasting if ref.sender == ref.chat.id else ref.sender
        return self._sealer.digest("seen-message", account, ref.chat.lasting, sender, ref.id)

    # --- chats ---------------------------------------------------------------------------------------------------

    async def chat(self, chat: bytes) -> ChatState:
        row = await self._database.fetch_one(
            "SELECT consent_at, muted_until FROM scanner_chats WHERE chat = :chat", {"chat": chat}
        )
        return ChatState() if row is None else ChatState(*msgspec.convert(row, tuple[int | None, int]))

    async def may_read(self, chat: ChatRef, key: bytes) -> bool:
        """Direct chats, and groups whose admin consented."""
        return chat.kind is ChatKind.DIRECT or (await self.chat(key)).consent_at is not None

    def grant(self, chat: bytes, by: bytes) -> Statement:
        return Statement(
            """INSERT INTO scanner_chats (chat, consent_at, consent_by) VALUES (:chat, :now, :by)
               ON CONFLICT (chat) DO UPDATE SET consent_at = excluded.consent_at, consent_by = excluded.consent_by""",
            {"chat": chat, "by": by, "now": self._clock.now()},
        )

    def withdraw(self, chat: bytes) -> Statement:
        return Statement(
            "UPDATE scanner_chats SET consent_at = NULL, consent_by = NULL WHERE chat = :chat", {"chat": chat}
        )

    def mute(self, chat: bytes, until: int) -> Statement:
        return Statement(
            """INSERT INTO scanner_chats (chat, muted_until) VALUES (:chat, :until)
               ON CONFLICT (chat) DO UPDATE SET muted_until = excluded.muted_until""",
            {"chat": chat, "until": until},
        )

    # --- rules ---------------------------------------------------------------------------------------------------

    async def in_force(self, chat: bytes) -> InForce:
        """What decides in the chat before the scanner does."""
        return InForce(await self.rules(chat), await self.rules(EVERYWHERE))

    async def rules(self, chat: bytes) -> list[Rule]:
        """The rules of the chat, or of EVERYWHERE, that are not expired, oldest first."""
        rows = await self._database.fetch(
            """SELECT number, rule, effect, created_at, expires_at, body FROM scanner_rules
                WHERE chat = :chat AND (expires_at IS NULL OR expires_at > :now) ORDER BY number""",
            {"chat": chat, "now": self._clock.now()},
        )
        return [self._open_rule(chat, *msgspec.convert(row, _RULE_ROW)) for row in rows]

    def _open_rule(
        self, chat: bytes, number: int, key: bytes, effect: Effect, created: int, expires: int | None, body: bytes
    ) -> Rule:
        opened = _rule(self._sealer.open("scanner_rules", chat + key, body))
        return Rule(number, effect, opened.pattern, opened.reason, created, expires)

    async def free_number(self, chat: bytes) -> int:
        """The number that the chat's next rule gets; expired rules keep theirs until retention takes them."""
        row = await self._database.fetch_one(
            "SELECT coalesce(max(number), 0) + 1 FROM scanner_rules WHERE chat = :chat", {"chat": chat}
        )
        return 1 if row is None else msgspec.convert(row, tuple[int])[0]

    def add_rule(
        self,
        chat: bytes,
        number: int,
        effect: Effect,
        pattern: Pattern,
        *,
        reason: str,
        author: bytes,
        expires_at: int | None,
    ) -> Statement:
        """One rule a pattern and chat: the newest word counts. Conflict when another rule has the number."""
        key = self._sealer.digest("rule", pattern.kind.value, pattern.value)
        return Statement(
            """INSERT INTO scanner_rules (chat, number, rule, effect, author, created_at, expires_at, body)
                    SELECT :chat, :number, :rule, :effect, :author, :now, :expires, :body
                     WHERE NOT EXISTS (SELECT 1 FROM scanner_rules
                                        WHERE chat = :chat AND number = :number AND rule <> :rule)
               ON CONFLICT (chat, rule) DO UPDATE
                       SET number = excluded.number, effect = excluded.effect, author = excluded.author,
                           created_at = excluded.created_at, expires_at = excluded.expires_at, body = excluded.body""",
            {
                "chat": chat,
                "number": number,
                "rule": key,
                "effect": effect.value,
                "author": author,
                "now": self._clock.now(),
                "expires": expires_at,
                "body": self._sealer.seal("scanner_rules", chat + key, _encode(_RuleBody(pattern, reason))),
            },
            rows=1,
        )

    def remove_rule(self, chat: bytes, number: int) -> Statement:
        return Statement(
            "DELETE FROM scanner_rules WHERE chat = :chat AND number = :number", {"chat": chat, "number": number}, 1
        )

    # --- verdicts ------------------------------------------------------------------------------------------------

    async def verdict(self, url: bytes) -> Verdict | None:
        """The stored verdict, unless its time is over."""
        row = await self._database.fetch_one(
            "SELECT body, expires_at FROM scanner_verdicts WHERE url = :url", {"url": url}
        )
        if row is None:
            return None
        body, expires = msgspec.convert(row, tuple[bytes, int])
        if expires <= self._clock.now():
            return None
        try:
            return _verdict(self._sealer.open("scanner_verdicts", url, body))
        except msgspec.ValidationError:
            return None  # of a version that wrote it otherwise: it is judged anew

    def keep_verdict(self, url: bytes, verdict: Verdict) -> Statement:
        return Statement(
            """INSERT INTO scanner_verdicts (url, level, checked_at, expires_at, body)
                    VALUES (:url, :level, :checked, :expires, :body)
               ON CONFLICT (url) DO UPDATE
                       SET level = excluded.level, checked_at = excluded.checked_at, expires_at = excluded.expires_at,
                           body = excluded.body
                     WHERE excluded.checked_at >= scanner_verdicts.checked_at""",
            {
                "url": url,
                "level": verdict.level.value,
                "checked": verdict.checked_at,
                "expires": verdict.expires_at,
                "body": self._sealer.seal("scanner_verdicts", url, _encode(verdict)),
            },
        )

    # --- sightings -----------------------------------------------------------------------------------------------

    async def links_of(self, message: bytes) -> dict[bytes, Level]:
        """The links seen in one message by their keys, and what the chat was told of each."""
        rows = await self._database.fetch(
            "SELECT url, shown FROM scanner_sightings WHERE message = :message LIMIT :most",
            {"message": message, "most": KEPT},
        )
        return dict(msgspec.convert(row, tuple[bytes, Level]) for row in rows)

    async def links_quoted(self, message: bytes) -> set[bytes]:
        """The keys of the links seen in one message, or in what others quoted of it."""
        rows = await self._database.fetch(
            "SELECT url FROM scanner_sightings WHERE message = :message OR quoted = :message LIMIT :most",
            {"message": message, "most": 2 * KEPT},
        )
        return {msgspec.convert(row, tuple[bytes])[0] for row in rows}

    async def sightings_of(self, message: bytes) -> list[Sighting]:
        """The links seen in one message, worst first."""
        rows = await self._database.fetch(
            _SIGHTINGS + " WHERE message = :message ORDER BY id LIMIT :most", {"message": message, "most": KEPT}
        )
        return [self._open_sighting(row) for row in rows]

    async def newest_sightings(self, chat: bytes) -> list[Sighting]:
        """The links seen in a chat last, the newest first."""
        rows = await self._database.fetch(
            _SIGHTINGS + " WHERE chat = :chat ORDER BY id DESC LIMIT :page", {"chat": chat, "page": PAGE}
        )
        return [self._open_sighting(row) for row in rows]

    async def last_warned(self, chat: bytes, url: bytes) -> Warned | None:
        """When the chat was last warned of the link."""
        row = await self._database.fetch_one(
            """SELECT warned_at, shown FROM scanner_sightings
                WHERE url = :url AND chat = :chat AND warned_at IS NOT NULL ORDER BY warned_at DESC LIMIT 1""",
            {"chat": chat, "url": url},
        )
        return None if row is None else Warned(*msgspec.convert(row, tuple[int, Level]))

    async def warned_since(self, chat: bytes, since: int) -> int:
        """How many links the chat was warned of."""
        row = await self._database.fetch_one(
            "SELECT count(*) FROM scanner_sightings WHERE chat = :chat AND warned_at >= :since",
            {"chat": chat, "since": since},
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def sightings_since(self, since: int, after: int) -> list[Sighting]:
        """A page of the sightings newer than `since`, with ids above `after`."""
        rows = await self._database.fetch(
            _SIGHTINGS + " WHERE id > :after AND seen_at >= :since ORDER BY id LIMIT :page",
            {"since": since, "after": after, "page": PAGE},
        )
        return [self._open_sighting(row) for row in rows]

    async def sightings_of_link(self, url: bytes, since: int, after: int) -> list[Sighting]:
        """A page of the sightings of one link newer than `since`, with ids above `after`."""
        rows = await self._database.fetch(
            _SIGHTINGS + " WHERE url = :url AND id > :after AND seen_at >= :since ORDER BY id LIMIT :page",
            {"url": url, "since": since, "after": after, "page": PAGE},
        )
        return [self._open_sighting(row) for row in rows]

    def _open_sighting(self, row: tuple[object, ...]) -> Sighting:
        row_id, chat, message, url, sender, part, quoted, seen_at, shown, warned_at, body = msgspec.convert(
            row, _SIGHTING_ROW
        )
        seen = _seen(self._sealer.open("scanner_sightings", message + url, body))
        return Sighting(row_id, chat, message, url, sender, part, quoted, seen_at, shown, warned_at, seen)

    def keep_sighting(
        self,
        *,
        chat: bytes,
        message: bytes,
        url: bytes,
        sender: bytes,
        part: str,
        quoted: bytes | None,
        shown: Level,
        warned: bool,
        seen: Seen,
    ) -> Statement:
        """`quoted`: the message that the link was quoted from."""
        now = self._clock.now()
        return Statement(
            """INSERT INTO scanner_sightings (chat, message, url, sender, part, quoted, seen_at, shown, warned_at, body)
                    VALUES (:chat, :message, :url, :sender, :part, :quoted, :now, :shown, :warned, :body)
               ON CONFLICT (message, url) DO UPDATE
                       SET shown = excluded.shown, body = excluded.body,
                           warned_at = coalesce(excluded.warned_at, scanner_sightings.warned_at)""",
            {
                "chat": chat,
                "message": message,
                "url": url,
                "sender": sender,
                "part": part,
                "quoted": quoted,
                "now": now,
                "shown": shown.value,
                "warned": now if warned else None,
                "body": self._sealer.seal("scanner_sightings", message + url, _encode(seen)),
            },
        )

    def told(self, sighting: Sighting, level: Level, *, warned: bool) -> Statement:
        """A worse verdict was noticed, and perhaps said; one winner, should two checks notice at once."""
        return Statement(
            """UPDATE scanner_sightings SET shown = :level, warned_at = coalesce(:warned, warned_at)
                WHERE id = :id AND shown = :before""",
            {
                "id": sighting.id,
                "level": level.value,
                "before": sighting.shown.value,
                "warned": self._clock.now() if warned else None,
            },
            rows=1,
        )

    # --- lists ---------------------------------------------------------------------------------------------------

    async def checked_lists(self) -> str | None:
        """Version of the lists that all recent sightings were checked against."""
        row = await self._database.fetch_one("SELECT value FROM scanner_state WHERE name = 'checked_lists'")
        return None if row is None else msgspec.convert(row, tuple[str])[0]

    def note_lists(self, version: str) -> Statement:
        return Statement(
            """INSERT INTO scanner_state (name, value) VALUES ('checked_lists', :version)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
            {"version": version},
        )

    # --- retention -----------------------------------------------------------------------------------------------

    def retention(self, keep_sightings: int) -> tuple[Statement, ...]:
        """What is over, so many rows of each at a time: sightings older than `keep_sightings` milliseconds, verdicts
        and rules past their time.
        """
        now = self._clock.now()
        return (
            Statement(
                """DELETE FROM scanner_sightings WHERE id IN (
                       SELECT id FROM scanner_sightings WHERE seen_at < :before ORDER BY seen_at LIMIT :most)
                 RETURNING id""",
                {"before": now - keep_sightings, "most": DELETED},
            ),
            Statement(
                """DELETE FROM scanner_verdicts WHERE url IN (
                       SELECT url FROM scanner_verdicts WHERE expires_at <= :now ORDER BY expires_at LIMIT :most)
                 RETURNING level""",
                {"now": now, "most": DELETED},
            ),
            Statement(
                """DELETE FROM scanner_rules WHERE (chat, number) IN (
                       SELECT chat, number FROM scanner_rules WHERE expires_at <= :now
                        ORDER BY expires_at LIMIT :most)
                 RETURNING number""",
                {"now": now, "most": DELETED},
            ),
        )


_RULE_ROW = tuple[int, bytes, Effect, int, int | None, bytes]
_SIGHTINGS = """
    SELECT id, chat, message, url, sender, part, quoted, seen_at, shown, warned_at, body FROM scanner_sightings"""
_SIGHTING_ROW = tuple[int, bytes, bytes, bytes, bytes, str, bytes | None, int, Level, int | None, bytes]
