"""Money for somebody without an account: held in custody until they claim it, or it goes back.

    funding ──▶ open ──▶ claiming ──▶ done
       │          │ ▲        │
       │          │ └────────┴─ it is known that nothing left: it can be claimed or refunded again
       │          └────▶ refunding ──▶ done
       └──▶ void      nothing was ever paid in

One escrow has at most one payout under way: `claiming` and `refunding` name its intent, and while it is not known what
became of that, nothing else can begin. What was paid in and out stands in a ledger that is only added to, one entry for
each payment. Each change is one UPDATE with one winner.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping, Sequence

import msgspec

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.identity import phone_key
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.ports import Clock, Database, Random, Sealer, Statement, Value
from whinchat.core.types import ChatRef

TABLE = "wallet_escrows"
DAY = 24 * 3600 * 1000  # milliseconds
FUNDING = "escrow"
CLAIM = "claim"
REFUND = "refund"
"""Purposes of payments: into custody, and out of it."""
MARKS = {CLAIM: "held:", REFUND: "back:"}
"""Before an escrow's id, in the memo of what is paid out: after a restore, it says what is not there any more."""
CODE_BYTES = 7
"""56 random bits: five tries a day and a verified phone number stand before them."""
MOST = 50
"""Rows of one person, or of one sweep, that are looked at."""


class EscrowState(enum.StrEnum):
    FUNDING = "funding"
    OPEN = "open"
    CLAIMING = "claiming"
    REFUNDING = "refunding"
    DONE = "done"
    VOID = "void"


HELD = (EscrowState.OPEN, EscrowState.CLAIMING, EscrowState.REFUNDING)
"""Money was paid in and, as far as is known, not out."""
UNPAID = (EscrowState.FUNDING, EscrowState.VOID)
"""As far as is known, nothing was paid in."""


class Entry(enum.StrEnum):
    """A line of the ledger."""

    RECEIVED = "received"
    PAID = "paid"
    REFUNDED = "refunded"


class Body(msgspec.Struct, frozen=True):
    """What is sealed in a row."""

    label: str
    """The number, shortened for display."""
    memo: str
    sender_name: str
    """As whoever claims it is shown it."""
    refund_wallet: PayeeWallet
    """Where it goes back to: the wallet that paid, fixed before it did."""
    transport: str
    chat: ChatRef
    """Of who sent it, direct."""
    language: str


_decode = msgspec.msgpack.Decoder(Body).decode
_encode = msgspec.msgpack.Encoder().encode


class Escrow(msgspec.Struct, frozen=True, array_like=True):
    """One row, its columns in their order. Times are milliseconds UTC."""

    id: str
    backend: str
    sent_by: str
    phone: bytes
    state: EscrowState
    currency: Currency
    minor: int
    claimant: str | None
    payout: str | None
    """Intent of the payment out of custody that is under way, or that ended it."""
    refunded: bool
    created_at: int
    expires_at: int
    settled_at: int | None
    body: Body

    @property
    def amount(self) -> Money:
        return Money(self.currency, self.minor)


_COLUMNS = ", ".join(Escrow.__struct_fields__)

_START = """
    INSERT INTO wallet_escrows (id, backend, sent_by, phone, state, currency, minor, created_at, expires_at, body)
         VALUES (:id, :backend, :sent_by, :phone, 'funding', :currency, :minor, :now, :expires, :body)"""

_OPEN = """
    UPDATE wallet_escrows SET state = 'open', code = :code, expires_at = :expires, settled_at = NULL
     WHERE id = :id AND state IN ('funding', 'void')"""

_VOID = "UPDATE wallet_escrows SET state = 'void', settled_at = :now WHERE id = :id AND state = 'funding'"

_ABANDON = """
    UPDATE wallet_escrows SET state = 'void', settled_at = :now
     WHERE state = 'funding'
       AND NOT EXISTS (SELECT 1 FROM wallet_intents
                        WHERE subject = wallet_escrows.id AND state NOT IN ('cancelled', 'expired', 'failed'))"""

_CLAIM = """
    UPDATE wallet_escrows SET state = 'claiming', claimant = :claimant, payout = :payout
     WHERE id = :id AND state = 'open' AND code = :code AND phone = :phone AND expires_at > :now"""

_REFUND = """
    UPDATE wallet_escrows SET state = 'refunding', claimant = NULL, payout = :payout
     WHERE id = :id AND state = 'open'"""

_DONE = """
    UPDATE wallet_escrows SET state = 'done', refunded = :refunded, settled_at = :now
     WHERE id = :id AND payout = :payout AND state IN ('claiming', 'refunding')"""

