"""What admins who asked for it are told in their direct chats: what happened in their group, and what members report.

No more than so many an hour of one group: nobody can be flooded through the bot. What is held back is counted, and told
as a number when the hour is over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Sealer, Statement
from whinchat.core.types import ChatKind, ChatRef, OnUnknown, Reply, SendText, UserRef

HOUR = 3_600_000  # milliseconds
MOST = 20  # notices of one group within an hour


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence, `scanner.notice.<key>`, and what is put into it."""

    key: str
    values: dict[str, str | int] = {}


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be told of one group. Without lines: how much was held back."""

    account: str
    chat: ChatRef
    chat_key: bytes
    lines: tuple[Line, ...] = ()
    about: UserRef | None = None
    """Who is named in it, as `who`."""


_UNSPEAKABLE = re.compile(r"[^\w.+-]|_")
_encode = msgspec.msgpack.Encoder().encode
_notice = msgspec.msgpack.Decoder(Notice).decode
_user = msgspec.msgpack.Decoder(UserRef).decode


@dataclass(frozen=True, slots=True)
class _Window:
    """An hour in which a group's notices are counted."""

    since: int
    told: int
    held: int


class Notices:
    """Who wants them, and how many there were. Reads are methods that await; changes are statements."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def job(self, notice: Notice, cause: bytes) -> Job:
        """`cause`: names what happened; the same while it is handled again."""
        return Job(kind=TellAdmins.kind, key=cause.hex(), payload=_encode(notice))

    # --- who ---

    async def wanted_by(self, chat: bytes) -> list[UserRef]:
        """Everybody who asked for the group's notices, as they were then."""
        rows = await self._database.fetch(
            "SELECT member, body FROM scanner_notices WHERE chat = :chat ORDER BY member", {"chat": chat}
        )
        found = [msgspec.convert(row, tuple[bytes, bytes]) for row in rows]
        return [_user(self._sealer.open("scanner_notices", chat + member, body)) for member, body in found]

    def subscribe(self, chat: bytes, member: bytes, user: UserRef) -> Statement:
        return Statement(
            """INSERT INTO scanner_notices (chat, member, body) VALUES (:chat, :member, :body)
               ON CONFLICT (chat, member) DO UPDATE SET body = excluded.body""",
            {
                "chat": chat,
                "member": member,
                "body": self._sealer.seal("scanner_notices", chat + member, _encode(user)),
            },
        )

    def unsubscribe(self, chat: bytes, members: Sequence[bytes]) -> tuple[Statement, ...]:
        """`members`: all keys of the person."""
        return tuple(
            Statement(
                "DELETE FROM scanner_notices WHERE chat = :chat AND member = :member", {"chat": chat, "member": member}
            )
            for member in members
        )

    # --- how many ---

    async def window(self, chat: bytes) -> _Window:
        row = await self._database.fetch_one(
            "SELECT since, told, held FROM scanner_notified WHERE chat = :chat", {"chat": chat}
        )
        return _Window(0, 0, 0) if row is None else _Window(*msgspec.convert(row, tuple[int, int, int]))

    def note(self, chat: bytes, seen: _Window, now: _Window) -> Statement:
        """`now` instead of `seen`. Conflict when another notice was counted since."""
        return Statement(
            """INSERT INTO scanner_notified (chat, since, told, held) VALUES (:chat, :since, :told, :held)
               ON CONFLICT (chat) DO UPDATE SET since = excluded.since, told = excluded.told, held = excluded.held
                     WHERE scanner_notified.since = :seen_since AND scanner_notified.told = :seen_told
                       AND scanner_notified.held = :seen_held""",
            {
                "chat": chat,
                "since": now.since,
                "told": now.told,
                "held": now.held,
                "seen_since": seen.since,
                "seen_told": seen.told,
                "seen_held": seen.held,
            },
            rows=1,
        )


class TellAdmins:
    """Sends a notice to everybody who asked for it and is an admin of the group now."""

    kind = "scanner.notice"
    concurrency = 1

    def __init__(self, notices: Notices, roster: Roster, chats: Chats, words: Words, clock: Clock) -> None:
        self._notices = notices
        self._roster = roster
        self._chats = chats
        self._words = words
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        notice = _notice(claim.payload)
        wanted = await self._notices.wanted_by(notice.chat_key)
        group = await self._roster.group(notice.account, notice.chat) if wanted else None
        admins = [] if group is None else [user for user in wanted if group.is_admin(user)]
        if group is None or not admins:
            return NOTHING
        language = await self._chats.language(notice.chat_key)
        if not notice.lines:
            return await self._summary(notice, admins, group.subject, language)
        return await self._tell(notice, admins, group.subject, language)

    async def _tell(self, notice: Notice, admins: Sequence[UserRef], subject: str, language: str) -> Outcome:
        now, chat = self._clock.now(), notice.chat_key
        seen = await self._notices.window(chat)
        if now - seen.since >= HOUR:
            window = _Window(now, 1, seen.held)
        elif seen.told < MOST:
            window = _Window(seen.since, seen.told + 1, seen.held)
        else:
            held = self._notices.note(chat, seen, _Window(seen.since, seen.told, seen.held + 1))
            return Outcome(changes=Batch((held,)), jobs=(self._later(notice, seen.since + HOUR - now),))
        counted = self._notices.note(chat, seen, window)
        who = Markup() if notice.about is None else called(notice.about)
        lines = [
            self._words.say(f"scanner.notice.{line.key}", language, group=subject, who=who, **line.values)
            for line in notice.lines
        ]
        return Outcome(self._messages(notice, admins, "\n".join(lines)), Batch((counted,)))

    async def _summary(self, notice: Notice, admins: Sequence[UserRef], subject: str, language: str) -> Outcome:
        seen = await self._notices.window(notice.chat_key)
        if not seen.held:
            return NOTHING
        text = self._words.say("scanner.notice.held", language, group=subject, count=seen.held)
        told = self._notices.note(notice.chat_key, seen, _Window(seen.since, seen.told, 0))
        return Outcome(self._messages(notice, admins, text), Batch((told,)))

    def _later(self, notice: Notice, wait: int) -> Job:
        rest = msgspec.structs.replace(notice, lines=(), about=None)
        return Job(kind=self.kind, key=f"held-{notice.chat_key.hex()}", payload=_encode(rest), delay=wait / 1000)

    def _messages(self, notice: Notice, admins: Sequence[UserRef], text: str) -> tuple[Reply, ...]:
        mentions = () if notice.about is None else (notice.about.id,)
        return tuple(
            Reply(
                notice.account,
                ChatRef(admin.id, ChatKind.DIRECT),
                SendText(text, mentions=mentions),
                OnUnknown.RESEND_ONCE,
            )
            for admin in admins
        )


def called(user: UserRef) -> Markup:
    """As a mention is written: apps show the name that their owner knows the person by."""
    return Markup(f"@{_UNSPEAKABLE.sub('', user.id.partition('@')[0])}")
