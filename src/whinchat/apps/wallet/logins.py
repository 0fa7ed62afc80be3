"""From a code to a session: the backend takes the code and gives a token; the token says whose account it is.

Two jobs, so that a token that was given is on disk before anything else is done with it. Several attempts may be under
way for one person; the first one that ends well wins, and the tokens of the others are revoked.
"""

from __future__ import annotations

import logging

import msgspec

from whinchat.apps.wallet.attempts import FAILURES, Attempts
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.identity import phone_key
from whinchat.apps.wallet.intent import reconcile_job
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.sessions import SessionBegan, Sessions
from whinchat.apps.wallet.users import User, Users, random_id
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Metric, MetricKind, Metrics, Random, Sealer
from whinchat.core.secret import Secret

log = logging.getLogger(__name__)

LOGIN = "wallet.login"
OPEN = "wallet.open"
TRIES = 3

LOGINS = Metric(
    MetricKind.COUNTER, "whinchat_wallet_logins_total", "Codes that people sent, by what became of them.", ("result",)
)


class Given(msgspec.Struct, frozen=True):
    """The payload of a job, which is sealed. `version`: of the person's row when it began."""

    user: str
    version: int
    secret: str
    """The code; then the token."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Given).decode


def login(user: User, code: str, random: Random) -> Job:
    """Tries a code. One job for each, so that a second code is not lost because the first is waiting."""
    payload = _encode(Given(user.id, user.version, code))
    return Job(kind=LOGIN, key=random_id(random), payload=payload, max_attempts=TRIES)


class Login:
    kind = LOGIN
    concurrency = 4

    def __init__(
        self,
        backend: Backend,
        users: Users,
        attempts: Attempts,
        sayings: Sayings,
        *,
        database: Database,
        sealer: Sealer,
        random: Random,
        metrics: Metrics,
    ) -> None:
        self._backend = backend
        self._users = users
        self._attempts = attempts
        self._sayings = sayings
        self._database = database
        self._sealer = sealer
        self._random = random
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        given = _decode(claim.payload)
        user = await self._users.get(given.user)
        if user is None or user.version != given.version:
            return NOTHING  # linked meanwhile, or it was called off
        phone = phone_key(self._sealer, user.profile.phone)
        try:
            # A code counts as wrong until the backend says that it is right: a crash must not give another try.
            ((attempt,),), *_ = await self._database.commit(Batch((self._attempts.note(FAILURES, phone),)))
        except Conflict:
            return await self._say(user, "wallet.verify.too_many", await self._wait(phone))
        try:
            token = await self._backend.login(user.profile.phone, given.secret)
        except BackendError as error:
            return await self._failed(claim, user, error, msgspec.convert(attempt, int))
        right = self._attempts.withdraw(msgspec.convert(attempt, int))
        payload = _encode(Given(user.id, user.version, token.reveal()))
        return Outcome(changes=Batch((right,)), jobs=(Job(kind=OPEN, key=random_id(self._random), payload=payload),))

    async def _failed(self, claim: Claim, user: User, error: BackendError, attempt: int) -> Outcome:
        self._metrics.add(LOGINS, result="wrong" if error.code == "rejected" else error.code)
        if error.code == "rejected":
            wait = await self._wait(phone_key(self._sealer, user.profile.phone))
            return await self._say(user, "wallet.verify.too_many" if wait else "wallet.verify.wrong", wait)
        withdrawn = Batch((self._attempts.withdraw(attempt),))
        if error.code == "unavailable" and claim.attempt < TRIES:
            await self._database.commit(withdrawn)
            raise error
        if error.code == "rate_limited":
            log.warning("the backend takes no more codes")
            refused = Outcome(changes=withdrawn + Batch((self._attempts.refused(),)))
            return refused + await self._say(user, "wallet.link.not_now", round((error.retry_after or 3600.0) * 1000))
        return Outcome(changes=withdrawn) + await self._say(user, "wallet.verify.unavailable")

    async def _wait(self, phone: bytes) -> int:
        return max(await self._attempts.wait(FAILURES, phone), await self._attempts.wait(FAILURES))

    async def _say(self, user: User, key: str, span: int = 0) -> Outcome:
        return Outcome((await self._sayings.to(user.profile, key, span=span),))


class Open:
    """Begins the session of a token."""

    kind = OPEN
    concurrency = 4

    def __init__(
        self,
        backend: Backend,
        users: Users,
        sessions: Sessions,
        intents: Intents,
        sayings: Sayings,
        *,
        clock: Clock,
        random: Random,
        metrics: Metrics,
    ) -> None:
        self._backend = backend
        self._users = users
        self._sessions = sessions
        self._intents = intents
        self._sayings = sayings
        self._clock = clock
        self._random = random
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        given = _decode(claim.payload)
        token = Secret(given.secret)
        user = await self._users.get(given.user)
        if user is None or user.version != given.version:
            return Outcome(jobs=(self._sessions.unused(token),))
        try:
            me = await self._backend.me(token)
        except BackendError as error:
            if error.retryable and claim.attempt < claim.max_attempts:
                raise
            self._metrics.add(LOGINS, result=error.code)
            reply = await self._sayings.to(user.profile, "wallet.verify.unavailable")
            return Outcome((reply,), jobs=(self._sessions.unused(token),))
        self._metrics.add(LOGINS, result="linked")
        account, now = self._users.account_key(me.account), self._clock.now()
        outcome = Outcome()
        for other in await self._users.of_account(account):
            # The account's phone number was another person's here.
            outcome += self._sessions.end(other, now)
        began = self._users.began(user, random_id(self._random), token, account, me.display_currency, now)
        return outcome + Outcome(
            (await self._sayings.to(user.profile, "wallet.verify.linked"),),
            Batch((began, *self._users.owns(user, (wallet.id for wallet in me.wallets)))),
            # Their list can be read again: it may tell what could not be found out.
            jobs=tuple(reconcile_job(each.id) for each in await self._intents.unresolved(user.id)),
            facts=(SessionBegan(user.id),),
        )
