"""After a backup was restored: what may have happened since it was made is found out before money moves again.

Of what the backup holds as confirmed nobody knows how it ended, and what was only shown is over. Payments that began
after the backup are unknown to it; their references in the memos of the accounts' transactions tell that they were
ours. They are put back, so that they count against the limits, and then the hold is lifted.
"""

from __future__ import annotations

import logging
import re
from typing import Protocol

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, BackendError, Direction, Status, Transaction
from whinchat.apps.wallet.holds import RESTORED, Holds, lift
from whinchat.apps.wallet.intent import Party
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.money import Currency, Money, debit
from whinchat.apps.wallet.payments import People
from whinchat.apps.wallet.records import SKEW, EmptyList, since, whole_record
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.transitions import FIND, OPEN, listed
from whinchat.core.app import REBOOT, Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Database, Job, Statement

log = logging.getLogger(__name__)

REFERENCE = re.compile(r"(?:^|\s)#([a-z2-7]{10})$")
"""How the memo of a payment of ours ends."""
AGAIN = 60.0  # seconds after which an account that could not be read is tried again
KIND = "wallet.restored"
SCHEDULE = Schedule(REBOOT, Job(kind=KIND, key="start"))

AFTER_RESTORE = (
    Statement(
        """UPDATE wallet_intents
              SET state = 'unknown', error = 'restored', submitting_at = coalesce(submitting_at, confirmed_at),
                  look_at = 0, resend_until = NULL
            WHERE state IN ('confirmed', 'submitting', 'unknown')""",
        {},
    ),
    Statement(f"UPDATE wallet_intents SET state = 'expired' WHERE state IN ({listed(OPEN)})", {}),  # noqa: S608 - words of ours
    # The latest time that the backup knows of: it was made then or later.
    Statement(
        """INSERT INTO wallet_holds (name, at)
           SELECT 'restored', coalesce(max(at), 0)
             FROM (SELECT max(created_at) AS at FROM wallet_intents
                   UNION ALL SELECT max(settled_at) FROM wallet_intents
                   UNION ALL SELECT max(used_at) FROM wallet_users) AS known
            WHERE 1 = 1
               ON CONFLICT (name) DO NOTHING""",
        {},
    ),
)
"""To be run once on a restored database, before anything else happens."""


class Vault(Protocol):
    """`custody_restore.CustodyRestored`."""

    async def since(self, time: int) -> tuple[Statement, ...]:
        """What has to change for what custody paid and got since then, milliseconds UTC. Raises BackendError."""
        ...


class Restored:
    """The job `wallet.restored`: reads one account after the other, custody's last. Payload: the id of the person
    before. `vault`: None where there is no custody."""

    kind = KIND
    concurrency = 1

    def __init__(
        self,
        backend: Backend,
        intents: Intents,
        settling: Settling,
        holds: Holds,
        people: People,
        vault: Vault | None,
        database: Database,
    ) -> None:
        self._backend = backend
        self._intents = intents
        self._settling = settling
        self._vault = vault
        self._holds = holds
        self._people = people
        self._database = database

    async def run(self, claim: Claim) -> Outcome:
        backup = await self._holds.since(RESTORED)
        if backup is None:
            return NOTHING
        person = await self._next(claim.payload.decode())
        if person is None:
            return await self._end(claim, backup - SKEW)
        member = await self._people.by_id(person)
        found = NOTHING
        try:
            found = NOTHING if member is None else await self._paid_since(member, backup - SKEW)
        except BackendError as error:
            log.warning("an account could not be read after a restore", extra={"error": error.code})
            if error.retryable:
                return Outcome(jobs=(_job(claim.payload, AGAIN),))
        return found + Outcome(jobs=(_job(person.encode()),))

    async def _end(self, claim: Claim, time: int) -> Outcome:
        """Custody is read in any case: nothing may be claimed again that was before."""
        try:
            found = () if self._vault is None else await self._vault.since(time)
        except BackendError as error:
            log.warning("custody could not be read after a restore", extra={"error": error.code})
            return Outcome(jobs=(_job(claim.payload, AGAIN),))
        return Outcome(changes=Batch((*found, lift(RESTORED)), durable=True))

    async def _next(self, person: str) -> str | None:
        row = await self._database.fetch_one(
            """SELECT id FROM wallet_users WHERE backend = :backend AND token IS NOT NULL AND id > :person
                ORDER BY id LIMIT 1""",
            {"backend": self._backend.capabilities.name, "person": person},
        )
        return None if row is None else str(row[0])

    async def _paid_since(self, member: Member, time: int) -> Outcome:
        """Raises BackendError."""
        found = NOTHING
        try:
            async for each in since(self._backend, member.token, time):
                if each.direction is Direction.SEND:
                    found += await self._put_back(member, each)
        except EmptyList:
            if await self._intents.has_paid(member.backend, member.account):
                raise
        return found

    async def _put_back(self, member: Member, transaction: Transaction) -> Outcome:
        """Nothing for what is no payment of ours, failed, or is known or will be."""
        whole = await whole_record(self._backend, member.token, transaction)
        reference = REFERENCE.search(whole.memo or "")
        failed = whole.status is Status.FAILURE and self._backend.capabilities.status_in_list
        if reference is None or failed or await self._intents.settled_by(member.backend, whole):
            return NOTHING
        intent = await self._intents.get(reference[1])
        if intent is None:
            party = Party(member.id, member.backend, member.account, member.chat_key)
            statements = self._intents.restored(party, reference[1], whole, await self._cents(whole.amount))
            return Outcome(changes=Batch(statements, durable=True))
        if intent.state not in FIND.sources:
            return NOTHING
        return await self._settling.found(intent, whole)

    async def _cents(self, amount: Money) -> int:
        if amount.currency is Currency.USD:
            return amount.minor
        price = await self._backend.price("USD")
        return debit(Currency.USD, amount.minor * price.sat / price.usd_cent).minor


def _job(payload: bytes, delay: float = 0.0) -> Job:
    return Job(kind=KIND, key="start", payload=payload, delay=delay)
