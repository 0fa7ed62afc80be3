"""Who may change the feeds: one import at a time over all processes, decided by the database."""

from __future__ import annotations

import contextlib

from whinchat.core.errors import Conflict, Refused
from whinchat.core.ports import Batch, Clock, Database, Random, Statement

LEASE = 30_000  # milliseconds after which a claim that is not renewed, as of a killed import, falls to the next

_CLAIM = """UPDATE importing SET token = :token, expires_at = :until, generation = generation + 1
 WHERE id = 1 AND expires_at <= :now RETURNING generation"""
_RENEW = "UPDATE importing SET expires_at = :until WHERE id = 1 AND token = :token"
_RELEASE = "UPDATE importing SET expires_at = 0, token = NULL WHERE id = 1 AND token = :token"
_STATE = "UPDATE importing SET state = generation WHERE id = 1 AND token = :token"


class Claim:
    """The right to import, until it is released or not renewed in time. `generation` is a number nobody else has."""

    def __init__(self, database: Database, clock: Clock, token: bytes, generation: int) -> None:
        self._database = database
        self._clock = clock
        self._token = token
        self.generation = generation

    async def commit(self, *statements: Statement, durable: bool = False) -> None:
        """Commit what only the holder's right makes fail, and renew the claim. Raises Refused when it was lost."""
        try:
            await self._database.commit(Batch((self._renewal(), *statements), durable))
        except Conflict:
            raise Refused(
                "the import took too long and another one has begun", hint="Run the command again.", code="claim_lost"
            ) from None

    async def renew(self) -> None:
        await self.commit()

    def new_state(self) -> Statement:
        """Numbers the state of the feeds that this claim's change leads to."""
        return Statement(_STATE, {"token": self._token}, rows=1)

    async def release(self) -> None:
        """Let the next one in; may be called when the claim is lost."""
        await self._database.commit(Batch((Statement(_RELEASE, {"token": self._token}),)))

    def _renewal(self) -> Statement:
        return Statement(_RENEW, {"until": self._clock.now() + LEASE, "token": self._token}, rows=1)


async def claim_imports(database: Database, clock: Clock, random: Random) -> Claim:
    """Raises Refused (code `importing`) while somebody else has the claim."""
    token, now = random.randbytes(16), clock.now()
    with contextlib.suppress(Conflict):
        claimed = Statement(_CLAIM, {"token": token, "until": now + LEASE, "now": now}, rows=1)
        ((row,),) = await database.commit(Batch((claimed,)))
        return Claim(database, clock, token, int(row[0] or 0))
    raise Refused(
        "another import is running",
        hint=f"Wait until it ends and run the command again; one that was killed is forgotten after {LEASE // 1000} s.",
        code="importing",
    )