_PAID_OUT = """
    UPDATE wallet_escrows SET state = 'done', payout = :payout, refunded = :refunded, settled_at = :now
     WHERE id = :id AND state <> 'done'"""

_REOPEN = """
    UPDATE wallet_escrows SET state = 'open', claimant = NULL, payout = NULL, expires_at = :expires
     WHERE id = :id AND payout = :payout AND state IN ('claiming', 'refunding')"""

_ENTRY = """
    INSERT INTO wallet_escrow_ledger (escrow, backend, entry, intent, currency, minor, at)
         VALUES (:escrow, :backend, :entry, :intent, :currency, :minor, :now)"""

_TRY = "INSERT INTO wallet_attempts (kind, subject, at) VALUES ('claim', :subject, :now)"


class Escrows:
    """Reads are methods that await; changes are statements for a durable batch, of which exactly one can win."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, random: Random) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random

    # --- reading -------------------------------------------------------------------------------------------------

    async def get(self, escrow_id: str) -> Escrow | None:
        found = await self._select("id = :id", {"id": escrow_id})
        return found[0] if found else None

    async def by_code(self, code: str, phone: str) -> Escrow | None:
        """What this code is of, for this verified number (E.164), whatever became of it."""
        args: dict[str, Value] = {"code": self.code_key(code), "phone": self.phone_key(phone)}
        found = await self._select("code = :code AND phone = :phone", args)
        return found[0] if found else None

    async def waiting_for(self, phone: str) -> list[Escrow]:
        """What somebody with this number could claim, oldest first."""
        where = "phone = :phone AND state = 'open' AND expires_at > :now"
        return await self._select(where, {"phone": self.phone_key(phone), "now": self._clock.now()})

    async def of_sender(self, user_id: str) -> list[Escrow]:
        """What a person sent and nobody has claimed, oldest first."""
        return await self._select(f"sent_by = :sent_by AND state IN ({_listed(HELD)})", {"sent_by": user_id})

    async def over(self) -> list[Escrow]:
        """What nobody claimed in time."""
        return await self._select("state = 'open' AND expires_at <= :now", {"now": self._clock.now()})

    async def tries(self, user_id: str) -> int:
        """Wrong codes of the last 24 hours."""
        row = await self._database.fetch_one(
            "SELECT count(*) FROM wallet_attempts WHERE kind = 'claim' AND subject = :subject AND at > :since",
            {"subject": self._trying(user_id), "since": self._clock.now() - DAY},
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def held(self) -> Mapping[Currency, int]:
        """By the rows: what is owed to claimants or senders."""
        return await self._sums(
            f"SELECT currency, sum(minor) FROM wallet_escrows WHERE state IN ({_listed(HELD)}) GROUP BY currency"  # noqa: S608 - words of ours
        )

    async def booked(self) -> Mapping[Currency, int]:
        """By the ledger: what was received and neither paid nor refunded."""
        return await self._sums(
            """SELECT currency, sum(CASE entry WHEN 'received' THEN minor ELSE -minor END)
                 FROM wallet_escrow_ledger GROUP BY currency"""
        )

    async def used(self) -> bool:
        """Whether custody ever got anything, as far as is remembered."""
        return await self._database.fetch_one("SELECT 1 FROM wallet_escrow_ledger LIMIT 1") is not None

    async def moving(self) -> bool:
        """Whether something is being paid out of custody right now."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM wallet_intents WHERE owner = 'escrow' AND state IN ('confirmed', 'submitting') LIMIT 1"
        )
        return row is not None

    async def _sums(self, sql: str) -> Mapping[Currency, int]:
        rows = await self._database.fetch(sql)
        sums = msgspec.convert(rows, list[tuple[Currency, int]])
        return {currency: total for currency, total in sums if total}

    async def _select(self, where: str, args: Mapping[str, Value]) -> list[Escrow]:
        sql = f"SELECT {_COLUMNS} FROM wallet_escrows WHERE {where} ORDER BY created_at, id LIMIT {MOST}"  # noqa: S608 - words of ours
        found = []
        for *columns, sealed in await self._database.fetch(sql, args):
            body = _decode(self._sealer.open(TABLE, str(columns[0]), msgspec.convert(sealed, bytes)))
            found.append(msgspec.convert((*columns, body), Escrow, strict=False))
        return found

    # --- changing ------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return base64.b32encode(self._random.randbytes(10)).decode().lower()

    def new_code(self) -> str:
        """What is handed on: twelve letters and digits."""
        return base64.b32encode(self._random.randbytes(CODE_BYTES)).decode().rstrip("=")

    def start(
        self, escrow_id: str, sent_by: str, backend: str, phone: str, amount: Money, body: Body, *, days: int
    ) -> Statement:
        """Before anything is paid in."""
        now = self._clock.now()
        args: dict[str, Value] = {
            "id": escrow_id,
            "backend": backend,
            "sent_by": sent_by,
            "phone": self.phone_key(phone),
            "currency": amount.currency.value,
            "minor": amount.minor,
            "now": now,
            "expires": now + days * DAY,
            "body": self._sealer.seal(TABLE, escrow_id, _encode(body)),
        }
        return Statement(_START, args, rows=1)

    def opened(self, escrow: Escrow, intent: str, code: str) -> Sequence[Statement]:
        """It was paid in, by that intent, and is waiting."""
        lasts = escrow.expires_at - escrow.created_at
        args: dict[str, Value] = {
            "id": escrow.id,
            "code": self.code_key(code),
            "expires": self._clock.now() + lasts,
        }
        return Statement(_OPEN, args, rows=1), self.received(escrow, intent)

    def received(self, escrow: Escrow, intent: str) -> Statement:
        """It was paid in, by that intent: the line of the ledger alone."""
        return self._entry(escrow, Entry.RECEIVED, intent)

    def abandon(self) -> Statement:
        """Those that nobody will pay in: no payment into them is under way, in doubt or done."""
        return Statement(_ABANDON, {"now": self._clock.now()})

    def void(self, escrow: Escrow) -> Statement:
        return Statement(_VOID, {"id": escrow.id, "now": self._clock.now()}, rows=1)

    def claim(self, escrow: Escrow, code: str, phone: str, claimant: str, payout: str) -> Statement:
        args: dict[str, Value] = {
            "id": escrow.id,
            "code": self.code_key(code),
            "phone": self.phone_key(phone),
            "claimant": claimant,
            "payout": payout,
            "now": self._clock.now(),
        }
        return Statement(_CLAIM, args, rows=1)

    def refund(self, escrow: Escrow, payout: str) -> Statement:
        return Statement(_REFUND, {"id": escrow.id, "payout": payout}, rows=1)

    def done(self, escrow: Escrow, payout: str) -> Sequence[Statement]:
        """Its payout left custody."""
        refunded = escrow.state is EscrowState.REFUNDING
        args: dict[str, Value] = {
            "id": escrow.id,
            "payout": payout,
            "refunded": int(refunded),
            "now": self._clock.now(),
        }
        entry = Entry.REFUNDED if refunded else Entry.PAID
        return Statement(_DONE, args, rows=1), self._entry(escrow, entry, payout)

    def reopen(self, escrow: Escrow, payout: str) -> Statement:
        """Nothing left custody: that is known. What could not go back is tried again a day later."""
        expires = escrow.expires_at
        if escrow.state is EscrowState.REFUNDING:
            expires = max(expires, self._clock.now() + DAY)
        return Statement(_REOPEN, {"id": escrow.id, "payout": payout, "expires": expires}, rows=1)

    def paid_out(self, escrow: Escrow, payout: str, *, refunded: bool) -> Sequence[Statement]:
        """A payout that the row knows nothing of had left: found after a restore."""
        args: dict[str, Value] = {
            "id": escrow.id,
            "payout": payout,
            "refunded": int(refunded),
            "now": self._clock.now(),
        }
        entry = Entry.REFUNDED if refunded else Entry.PAID
        return Statement(_PAID_OUT, args, rows=1), self._entry(escrow, entry, payout)

    def wrong_code(self, user_id: str) -> Statement:
        return Statement(_TRY, {"subject": self._trying(user_id), "now": self._clock.now()}, rows=1)

    def _entry(self, escrow: Escrow, entry: Entry, intent: str) -> Statement:
        args: dict[str, Value] = {
            "escrow": escrow.id,
            "backend": escrow.backend,
            "entry": entry.value,
            "intent": intent,
            "currency": escrow.currency.value,
            "minor": escrow.minor,
            "now": self._clock.now(),
        }
        return Statement(_ENTRY, args, rows=1)

    # --- keys ----------------------------------------------------------------------------------------------------

    def code_key(self, code: str) -> bytes:
        return self._sealer.digest("wallet.claim", code)

    def phone_key(self, phone: str) -> bytes:
        return phone_key(self._sealer, phone)

    def _trying(self, user_id: str) -> bytes:
        return self._sealer.digest("wallet.claim_tries", user_id)


def _listed(states: Sequence[EscrowState]) -> str:
    """For `IN (…)`: words of ours, never input."""
    return ", ".join(f"'{state.value}'" for state in states)
