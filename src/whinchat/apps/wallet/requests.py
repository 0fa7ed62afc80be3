"""Requests for money: one person asks another, who may pay, decline or never hear from them again.

    open ──▶ paid | declined | withdrawn | expired

A request is never paid by itself, nor by a yes: `pay N` turns it into a payment of the payer's own, which is shown and
confirmed like any other, and carries the request's id as its subject.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping

import msgspec

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.ports import Clock, Database, Random, Sealer, Statement, Value
from whinchat.core.types import ChatRef

TABLE = "wallet_requests"
DAY = 24 * 3600 * 1000  # milliseconds
LASTS = 30 * DAY
MOST_A_DAY = 3
"""From one person to one other, whatever became of them."""
MOST_OPEN = 50
"""That one person can be asked at once."""


class RequestState(enum.StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed in a row. Names are those that the backend verified, never what people call themselves."""

    requester_name: str
    payer_name: str
    target: PayeeWallet
    """Where the money goes: fixed when it was asked for."""
    transport: str
    chat: ChatRef
    """The requester's, direct."""
    language: str
    memo: str = ""


_decode = msgspec.msgpack.Decoder(Body).decode
_encode = msgspec.msgpack.Encoder().encode


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One row, its columns in their order. Times are milliseconds UTC."""

    id: str
    backend: str
    requester: str
    payer: str
    number: int
    """What the payer knows it by while it is open, and no other one for a day after."""
    state: RequestState
    currency: Currency
    minor: int
    created_at: int
    expires_at: int
    settled_at: int | None
    body: Body

    @property
    def amount(self) -> Money:
        return Money(self.currency, self.minor)


_COLUMNS = ", ".join(Request.__struct_fields__)

_ASK = """
    INSERT INTO wallet_requests (id, backend, requester, payer, number, state, currency, minor, created_at, expires_at,
                                 body)
         SELECT :id, :backend, :requester, :payer,
                (SELECT coalesce(max(number), 0) + 1 FROM wallet_requests
                  WHERE payer = :payer AND (state = 'open' OR settled_at > :since)),
                'open', :currency, :minor, :now, :expires, :body
          WHERE (SELECT count(*) FROM wallet_requests
                  WHERE requester = :requester AND payer = :payer AND created_at > :since) < :most
            AND (SELECT count(*) FROM wallet_requests WHERE payer = :payer AND state = 'open') < :most_open
            AND NOT EXISTS (SELECT 1 FROM wallet_blocks WHERE user_id = :payer AND blocked = :requester)"""

_SETTLE = """
    UPDATE wallet_requests SET state = :state, settled_at = :now
     WHERE id = :id AND state = 'open'"""

_EXPIRE = """
    UPDATE wallet_requests SET state = 'expired', settled_at = :now
     WHERE state = 'open' AND expires_at <= :now"""

_BLOCK = """
    INSERT INTO wallet_blocks (user_id, blocked, at) VALUES (:payer, :requester, :now)
    ON CONFLICT (user_id, blocked) DO NOTHING"""


class Requests:
    """Reads are methods that await; changes are statements for a batch."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, random: Random) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random

    # --- reading -------------------------------------------------------------------------------------------------

    async def get(self, request_id: str) -> Request | None:
        found = await self._select("id = :id", {"id": request_id})
        return found[0] if found else None

    async def received(self, payer: str) -> list[Request]:
        """What a person is asked for, by its number."""
        where = "payer = :payer AND state = 'open' AND expires_at > :now"
        found = await self._select(where, {"payer": payer, "now": self._clock.now()})
        return sorted(found, key=lambda request: request.number)

    async def sent(self, requester: str) -> list[Request]:
        """What a person waits for, oldest first."""
        where = "requester = :requester AND state = 'open' AND expires_at > :now"
        return await self._select(where, {"requester": requester, "now": self._clock.now()})

    async def refusal(self, requester: str, payer: str) -> str | None:
        """Why `ask` would find a Conflict: `blocked`, `too_many` or `full`; None when it would not."""
        row = await self._database.fetch_one(
            """SELECT EXISTS (SELECT 1 FROM wallet_blocks WHERE user_id = :payer AND blocked = :requester),
                      (SELECT count(*) FROM wallet_requests
                        WHERE requester = :requester AND payer = :payer AND created_at > :since),
                      (SELECT count(*) FROM wallet_requests WHERE payer = :payer AND state = 'open')""",
            {"payer": payer, "requester": requester, "since": self._clock.now() - DAY},
        )
        blocked, today, waiting = msgspec.convert(row, tuple[bool, int, int], strict=False)
        if blocked:
            return "blocked"
        if today >= MOST_A_DAY:
            return "too_many"
        return "full" if waiting >= MOST_OPEN else None

    async def _select(self, where: str, args: Mapping[str, Value]) -> list[Request]:
        sql = f"SELECT {_COLUMNS} FROM wallet_requests WHERE {where} ORDER BY created_at, id LIMIT {MOST_OPEN}"  # noqa: S608 - words of ours
        found = []
        for *columns, sealed in await self._database.fetch(sql, args):
            body = _decode(self._sealer.open(TABLE, str(columns[0]), msgspec.convert(sealed, bytes)))
            found.append(msgspec.convert((*columns, body), Request, strict=False))
        return found

    # --- changing ------------------------------------------------------------------------------------------------

    def ask(self, requester: str, payer: str, backend: str, amount: Money, body: Body) -> Statement:
        """Conflict where `refusal` says why."""
        now, request_id = self._clock.now(), base64.b32encode(self._random.randbytes(10)).decode().lower()
        args: dict[str, Value] = {
            "id": request_id,
            "backend": backend,
            "requester": requester,
            "payer": payer,
            "currency": amount.currency.value,
            "minor": amount.minor,
            "now": now,
            "since": now - DAY,
            "expires": now + LASTS,
            "most": MOST_A_DAY,
            "most_open": MOST_OPEN,
            "body": self._sealer.seal(TABLE, request_id, _encode(body)),
        }
        return Statement(_ASK, args, rows=1)

    def settle(self, request: Request, state: RequestState) -> Statement:
        """The end of an open one; Conflict when it came to another end."""
        return Statement(_SETTLE, {"id": request.id, "state": state.value, "now": self._clock.now()}, rows=1)

    def block(self, payer: str, requester: str) -> Statement:
        """The payer hears no more of them."""
        return Statement(_BLOCK, {"payer": payer, "requester": requester, "now": self._clock.now()})

    def expire(self) -> Statement:
        """All whose time is over."""
        return Statement(_EXPIRE, {"now": self._clock.now()})
