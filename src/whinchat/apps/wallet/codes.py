"""One code after the other is asked for at the backend, in the order in which people wanted to link.

The backend sends it to the person; it never passes here on its way out. Every request is on disk before it is made, so
that no crash lets us ask for more than we may.
"""

from __future__ import annotations

import logging

from whinchat.apps.wallet.attempts import CODES, Attempts
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.identity import phone_key
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.users import User, Users
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Metric, MetricKind, Metrics, Sealer

log = logging.getLogger(__name__)

NEXT = Job(kind="wallet.codes", key="line")
TRIES = 2  # of one request, as the first may have been heard
REFUSALS = {"rejected": "wallet.link.rejected", "rate_limited": "wallet.link.not_now"}
NOT_OURS = frozenset(("rejected", "unavailable"))
"""What has nothing to do with how we ask; anything else the operator should know."""

ASKED = Metric(
    MetricKind.COUNTER, "whinchat_wallet_codes_total", "Codes asked for at the wallet's backend.", ("result",)
)


class AskForCodes:
    kind = NEXT.kind
    concurrency = 1

    def __init__(
        self,
        backend: Backend,
        users: Users,
        attempts: Attempts,
        sayings: Sayings,
        *,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._backend = backend
        self._users = users
        self._attempts = attempts
        self._sayings = sayings
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        user = await self._users.first_waiting()
        if user is None:
            return NOTHING
        wait = await self._attempts.room()
        if wait:
            return await self._crowded(wait)
        phone = phone_key(self._sealer, user.profile.phone)
        wait = await self._attempts.wait(CODES, phone)
        if wait:
            return await self._dropped(user, "wallet.link.too_many", wait)
        await self._database.commit(Batch((self._attempts.note(CODES, phone),)))
        try:
            await self._backend.send_code(user.profile.phone)
        except BackendError as error:
            return await self._failed(claim, user, error)
        self._metrics.add(ASKED, result="sent")
        sent = Batch((self._users.asked(user, self._clock.now()),))
        replies = (await self._sayings.to(user.profile, "wallet.link.sent"),) if user.told_at else ()
        return Outcome(replies, sent, jobs=(NEXT,))

    async def _crowded(self, wait: int) -> Outcome:
        """Everybody waits; who does not know it is told."""
        log.warning("codes are at their limit", extra={"seconds": wait // 1000})
        self._metrics.add(ASKED, result="waiting")
        untold, now = await self._users.untold(), self._clock.now()
        again = Job(kind=NEXT.kind, key=NEXT.key, delay=wait / 1000)
        return Outcome(
            replies=tuple([await self._sayings.to(user.profile, "wallet.link.line", span=wait) for user in untold]),
            changes=Batch(tuple(self._users.told(user, now) for user in untold)),
            jobs=(again,),
        )

    async def _failed(self, claim: Claim, user: User, error: BackendError) -> Outcome:
        self._metrics.add(ASKED, result=error.code)
        if error.code == "unavailable" and claim.attempt < TRIES:
            raise error
        log.warning("a code could not be asked for", extra={"error": error.code})
        key = REFUSALS.get(error.code, "wallet.link.unavailable")
        outcome = await self._dropped(user, key, round((error.retry_after or 3600.0) * 1000))
        if error.code not in NOT_OURS:
            outcome += Outcome(changes=Batch((self._attempts.refused(),)))
        return outcome

    async def _dropped(self, user: User, key: str, wait: int) -> Outcome:
        """The person has to ask again; the others go on."""
        reply = await self._sayings.to(user.profile, key, span=wait)
        return Outcome((reply,), Batch((self._users.asked(user, None),)), jobs=(NEXT,))
