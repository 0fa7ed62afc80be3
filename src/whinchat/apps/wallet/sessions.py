"""How sessions end: at once for the person, and soon for the token, which is revoked at the backend by a job.

A token outlives its session only while it is not known what became of a payment, and a day at most: it is needed to
look. For nothing else it can be used (`accounts.Member.closing`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import msgspec

from whinchat.apps.wallet.attempts import Attempts
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.codes import NEXT
from whinchat.apps.wallet.transitions import CANCEL, change_where
from whinchat.apps.wallet.users import DAY, User, Users, random_id
from whinchat.core.app import Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.events import Fact
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Random, Statement
from whinchat.core.secret import Secret

log = logging.getLogger(__name__)

REVOKE = "wallet.revoke"
SWEEP = Job(kind="wallet.sessions", key="hourly")
SCHEDULE = Schedule("17 * * * *", SWEEP)
LOOK_AGAIN = 60.0  # seconds
REVOCATIONS = 30  # attempts


@dataclass(frozen=True, slots=True)
class SessionBegan(Fact):
    user_id: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """Whatever is kept or open for it goes."""

    user_id: str


class Revocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload of a job, which is sealed. Without a `user` the token never became a session."""

    token: str
    user: str = ""
    session: str = ""
    since: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Revocation).decode


def cancel_open(user_id: str, now: int) -> Statement:
    """Whatever the person was asked to confirm, or confirmed and is not under way."""
    return change_where(CANCEL, "owner = :owner", owner=user_id, now=now)


class Sessions:
    def __init__(self, users: Users, random: Random) -> None:
        self._users = users
        self._random = random

    def end(self, user: User, now: int) -> Outcome:
        """Over at once; whatever was begun comes to nothing. For a person without a session that is all."""
        changes: tuple[Statement, ...] = (self._users.stop(user), cancel_open(user.id, now))
        session = user.open
        if session is None:
            return Outcome(changes=Batch(changes, durable=True))
        order = Revocation(session.token.reveal(), user.id, session.id, now)
        return Outcome(
            changes=Batch((*changes, self._users.close(user.id, session.id, now)), durable=True),
            jobs=(Job(kind=REVOKE, key=session.id, payload=_encode(order), max_attempts=REVOCATIONS),),
            facts=(SessionEnded(user.id),),
        )

    def unused(self, token: Secret) -> Job:
        """Revokes a token that will be no session."""
        payload = _encode(Revocation(token.reveal()))
        return Job(kind=REVOKE, key=random_id(self._random), payload=payload, max_attempts=REVOCATIONS)


class Revoke:
    """Revokes one token, and forgets it."""

    kind = REVOKE
    concurrency = 2

    def __init__(self, backend: Backend, users: Users, database: Database, clock: Clock) -> None:
        self._backend = backend
        self._users = users
        self._database = database
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        order = _decode(claim.payload)
        if await self._needed(order):
            again = Job(
                kind=REVOKE, key=claim.key, payload=claim.payload, max_attempts=claim.max_attempts, delay=LOOK_AGAIN
            )
            return Outcome(jobs=(again,))
        try:
            await self._backend.logout(Secret(order.token))
        except BackendError as error:
            if error.retryable:
                raise
            log.warning("a token could not be revoked", extra={"error": error.code})
        return Outcome(changes=Batch((self._users.closed(order.user, order.session),)))

    async def _needed(self, order: Revocation) -> bool:
        """Whether a payment has to be looked for with this token, and no newer one can."""
        if order.since + DAY <= self._clock.now():
            return False
        row = await self._database.fetch_one(
            """SELECT 1 FROM wallet_intents
                WHERE owner = :user AND state IN ('submitting', 'unknown')
                  AND EXISTS (SELECT 1 FROM wallet_users WHERE id = :user AND session = :session) LIMIT 1""",
            {"user": order.user, "session": order.session},
        )
        return row is not None


class Sweep:
    """Hourly: sessions that are over end, and what nobody needs any more goes."""

    kind = SWEEP.kind
    concurrency = 1

    def __init__(self, sessions: Sessions, users: Users, attempts: Attempts, database: Database, clock: Clock) -> None:
        self._sessions = sessions
        self._users = users
        self._attempts = attempts
        self._database = database
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        now = self._clock.now()
        outcome = NOTHING
        for user in await self._users.ended(now):
            outcome += self._sessions.end(user, now)
        if outcome is not NOTHING:
            return outcome + Outcome(jobs=(SWEEP,))  # there may be more
        while any(await self._database.commit(Batch((self._attempts.retention(), self._users.expired_tokens(now))))):
            pass
        while gone := await self._users.gone(now):
            await self._database.commit(Batch(tuple(each for user in gone for each in self._users.forget(user))))
        return Outcome(jobs=(NEXT,))  # a line whose job was lost goes on
