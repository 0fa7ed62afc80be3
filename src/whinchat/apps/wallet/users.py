"""The rows of people: whom they are at the backend, their session, and where they stand with a code."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from whinchat.apps.wallet.identity import phone_key
from whinchat.apps.wallet.migrations import token_row
from whinchat.core.ports import Database, Random, Row, Sealer, Statement, Value
from whinchat.core.secret import Secret
from whinchat.core.types import ChatRef

DAY = 24 * 3600 * 1000  # milliseconds
IDLE, ABSOLUTE = 30 * DAY, 90 * DAY
"""How long a session lasts: after it was last used, and after it began."""
CODE_LASTS = 3600 * 1000  # milliseconds in which a code that was asked for is looked at
NEVER_LINKED, GONE = 7 * DAY, 180 * DAY
"""After which somebody is forgotten who only asked for a code, and who has no session any more."""
PAGE = 100

_encode = msgspec.msgpack.Encoder().encode


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed in a row."""

    phone: str
    """E.164, by the transport's word."""
    chat: ChatRef
    """Direct."""
    transport: str
    currency: str = ""
    """ISO 4217: the backend's until the person chooses one; empty before the first link."""


_decode = msgspec.msgpack.Decoder(Profile).decode


@dataclass(frozen=True, slots=True)
class Session:
    """Times are milliseconds UTC."""

    id: str
    token: Secret
    account: bytes
    """Keyed hash of the account's id at the backend."""
    began_at: int
    used_at: int
    closing_at: int | None
    """Since when it is over; the token is kept for what is not known yet."""

    def over(self, now: int) -> bool:
        """Whether it is, or has come to its end by itself."""
        return self.closing_at is not None or self.used_at + IDLE <= now or self.began_at + ABSOLUTE <= now


@dataclass(frozen=True, slots=True)
class User:
    """One row. Times are milliseconds UTC."""

    id: str
    session: Session | None
    linked_at: int | None
    """Last; None for somebody who never was."""
    waiting_at: int | None
    """In line for a code since then."""
    told_at: int | None
    """They know that there is a line."""
    asked_at: int | None
    """A code was asked for."""
    version: int
    profile: Profile

    @property
    def open(self) -> Session | None:
        """The session that was not ended, though its time may be over."""
        return None if self.session is None or self.session.closing_at is not None else self.session

    def awaits_code(self, now: int) -> bool:
        return self.asked_at is not None and self.asked_at + CODE_LASTS > now


_SELECT = """
    SELECT id, account, session, linked_at, used_at, closing_at, waiting_at, told_at, asked_at, version, body, token
      FROM wallet_users"""


class _Row(NamedTuple):
    """What `_SELECT` gives."""

    id: str
    account: bytes | None
    session: str | None
    linked_at: int | None
    used_at: int | None
    closing_at: int | None
    waiting_at: int | None
    told_at: int | None
    asked_at: int | None
    version: int
    body: bytes
    token: bytes | None


def random_id(random: Random) -> str:
    """128 bits, as text."""
    return base64.b32encode(random.randbytes(16)).decode().rstrip("=").lower()


