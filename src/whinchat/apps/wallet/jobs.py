"""What is tidied every hour, and what the operator should look at."""

from __future__ import annotations

from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.listings import Listings
from whinchat.apps.wallet.notices import Notices
from whinchat.apps.wallet.requests import Requests
from whinchat.core.app import Finding, Schedule
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Claim, Job

KIND = "wallet.retention"
SCHEDULE = Schedule("17 * * * *", Job(kind=KIND, key="all"))
MOST = 1000
"""Rows of one table that one run forgets."""


class Retention:
    """What nobody needs any more goes; requests that waited too long end."""

    kind = KIND
    concurrency = 1

    def __init__(self, notices: Notices, listings: Listings, requests: Requests) -> None:
        self._notices = notices
        self._listings = listings
        self._requests = requests

    async def run(self, claim: Claim) -> Outcome:
        over = (*self._notices.retention(MOST), self._listings.retention(MOST), self._requests.expire())
        return Outcome(changes=Batch(over))


class Unresolved:
    """The health of payments: those of which nobody could find out what became of them wait for the operator's word."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents

    async def check(self) -> Finding:
        waiting = len(await self._intents.unresolved())
        if not waiting:
            return Finding(ok=True, detail="it is known of every payment what became of it")
        return Finding(
            ok=False,
            detail=f"of {waiting} payment(s) it could not be found out what became of them",
            hint="`whinchat wallet unresolved` lists them; `whinchat wallet rule ID paid|failed` ends one.",
        )
