"""The outbox: what is to be sent, written in the batch that decided it, until its fate is known.

    queued ──▶ sending ──▶ sent
                  │  ▲        (delivery updates only add to it)
                  │  └─ a promise that nothing was sent, or `resend_once` after an unknown result
                  ├──▶ unknown   it cannot be found out whether it arrived
                  └──▶ failed    refused for good, or tried too often

`sending` is on disk before a byte leaves. A process that dies between there and the result leaves an unknown result:
the window in which a text can be doubled (`resend_once`) or missed (`drop`) is exactly that time, one row per chat.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement, Value
from whinchat.core.types import Action, ChatRef, DeliveryUpdate, OnUnknown, Reply

MAX_RESENDS = 1


class SendState(enum.StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Envelope(msgspec.Struct, frozen=True):
    """What is sealed in a row: nothing of it stands in the clear."""

    chat: ChatRef
    action: Action


@dataclass(frozen=True, slots=True)
class Ready:
    """A chat with something to send; `urgency` of the most urgent."""

    chat_key: bytes
    account: str
    urgency: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row about to be sent. `attempt` counts from 1; `resends` counts the sends after an unknown result."""

    id: int
    reference: str
    account: str
    chat_key: bytes
    on_unknown: OnUnknown
    urgency: int
    attempt: int
    resends: int
    created_at: int
    more: int | None
    """Urgency of the chat's next message; None when this is the last one."""
    envelope: Envelope


log = logging.getLogger(__name__)

_TAKEN = tuple[int, str, str, bytes, OnUnknown, int, int, int, int, int | None, bytes]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Envelope).decode

_ADD = """
    INSERT INTO outbox (reference, account, chat, kind, state, on_unknown, urgency, attempts, resends, cause,
                        created_at, body)
         VALUES (:reference, :account, :chat, :kind, 'queued', :on_unknown, :urgency, 0, 0, :cause, :now, :body)
    ON CONFLICT (reference) DO NOTHING"""

_NEXT = """
    UPDATE outbox SET state = 'sending', attempts = attempts + 1
     WHERE id = (SELECT id FROM outbox WHERE chat = :chat AND state = 'queued' ORDER BY urgency, id LIMIT 1)
       AND state = 'queued'
 RETURNING id, reference, account, chat, on_unknown, urgency, attempts, resends, created_at,
           (SELECT other.urgency FROM outbox AS other
             WHERE other.chat = :chat AND other.state = 'queued' AND other.id <> outbox.id
             ORDER BY other.urgency, other.id LIMIT 1),
           body"""

_UNTAKE = "UPDATE outbox SET state = 'queued' WHERE chat = :chat AND state = 'sending'"

_SETTLE = """
    UPDATE outbox SET state = :state, settled_at = :now, message = :message, error = :error, body = NULL
     WHERE id = :id AND state = 'sending'"""

_BACK = "UPDATE outbox SET state = 'queued', resends = :resends, error = :error WHERE id = :id AND state = 'sending'"

# It only moves forward: sent, then delivered or failed, then read.
_DELIVERY = """
    UPDATE outbox SET delivery = :status
     WHERE message = :message AND (delivery IS NULL OR delivery = 'sent' OR :status = 'read')"""


class Outbox:
    """Statements and queries over the `outbox` table."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def add(self, replies: Sequence[Reply], base: str, cause: int | None) -> tuple[Statement, ...]:
        """The rows for these replies. `base` is the same whenever the same cause is handled again: nothing doubles."""
        return tuple(self._row(reply, f"{base}-{number}", cause) for number, reply in enumerate(replies))

    def ready(self, replies: Sequence[Reply]) -> list[Ready]:
        """What to announce to the sender once the rows of `replies` are committed."""
        return [Ready(chat_key(self._sealer, r.account, r.chat), r.account, int(r.urgency)) for r in replies]

    def _row(self, reply: Reply, reference: str, cause: int | None) -> Statement:
        return Statement(
            _ADD,
            {
                "reference": reference,
                "account": reply.account,
                "chat": chat_key(self._sealer, reply.account, reply.chat),
                "kind": str(reply.action.__struct_config__.tag),
                "on_unknown": reply.on_unknown.value,
                "urgency": int(reply.urgency),
                "cause": cause,
                "now": self._clock.now(),
                "body": self._sealer.seal("outbox", reference, _encode(Envelope(reply.chat, reply.action))),
            },
        )

    async def take(self, chat: bytes, *, unsure: bool = False) -> Outgoing | None:
        """The next message of a chat, most urgent first, now `sending`; None when none is queued.

        `unsure`: the answer to the call before was lost, and with it perhaps a message that nobody sends now.
        """
        undo = (Statement(_UNTAKE, {"chat": chat}),) if unsure else ()
        while True:
            *_, rows = await self._database.commit(Batch((*undo, Statement(_NEXT, {"chat": chat}))))
            if not rows:
                return None
            row_id, reference, account, key, on_unknown, urgency, attempt, resends, created_at, more, body = (
                msgspec.convert(rows[0], _TAKEN)
            )
            try:
                envelope = _decode(self._sealer.open("outbox", reference, body))
            except (StorageError, msgspec.DecodeError):
                log.exception("a message to be sent cannot be opened", extra={"row": row_id})
                await self._database.commit(Batch((self._settled(row_id, SendState.FAILED, None, "unsealable"),)))
                continue
            return Outgoing(
                row_id, reference, account, key, on_unknown, urgency, attempt, resends, created_at, more, envelope
            )

    async def settle(
        self, out: Outgoing, state: SendState, *, message_id: str | None = None, error: str | None = None
    ) -> None:
        """The fate of a row is known; its body is wiped. Raises Conflict: it was known already."""
        message = None if message_id is None else self._message(out.account, out.envelope.chat, message_id)
        await self._database.commit(Batch((self._settled(out.id, state, message, error),)))

    def _settled(self, row_id: int, state: SendState, message: bytes | None, error: str | None) -> Statement:
        args = {"id": row_id, "state": state.value, "now": self._clock.now(), "message": message, "error": error}
        return Statement(_SETTLE, args, rows=1)

    async def put_back(self, out: Outgoing, *, error: str, resend: bool) -> None:
        """Queued again: nothing was sent, or (`resend`) the one repetition after an unknown result.

        Raises Conflict: it is queued already.
        """
        args: dict[str, Value] = {"id": out.id, "resends": out.resends + int(resend), "error": error}
        await self._database.commit(Batch((Statement(_BACK, args, rows=1),)))

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
        resent, dropped = await self._database.commit(Batch((resend, drop)))
        return len(resent) + len(dropped)

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
        await self._database.commit(Batch((Statement(_DELIVERY, {"message": message, "status": update.status.value}),)))

    def _message(self, account: str, chat: ChatRef, message_id: str) -> bytes:
        return self._sealer.digest("message", account, chat.id, message_id)

    def forget(self, keep: int, limit: int) -> Statement:
        """Retention: rows that are settled, `keep` milliseconds after they were written, a bounded number at a time."""
        return Statement(
            """DELETE FROM outbox WHERE id IN (
                   SELECT id FROM outbox WHERE created_at < :before AND state IN ('sent', 'unknown', 'failed')
                    ORDER BY created_at LIMIT :limit)
             RETURNING id""",
            {"before": self._clock.now() - keep, "limit": limit},
        )


AFTER_RESTORE = (
    # What a backup holds as unsent may have been sent since it was made: nobody can know.
    Statement(
        "UPDATE outbox SET state = 'unknown', error = 'restored', body = NULL WHERE state IN ('queued', 'sending')", {}
    ),
)
"""To be run once on a restored database, before anything is sent."""
