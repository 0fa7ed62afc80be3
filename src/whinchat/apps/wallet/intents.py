"""Payments as rows. How one state leads to another, `transitions` says."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import asdict, replace

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import PayeeWallet, Transaction
from whinchat.apps.wallet.intent import ESCROW, Body, Intent, Party, Proposal, pay_job
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.transitions import (
    BEFORE,
    CANCEL,
    CONFIRM,
    DAY,
    DOUBTFUL,
    EXPIRE,
    LATEST,
    OPEN,
    RESERVING,
    SHOW,
    Condition,
    State,
    change_where,
    checks,
    given,
    listed,
)
from whinchat.core.dispatch.outbox import Receipt
from whinchat.core.ports import Clock, Database, Job, Random, Row, Sealer, Statement, Value

LASTS = 5 * 60_000  # milliseconds that a payment can be confirmed for
KEPT = 400 * DAY  # milliseconds, of what was paid or failed
UNCONFIRMED_KEPT = 7 * DAY
LOST = 2 * 60_000  # milliseconds after which a job that should have run is added again
PAGE = 100
RESTORED = "restored"
"""The purpose of payments that are known from the backend's list alone."""

_CODE_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
_CODE_LENGTH = 4

_COLUMNS = ", ".join(Intent.__struct_fields__)
_WRITTEN = f"{_COLUMNS}, payee, payment_hash"
_INSERT = f"INSERT INTO wallet_intents ({_WRITTEN}) VALUES (:{_WRITTEN.replace(', ', ', :')})"  # noqa: S608 - our columns
_IMAGINED = ", ".join(
    f":{column} AS {column}"
    for column in ("backend", "account", "owner", "showing", "currency", "minor", "total", "payee", "payment_hash")
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Body).decode


