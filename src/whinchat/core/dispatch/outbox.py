"""The outbox: what is to be sent, written in the batch that decided it, until its fate is known.

    queued ──▶ sending ──▶ sent
                  │  ▲        (delivery updates only add to it)
                  │  └─ a promise that nothing was sent, or `resend_once` after an unknown result
       │          ├──▶ unknown   it cannot be found out whether it arrived
       │          └──▶ failed    refused for good, or tried too often
       └──▶ replaced   a newer one about the same subject took its place, or there was nothing to correct

`sending` is on disk before a byte leaves. A process that dies between there and the result leaves an unknown result:
the window in which a text can be doubled (`resend_once`) or missed (`drop`) is exactly that time, one row per chat.

Of a text about a subject the id that the network gave it is kept, sealed, as long as it can be edited: a newer text
about the same subject edits it. Whether it does is decided when its turn comes; a chat's messages leave one at a time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from whinchat.core.dispatch import outbox_statements as sql
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.dispatch.outgoing import (
    MAX_RESENDS,
    Earlier,
    Editable,
    Envelope,
    Outgoing,
    Ready,
    SendState,
    id_row,
)
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement, Value
from whinchat.core.types import Action, ChatRef, DeliveryStatus, DeliveryUpdate, Edit, OnUnknown, React, Reply, SendText

log = logging.getLogger(__name__)

Receipt = Callable[[str, int], tuple[Statement, ...]]
"""(key, milliseconds UTC) to what the application changes now that its message was taken by the network."""


class _Taken(NamedTuple):
    """What `sql.NEXT` returns: the fields of `Outgoing`, and the body."""

    id: int
    reference: str
    account: str
    chat_key: bytes
    on_unknown: OnUnknown
    urgency: int
    attempt: int
    resends: int
    created_at: int
    subject: str | None
    receipt: str | None
    more: int | None
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Envelope).decode


class Outbox:
    """Statements and queries over the `outbox` table."""

    def __init__(
        self, database: Database, sealer: Sealer, clock: Clock, receipts: Mapping[str, Receipt] | None = None
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._receipts = receipts or {}

    def add(self, replies: Sequence[Reply], base: str, cause: int | None) -> tuple[Statement, ...]:
        """The rows for these replies. `base` is the same whenever the same cause is handled again: nothing doubles."""
        about = [(reply.chat, reply.subject, _kind(reply.action)) for reply in replies]
        alike = Counter(about)
        return (
            *(self._replace(reply, base) for reply in replies if _replaces(reply)),
            *(
                self._row(reply, f"{base}-{number}", cause, whole=alike[about[number]] == 1)
                for number, reply in enumerate(replies)
            ),
        )

    def left_out(self, replies: Sequence[Reply], base: str, cause: int | None) -> tuple[Statement, ...]:
        """Rows for what the transport cannot do at all: failed from the beginning, for `trace` to show."""
        return tuple(
            Statement(
                sql.LEFT_OUT,
                {
                    "reference": f"{base}-x{number}",
                    "account": reply.account,
                    "chat": chat_key(self._sealer, reply.account, reply.chat),
                    "kind": _kind(reply.action),
                    "on_unknown": reply.on_unknown.value,
                    "urgency": int(reply.urgency),
                    "cause": cause,
                    "now": self._clock.now(),
                },
            )
            for number, reply in enumerate(replies)
        )

    def ready(self, replies: Sequence[Reply]) -> list[Ready]:
        """What to announce to the sender once the rows of `replies` are committed."""
        return [Ready(chat_key(self._sealer, r.account, r.chat), r.account, int(r.urgency)) for r in replies]

    def _replace(self, reply: Reply, base: str) -> Statement:
        return Statement(
            sql.REPLACE,
            {
                "chat": chat_key(self._sealer, reply.account, reply.chat),
                "subject": reply.subject,
                "kind": _kind(reply.action),
                "base": f"{base}-",
                "now": self._clock.now(),
            },
        )

    def _row(self, reply: Reply, reference: str, cause: int | None, *, whole: bool) -> Statement:
        edited = reply.edited if whole and reply.subject else None
        envelope = Envelope(reply.chat, reply.action, edited or None, reply.otherwise, whole)
        return Statement(
            sql.ADD,
            {
                "reference": reference,
                "account": reply.account,
                "chat": chat_key(self._sealer, reply.account, reply.chat),
                "kind": _kind(reply.action),
                "on_unknown": reply.on_unknown.value,
                "urgency": int(reply.urgency),
                "cause": cause,
                "now": self._clock.now(),
                "subject": reply.subject or None,
                "replaces": int(_replaces(reply)),
                "receipt": reply.receipt or None,
                "body": self._sealer.seal("outbox", reference, _encode(envelope)),
            },
        )

    async def take(self, chat: bytes, *, unsure: bool = False) -> Outgoing | None:
        """The next message of a chat, most urgent first, now `sending`; None when none is queued.

        `unsure`: the answer to the call before was lost, and with it perhaps a message that nobody sends now.
        """
        undo = (Statement(sql.UNTAKE, {"chat": chat}),) if unsure else ()
        while True:
            *_, rows = await self._database.commit(Batch((*undo, Statement(sql.NEXT, {"chat": chat}))))
            if not rows:
                return None
            row = msgspec.convert(rows[0], _Taken)
            try:
                envelope = _decode(self._sealer.open("outbox", row.reference, row.body))
            except (StorageError, msgspec.DecodeError):
                log.exception("a message to be sent cannot be opened", extra={"row": row.id})
                await self._database.commit(Batch((self._settled(row.id, SendState.FAILED, error="unsealable"),)))
                continue
            earlier = None if row.subject is None else await self._earlier(chat, row.subject, envelope.action)
            out = Outgoing(*row[:-1], envelope, earlier)
            if not out.pointless:
                return out
            await self._database.commit(Batch((self._settled(row.id, SendState.REPLACED, error="nothing_to_correct"),)))

    async def _earlier(self, chat: bytes, subject: str, action: Action) -> Earlier | None:
        kind = _kind(action)
        edit = _EDIT if isinstance(action, SendText) else kind
        row = await self._database.fetch_one(
            sql.EARLIER, {"chat": chat, "subject": subject, "kind": kind, "edit": edit}
        )
        if row is None:
            return None
        reference, sent_id, until = msgspec.convert(row, tuple[str, bytes | None, int | None])
        if sent_id is None or until is None or until <= self._clock.now():
            return Earlier(reference)
        try:
            message_id = self._sealer.open("outbox", id_row((reference,)), sent_id).decode()
        except StorageError:
            log.exception("the id of a sent message cannot be opened", extra={"reference": reference})
            return Earlier(reference)
        return Earlier(reference, Editable(message_id, until))

    async def settle(
        self,
        out: Outgoing,
        state: SendState,
        *,
        message_id: str | None = None,
        error: str | None = None,
        edit_seconds: int = 0,
    ) -> None:
        """The fate of a row is known; its body is wiped. Raises Conflict: it was known already.

        `edit_seconds`: how long the transport lets the message be edited. One that was edited can be edited for as long
        as before.
        """
        edits = out.edits
        editable = edits
        if edits is None and message_id is not None and edit_seconds and out.subject and out.envelope.whole:
            editable = Editable(message_id, self._clock.now() + edit_seconds * 1000)
        message = None if message_id is None else self._message(out.account, out.envelope.chat, message_id)
        kind = None if edits is None else _EDIT
        statements = [self._settled(out.id, state, message, error, kind, self._sealed_id(out.reference, editable))]
        if edits is not None and out.earlier is not None:
            statements.append(Statement(sql.UNEDITABLE, {"reference": out.earlier.reference}))
        if state is SendState.SENT and out.receipt:
            statements += self._told(out.receipt)
        await self._database.commit(Batch(tuple(statements)))

    def _told(self, receipt: str) -> list[Statement]:
        """What the application changes now that its message was taken."""
        topic, _, key = receipt.partition(":")
        told = self._receipts[topic](key, self._clock.now()) if topic in self._receipts else ()
        # Nothing left to change must not undo what the network did.
        return [replace(statement, rows=None) for statement in told]

    def _sealed_id(self, reference: str, editable: Editable | None) -> tuple[bytes | None, int | None]:
        if editable is None:
            return None, None
        name = id_row((reference,))
        return self._sealer.seal("outbox", name, editable.message_id.encode()), editable.until

    def _settled(
        self,
        row_id: int,
        state: SendState,
        message: bytes | None = None,
        error: str | None = None,
        kind: str | None = None,
        editable: tuple[bytes | None, int | None] = (None, None),
    ) -> Statement:
        sent_id, until = editable
        args = {
            "id": row_id,
            "state": state.value,
            "kind": kind,
            "now": self._clock.now(),
            "message": message,
            "sent_id": sent_id,
            "until": until,
            "error": error,
        }
        return Statement(sql.SETTLE, args, rows=1)

    async def put_back(self, out: Outgoing, *, error: str, resend: bool, uneditable: bool = False) -> None:
        """Queued again: nothing was sent, or (`resend`) the one repetition after an unknown result. Unless a newer one
        about its subject waits: then that one takes its place.

        `uneditable`: the earlier message cannot be edited after all, and what it should have said follows it.

        Raises Conflict: it is queued already.
        """
        args: dict[str, Value] = {"id": out.id, "resends": out.resends + int(resend), "error": error}
        statements = [Statement(sql.BACK, args, rows=1)]
        if out.subject is not None:
            statements.append(Statement(sql.OVERTAKEN + " AND id = :id", {"id": out.id, "now": self._clock.now()}))
        if uneditable and out.earlier is not None:
            statements.append(Statement(sql.UNEDITABLE, {"reference": out.earlier.reference}))
        await self._database.commit(Batch(tuple(statements)))

    async def recover(self) -> int:
        """At start: rows left in `sending` have an unknown result. How many there were.

        Those that say so, and were not repeated yet, go back in line; the rest stay unknown.
        """
        now = self._clock.now()
        resend = Statement(
            """UPDATE outbox SET state = 'queued', resends = resends + 1, error = 'interrupted'
                WHERE state = 'sending' AND on_unknown = 'resend_once' AND resends < :most RETURNING id""",
            {"most": MAX_RESENDS},
        )
        drop = Statement(
            """UPDATE outbox SET state = 'unknown', settled_at = :now, error = 'interrupted', body = NULL
                WHERE state = 'sending' RETURNING id""",
            {"now": now},
        )
        overtaken = Statement(sql.OVERTAKEN, {"now": now})
        resent, dropped, _ = await self._database.commit(Batch((resend, drop, overtaken)))
        return len(resent) + len(dropped)

    async def depth(self) -> int:
        """How many messages wait to be sent."""
        row = await self._database.fetch_one("SELECT count(*) FROM outbox WHERE state = 'queued'")
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def queued_chats(self) -> AsyncIterator[Ready]:
        """Every chat with something to send, the most urgent and longest waiting first."""
        query = """
            SELECT chat, account, min(urgency) FROM outbox WHERE state = 'queued'
             GROUP BY chat, account ORDER BY min(urgency), min(id)"""
        async for row in self._database.stream(query):
            yield Ready(*msgspec.convert(row, tuple[bytes, str, int]))

    async def delivered(self, update: DeliveryUpdate) -> None:
        """What became of a message after it was sent; unknown messages are no fault."""
        message = self._message(update.account, update.chat, update.message_id)
        found = await self._found(update, message) if update.reference else ()
        moved = Statement(sql.DELIVERY, {"message": message, "status": update.status.value})
        await self._database.commit(Batch((*found, moved)))

    async def _found(self, update: DeliveryUpdate, message: bytes) -> tuple[Statement, ...]:
        """What settles the row whose result was unknown, where the network tells which one it is about."""
        failed = update.status is DeliveryStatus.FAILED
        state = (SendState.FAILED if failed else SendState.SENT).value
        found = Statement(
            sql.FOUND,
            {
                "reference": update.reference,
                "state": state,
                "now": self._clock.now(),
                "message": message,
                "error": (update.error or "failed") if failed else None,
            },
        )
        row = await self._database.fetch_one(sql.UNSETTLED, {"reference": update.reference, "state": state})
        receipt = None if row is None else msgspec.convert(row, tuple[str | None])[0]
        return (found,) if failed or receipt is None else (found, *self._told(receipt))

    def _message(self, account: str, chat: ChatRef, message_id: str) -> bytes:
        return self._sealer.digest("message", account, chat.id, message_id)

    def forget(self, keep: int, limit: int) -> Statement:
        """Retention: rows that are settled, `keep` milliseconds after they were written, a bounded number at a time."""
        return Statement(
            """DELETE FROM outbox WHERE id IN (
                   SELECT id FROM outbox WHERE created_at < :before AND state NOT IN ('queued', 'sending')
                    ORDER BY created_at LIMIT :limit)
             RETURNING id""",
            {"before": self._clock.now() - keep, "limit": limit},
        )

    def forget_ids(self, limit: int) -> Statement:
        """Retention: the ids of messages that can no longer be edited, a bounded number at a time."""
        return Statement(
            """UPDATE outbox SET sent_id = NULL, editable_until = NULL WHERE id IN (
                   SELECT id FROM outbox WHERE editable_until <= :now ORDER BY editable_until LIMIT :limit)
             RETURNING id""",
            {"now": self._clock.now(), "limit": limit},
        )


def _replaces(reply: Reply) -> bool:
    """Whether it takes the place of what waits; a reaction does so in the network anyway."""
    return bool(reply.subject) and (reply.edited is not None or isinstance(reply.action, React))


def _kind(action: Action) -> str:
    return str(action.__struct_config__.tag)


_EDIT = str(Edit.__struct_config__.tag)


AFTER_RESTORE = (
    Statement(
        "UPDATE outbox SET state = 'unknown', error = 'restored', body = NULL WHERE state IN ('queued', 'sending')", {}
    ),
)
"""To be run once on a restored database: what it holds as unsent may have been sent since, and nobody can know."""