class Users:
    """The table `wallet_users`, of one backend. Reads are methods that await; changes are statements.

    Statements with a single winner fail for the others; `now` is in milliseconds UTC.
    """

    def __init__(self, database: Database, sealer: Sealer, backend: str) -> None:
        self._database = database
        self._sealer = sealer
        self.backend = backend

    def account_key(self, account: str) -> bytes:
        """What an account at the backend is known by."""
        return self._sealer.digest("wallet.account", self.backend, account)

    # --- reading ---

    async def get(self, user_id: str) -> User | None:
        return await self._one(_SELECT + " WHERE id = :id AND backend = :backend", {"id": user_id})

    async def by_phone(self, phone: str) -> User | None:
        """Whose session is open."""
        where = " WHERE phone = :phone AND backend = :backend AND session IS NOT NULL AND closing_at IS NULL"
        return await self._one(_SELECT + where, {"phone": phone_key(self._sealer, phone)})

    async def by_wallet(self, wallet: str) -> User | None:
        """Whose wallet at the backend it was when they linked, by its id there."""
        row = await self._database.fetch_one(
            "SELECT user_id FROM wallet_wallets WHERE wallet = :wallet", {"wallet": self._wallet_key(wallet)}
        )
        return None if row is None else await self.get(msgspec.convert(row, tuple[str])[0])

    async def first_waiting(self) -> User | None:
        where = " WHERE backend = :backend AND waiting_at IS NOT NULL ORDER BY waiting_at, id LIMIT 1"
        return await self._one(_SELECT + where, {})

    async def of_account(self, account: bytes) -> list[User]:
        """Open sessions at one account of the backend: one, unless its phone number moved."""
        where = " WHERE backend = :backend AND account = :account AND session IS NOT NULL AND closing_at IS NULL"
        return await self._some(_SELECT + where, {"account": account})

    async def untold(self) -> list[User]:
        """Some who are in line and do not know it."""
        return await self._some(
            _SELECT + " WHERE backend = :backend AND waiting_at IS NOT NULL AND told_at IS NULL", {}
        )

    async def ended(self, now: int) -> list[User]:
        """Some whose session has come to its end by itself."""
        where = """ WHERE backend = :backend AND session IS NOT NULL AND closing_at IS NULL
                      AND (used_at <= :idle OR linked_at <= :absolute)"""
        return await self._some(_SELECT + where, {"idle": now - IDLE, "absolute": now - ABSOLUTE})

    async def active(self, since: int, limit: int) -> list[str]:
        """Ids of people with a session who used it since, the latest first."""
        rows = await self._database.fetch(
            """SELECT id FROM wallet_users
                WHERE backend = :backend AND session IS NOT NULL AND closing_at IS NULL AND used_at >= :since
                ORDER BY used_at DESC LIMIT :limit""",
            {"backend": self.backend, "since": since, "limit": limit},
        )
        return [msgspec.convert(row, tuple[str])[0] for row in rows]

    async def _one(self, query: str, args: dict[str, Value]) -> User | None:
        row = await self._database.fetch_one(query, {**args, "backend": self.backend})
        return None if row is None else self._opened(row)

    async def _some(self, query: str, args: dict[str, Value]) -> list[User]:
        rows = await self._database.fetch(f"{query} LIMIT {PAGE}", {**args, "backend": self.backend})
        return [self._opened(row) for row in rows]

    def _opened(self, row: Row) -> User:
        found = msgspec.convert(row, _Row)
        profile = _decode(self._sealer.open("wallet_users", found.id, found.body))
        waits = (found.waiting_at, found.told_at, found.asked_at)
        return User(found.id, self._session(found), found.linked_at, *waits, found.version, profile)

    def _session(self, row: _Row) -> Session | None:
        if row.session is None or row.token is None or row.account is None:
            return None
        token = Secret(self._sealer.open("wallet_users", token_row((row.id,)), row.token).decode())
        return Session(row.session, token, row.account, row.linked_at or 0, row.used_at or 0, row.closing_at)

    def _sealed(self, user_id: str, profile: Profile) -> bytes:
        return self._sealer.seal("wallet_users", user_id, _encode(profile))

    # --- linking ---

    def add(self, user_id: str, profile: Profile, now: int) -> Statement:
        return Statement(
            """INSERT INTO wallet_users (id, backend, phone, body, created_at)
                    VALUES (:id, :backend, :phone, :body, :now)""",
            {
                "id": user_id,
                "backend": self.backend,
                "phone": phone_key(self._sealer, profile.phone),
                "body": self._sealed(user_id, profile),
                "now": now,
            },
            rows=1,
        )

    def wait(self, user_id: str, profile: Profile, now: int, *, told: bool) -> Statement:
        """In line for a code. `told`: they know that it may take long."""
        return Statement(
            """UPDATE wallet_users SET waiting_at = :now, told_at = :told, asked_at = NULL, phone = :phone, body = :body
                WHERE id = :id""",
            {
                "id": user_id,
                "now": now,
                "told": now if told else None,
                "phone": phone_key(self._sealer, profile.phone),
                "body": self._sealed(user_id, profile),
            },
            rows=1,
        )

    def told(self, user: User, now: int) -> Statement:
        return Statement("UPDATE wallet_users SET told_at = :now WHERE id = :id", {"id": user.id, "now": now})

    def asked(self, user: User, now: int | None) -> Statement:
        """Out of the line; `now`: a code was asked for, None: it was not. One winner."""
        return Statement(
            """UPDATE wallet_users SET waiting_at = NULL, told_at = NULL, asked_at = :now
                WHERE id = :id AND waiting_at = :waiting""",
            {"id": user.id, "now": now, "waiting": user.waiting_at},
            rows=1,
        )

    def began(self, user: User, session: str, token: Secret, account: bytes, currency: str, now: int) -> Statement:
        """A session; of several attempts that began with the same row, one wins."""
        profile = msgspec.structs.replace(user.profile, currency=user.profile.currency or currency)
        return Statement(
            """UPDATE wallet_users
                  SET account = :account, session = :session, token = :token, linked_at = :now, used_at = :now,
                      closing_at = NULL, waiting_at = NULL, told_at = NULL, asked_at = NULL, version = version + 1,
                      body = :body
                WHERE id = :id AND version = :version""",
            {
                "id": user.id,
                "version": user.version,
                "account": account,
                "session": session,
                "token": self._sealer.seal("wallet_users", token_row((user.id,)), token.reveal().encode()),
                "now": now,
                "body": self._sealed(user.id, profile),
            },
            rows=1,
        )

    def owns(self, user: User, wallets: Iterable[str]) -> tuple[Statement, ...]:
        """These are the person's wallets, by their ids at the backend."""
        return tuple(
            Statement(
                """INSERT INTO wallet_wallets (wallet, user_id) VALUES (:wallet, :user)
                   ON CONFLICT (wallet) DO UPDATE SET user_id = excluded.user_id""",
                {"wallet": self._wallet_key(wallet), "user": user.id},
            )
            for wallet in wallets
        )

    def _wallet_key(self, wallet: str) -> bytes:
        return self._sealer.digest("wallet.wallet", self.backend, wallet)

    # --- a session ---

    def used(self, user_id: str, session: str, now: int, profile: Profile | None = None) -> Statement:
        """Fails when the session is over. `profile`: what is to be remembered instead."""
        return Statement(
            """UPDATE wallet_users
                  SET used_at = CASE WHEN used_at < :now THEN :now ELSE used_at END, body = coalesce(:body, body)
                WHERE id = :id AND session = :session AND closing_at IS NULL""",
            {
                "id": user_id,
                "session": session,
                "now": now,
                "body": None if profile is None else self._sealed(user_id, profile),
            },
            rows=1,
        )

    def stop(self, user: User) -> Statement:
        """Whatever was begun with the row (a code, a login) comes to nothing. One winner."""
        return Statement(
            """UPDATE wallet_users SET waiting_at = NULL, told_at = NULL, asked_at = NULL, version = version + 1
                WHERE id = :id AND version = :version""",
            {"id": user.id, "version": user.version},
            rows=1,
        )

    def close(self, user_id: str, session: str, now: int) -> Statement:
        """The session is over; its token stays until it is revoked. One winner."""
        return Statement(
            "UPDATE wallet_users SET closing_at = :now WHERE id = :id AND session = :session AND closing_at IS NULL",
            {"id": user_id, "session": session, "now": now},
            rows=1,
        )

    def closed(self, user_id: str, session: str) -> Statement:
        """The token is forgotten, unless another session has begun."""
        return Statement(
            """UPDATE wallet_users SET session = NULL, token = NULL, closing_at = NULL
                WHERE id = :id AND session = :session AND closing_at IS NOT NULL""",
            {"id": user_id, "session": session},
        )

    def unnamed(self, user_id: str) -> Statement:
        """Nobody finds the person by the phone number any more."""
        return Statement("UPDATE wallet_users SET phone = NULL WHERE id = :id", {"id": user_id})

    # --- retention ---

    def expired_tokens(self, now: int) -> Statement:
        """Tokens of sessions that were over a day ago, whether they could be revoked or not."""
        return Statement(
            """UPDATE wallet_users SET session = NULL, token = NULL, closing_at = NULL WHERE id IN (
                   SELECT id FROM wallet_users WHERE closing_at <= :before LIMIT :page)
             RETURNING id""",
            {"before": now - DAY, "page": PAGE},
        )

    async def gone(self, now: int) -> list[User]:
        """Some who never linked, or have not been linked for long, and to whom no money can be owed."""
        where = """ WHERE backend = :backend AND session IS NULL AND waiting_at IS NULL
                      AND (linked_at IS NULL AND created_at <= :never OR used_at <= :gone)
                      AND NOT EXISTS (SELECT 1 FROM wallet_intents
                                       WHERE owner = wallet_users.id AND state NOT IN (
                                             'paid', 'failed', 'cancelled', 'expired'))
                      AND NOT EXISTS (SELECT 1 FROM wallet_escrows
                                       WHERE sent_by = wallet_users.id AND settled_at IS NULL)"""
        return await self._some(_SELECT + where, {"never": now - NEVER_LINKED, "gone": now - GONE})

    def forget(self, user: User) -> tuple[Statement, ...]:
        """The person with all that was kept for them; what was paid keeps its own time. One winner."""
        return (
            Statement(
                """DELETE FROM wallet_users
                    WHERE id = :id AND version = :version AND session IS NULL AND waiting_at IS NULL""",
                {"id": user.id, "version": user.version},
                rows=1,
            ),
            *(Statement(sql, {"id": user.id}) for sql in _FORGET),
        )


_FORGET = (
    "DELETE FROM wallet_aliases WHERE user_id = :id",
    "DELETE FROM wallet_wallets WHERE user_id = :id",
    "DELETE FROM wallet_contacts WHERE user_id = :id",
    "DELETE FROM wallet_templates WHERE user_id = :id",
    "DELETE FROM wallet_payees WHERE user_id = :id",
    "DELETE FROM wallet_notices WHERE user_id = :id",
    "DELETE FROM wallet_watermarks WHERE user_id = :id",
    "DELETE FROM wallet_listings WHERE user_id = :id",
    "DELETE FROM wallet_blocks WHERE user_id = :id",
)