class Intents:
    """Reads are methods that await; changes are statements for a batch."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, random: Random) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random

    # --- reading -------------------------------------------------------------------------------------------------

    async def get(self, intent_id: str) -> Intent | None:
        found = await self._select("id = :id", {"id": intent_id})
        return found[0] if found else None

    async def open(self, owner: str) -> list[Intent]:
        """What the person could confirm now, oldest first."""
        where = f"owner = :owner AND state IN ({listed(OPEN)}) AND expires_at > :now"
        return await self._select(where, {"owner": owner, "now": self._clock.now()})

    async def standing(self, owner: str) -> list[Intent]:
        """What the person could still call off, oldest first."""
        return await self._select(f"owner = :owner AND state IN ({listed(CANCEL.sources)})", {"owner": owner})

    async def doubtful(self, owner: str) -> list[Intent]:
        """What the person confirmed and nobody knows the end of, oldest first."""
        return await self._select(f"owner = :owner AND state IN ({listed(DOUBTFUL)})", {"owner": owner})

    async def recent(self, owner: str, span: int) -> list[Intent]:
        """What the person was shown in the last `span` milliseconds, newest first."""
        where = "owner = :owner AND created_at > :since"
        return await self._select(where, {"owner": owner, "since": self._clock.now() - span}, newest=True)

    async def of_subject(self, subject: str) -> list[Intent]:
        return await self._select("subject = :subject", {"subject": subject})

    async def unresolved(self, owner: str | None = None) -> list[Intent]:
        """The operator's queue, or what of one person is in it: what could not be found out, longest ago first."""
        return await self._select("state = 'unresolved' AND owner = coalesce(:owner, owner)", {"owner": owner})

    async def lost(self) -> list[Intent]:
        """Whose job should have run some time ago."""
        where = """(state IN ('confirmed', 'submitting') AND coalesce(submitting_at, confirmed_at) < :late)
                   OR (state = 'unknown' AND coalesce(look_at, 0) < :late)"""
        return await self._select(where, {"late": self._clock.now() - LOST})

    async def _select(self, where: str, args: Mapping[str, Value], *, newest: bool = False) -> list[Intent]:
        order = "created_at DESC, id DESC" if newest else "created_at, id"
        sql = f"SELECT {_COLUMNS} FROM wallet_intents WHERE {where} ORDER BY {order} LIMIT {PAGE}"  # noqa: S608 - SQL of ours
        return [self._opened(row) for row in await self._database.fetch(sql, args)]

    def _opened(self, row: Row) -> Intent:
        *columns, sealed = row
        body = _decode(self._sealer.open("wallet_intents", str(row[0]), msgspec.convert(sealed, bytes)))
        return msgspec.convert((*columns, body), Intent, strict=False)

    async def obstacle(self, intent: Intent, args: Mapping[str, Value]) -> str | None:
        """Name of the first condition of `CONFIRM` that does not hold."""
        sql = f"SELECT {checks(CONFIRM.conditions)} FROM wallet_intents WHERE id = :id"  # noqa: S608 - SQL of ours
        row = await self._database.fetch_one(sql, given(sql, {"id": intent.id, **args}))
        return _first(CONFIRM.conditions, row)

    async def hindrance(self, member: Member, proposal: Proposal, total: int) -> str | None:
        """Name of the first condition that would keep the person from paying it, if it were shown and confirmed now."""
        sql = f"SELECT {checks(BEFORE)} FROM (SELECT {_IMAGINED}) AS wallet_intents"  # noqa: S608 - SQL of ours
        args = {
            "backend": member.backend,
            "account": member.account,
            "owner": member.id,
            "showing": "",
            "currency": proposal.amount.currency.value,
            "minor": proposal.amount.minor,
            "total": total,
            **self._digests(proposal.payee),
            "payment_limit": member.payment_limit,
            "day_limit": member.day_limit,
            "now": self._clock.now(),
        }
        return _first(BEFORE, await self._database.fetch_one(sql, given(sql, args)))

    async def spent(self, backend: str, account: bytes) -> int:
        """US cents that count against the day's limit now."""
        row = await self._database.fetch_one(
            f"""SELECT coalesce(sum(cents), 0) FROM wallet_intents
                 WHERE backend = :backend AND account = :account AND confirmed_at > :since
                   AND state IN ({listed(RESERVING)})""",  # noqa: S608 - words of ours
            {"backend": backend, "account": account, "since": self._clock.now() - DAY},
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def settled_by(self, backend: str, transaction: Transaction) -> str | None:
        """Id of the payment that the transaction settled."""
        row = await self._database.fetch_one(
            "SELECT intent FROM wallet_settled WHERE backend = :backend AND transaction_id = :transaction",
            {"backend": backend, "transaction": self._transaction(backend, transaction)},
        )
        return None if row is None else str(row[0])

    async def has_record(self, intent: Intent) -> bool:
        """Whether the transaction that settled it is known."""
        sql = "SELECT 1 FROM wallet_settled WHERE intent = :intent"
        return await self._database.fetch_one(sql, {"intent": intent.id}) is not None

    async def has_paid(self, backend: str, account: bytes) -> bool:
        """Whether anything of the account was ever paid, as far as is remembered."""
        sql = "SELECT 1 FROM wallet_intents WHERE backend = :backend AND account = :account AND state = 'paid' LIMIT 1"
        return await self._database.fetch_one(sql, {"backend": backend, "account": account}) is not None

    # --- writing -------------------------------------------------------------------------------------------------

    def draft(
        self, member: Member, proposals: Sequence[Proposal], language: str, *, pin: bool, besides: Collection[str] = ()
    ) -> tuple[list[Intent], tuple[Statement, ...]]:
        """Payments that are shown and confirmed together. `besides`: codes that are taken."""
        party = Party(
            member.id,
            member.backend,
            member.account,
            member.chat_key,
            member.transport,
            member.chat,
            language,
        )
        invoices = [each.payee.expires_at for each in proposals if each.payee.expires_at]
        showing, code = self._id(), self._code(besides)
        drafted = [
            self._new(
                party,
                proposal,
                self._id() if number else showing,
                showing=showing,
                code=code,
                total=sum(each.cents for each in proposals),
                pin=pin,
                expires_at=min([self._clock.now() + LASTS, *invoices]),
            )
            for number, proposal in enumerate(proposals)
        ]
        return drafted, tuple(map(self._insert, drafted))

    def payout(self, backend: str, account: bytes, proposal: Proposal) -> tuple[Intent, tuple[Statement, ...], Job]:
        """A payment from custody, which nobody confirms; to be committed durably with what it is owed for."""
        party = Party(ESCROW, backend, account)
        intent = self._new(party, proposal, self._id(), expires_at=self._clock.now() + LATEST)
        intent = replace(intent, state=State.CONFIRMED, confirmed_at=self._clock.now())
        return intent, (self._insert(intent),), pay_job(intent.id)

    def restored(
        self, party: Party, intent_id: str, transaction: Transaction, cents: int, subject: str | None = None
    ) -> tuple[Statement, ...]:
        """A payment that left after the backup was made that we live from: nothing more is known of it."""
        intent = self._unknown(party, intent_id, transaction, cents, subject)
        intent = replace(intent, state=State.PAID, confirmed_at=transaction.time, settled_at=transaction.time)
        return self._insert(intent), self.record(intent, transaction)

    def queued(self, party: Party, transaction: Transaction) -> Statement:
        """Money that came in after the backup was made, and nobody knows for whom: the operator has to look."""
        intent = self._unknown(party, self._id(), transaction, 0, None)
        return self._insert(replace(intent, state=State.UNRESOLVED, error="restored"))

    def _unknown(
        self, party: Party, intent_id: str, transaction: Transaction, cents: int, subject: str | None
    ) -> Intent:
        proposal = Proposal(
            purpose=RESTORED,
            source=PayeeWallet(transaction.wallet, transaction.amount.currency),
            amount=transaction.amount,
            fee_limit=Money(transaction.amount.currency, 0),
            cents=cents,
            payee=FrozenPayee(kind=PayeeKind.NAME, label=transaction.counterparty or "", key=f"restored:{intent_id}"),
            memo=transaction.memo or "",
            subject=subject,
        )
        return self._new(party, proposal, intent_id, expires_at=transaction.time)

    def record(self, intent: Intent, transaction: Transaction) -> Statement:
        """The transaction settles this payment, and no other ever: else Conflict."""
        return Statement(
            """INSERT INTO wallet_settled (backend, transaction_id, intent, at)
               VALUES (:backend, :transaction, :intent, :now)""",
            {
                "backend": intent.backend,
                "transaction": self._transaction(intent.backend, transaction),
                "intent": intent.id,
                "now": self._clock.now(),
            },
            rows=1,
        )

    def recall(self, intent: Intent) -> Statement:
        """It is asked back, which happens once."""
        return Statement(
            """UPDATE wallet_intents SET recalled_at = :now
                WHERE id = :id AND state = 'paid' AND rail = 'wallet' AND recalled_at IS NULL""",
            {"id": intent.id, "now": self._clock.now()},
            rows=1,
        )

    def probed(self, intent: Intent) -> Statement:
        """Its fee was asked for again, and is no higher."""
        return Statement(
            "UPDATE wallet_intents SET probed_at = :now WHERE id = :id",
            {"id": intent.id, "now": self._clock.now()},
            rows=1,
        )

    def sweep(self) -> tuple[Statement, ...]:
        """What nobody confirmed is over, and what is long over is forgotten."""
        now = self._clock.now()
        forget = f"""DELETE FROM wallet_intents WHERE id IN (
                         SELECT id FROM wallet_intents
                          WHERE (state IN ('cancelled', 'expired') AND created_at < :week)
                             OR (state IN ('paid', 'failed') AND created_at < :year)
                          LIMIT {PAGE})"""  # noqa: S608 - a number of ours
        return (
            change_where(EXPIRE, "1 = 1", now=now),
            Statement(forget, {"week": now - UNCONFIRMED_KEPT, "year": now - KEPT}),
            Statement(
                "DELETE FROM wallet_settled WHERE NOT EXISTS (SELECT 1 FROM wallet_intents WHERE id = intent)", {}
            ),
        )

    def _new(
        self,
        party: Party,
        proposal: Proposal,
        intent_id: str,
        *,
        showing: str = "",
        code: str = "",
        total: int | None = None,
        pin: bool = False,
        expires_at: int,
    ) -> Intent:
        now = self._clock.now()
        return Intent(
            id=intent_id,
            backend=party.backend,
            account=party.account,
            owner=party.owner,
            chat=party.chat_key,
            showing=showing or intent_id,
            purpose=proposal.purpose,
            rail=proposal.rail,
            state=State.DRAFTED,
            code=code,
            currency=proposal.amount.currency,
            minor=proposal.amount.minor,
            fee_limit=proposal.fee_limit.minor,
            cents=proposal.cents,
            total=proposal.cents if total is None else total,
            pin=pin,
            subject=proposal.subject,
            key=str(uuid.UUID(bytes=self._random.randbytes(16), version=4)),
            created_at=now,
            probed_at=now,
            expires_at=expires_at,
            body=Body(
                payee=proposal.payee,
                source=proposal.source,
                memo=proposal.memo,
                invoice_amount=proposal.invoice_amount,
                transport=party.transport,
                chat=party.chat,
                language=party.language,
            ),
        )

    def _insert(self, intent: Intent) -> Statement:
        row: dict[str, Value] = {
            **asdict(intent),
            "rail": intent.rail.value,
            "state": intent.state.value,
            "currency": intent.currency.value,
            "pin": int(intent.pin),
            **self._digests(intent.body.payee),
            "body": self._sealer.seal("wallet_intents", intent.id, _encode(intent.body)),
        }
        return Statement(_INSERT, row, rows=1)

    def _digests(self, payee: FrozenPayee) -> Mapping[str, Value]:
        """What payees and invoices are compared by."""
        return {
            "payee": self._sealer.digest("wallet.payee", payee.key),
            "payment_hash": self._sealer.digest("wallet.invoice", payee.hash) if payee.hash else None,
        }

    def _transaction(self, backend: str, transaction: Transaction) -> bytes:
        return self._sealer.digest("wallet.transaction", backend, transaction.id)

    def _id(self) -> str:
        """50 random bits; short enough for a memo."""
        return base64.b32encode(self._random.randbytes(7)).decode()[:10].lower()

    def _code(self, besides: Collection[str]) -> str:
        """Four letters and digits that are no word, are not mistaken for each other, and no code of a login."""
        while True:
            code = "".join(_CODE_LETTERS[byte % len(_CODE_LETTERS)] for byte in self._random.randbytes(_CODE_LENGTH))
            if code not in besides and not code.isdigit():
                return code


def _first(conditions: Sequence[Condition], row: Row | None) -> str | None:
    """The name of the first that does not hold."""
    values = row or ()
    return next((each.name for each, holds in zip(conditions, values, strict=False) if not holds), None)


def spending(backend: str, account: bytes) -> Statement:
    """One confirmation of an account at a time, also where batches run side by side (PostgreSQL): to be the first
    statement of its batch."""
    return Statement(
        """INSERT INTO wallet_spending (backend, account, version) VALUES (:backend, :account, 1)
           ON CONFLICT (backend, account) DO UPDATE SET version = wallet_spending.version + 1""",
        {"backend": backend, "account": account},
    )


def never_resend(owner: str) -> Statement:
    """Somebody said no: what is not known yet is only looked for from now on."""
    return Statement(
        "UPDATE wallet_intents SET resend_until = NULL WHERE owner = :owner AND state = 'unknown'", {"owner": owner}
    )


def shown(showing: str, now: int) -> tuple[Statement, ...]:
    """The receipt of the message that asks (`App.receipts`, topic `SHOWN`)."""
    return (change_where(SHOW, "showing = :showing", showing=showing, now=now),)


SHOWN = "wallet.shown"
RECEIPTS: Mapping[str, Receipt] = {SHOWN: shown}
