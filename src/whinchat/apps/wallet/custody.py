"""The account that holds money for people without one, and the check that its books add up."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from whinchat.apps.wallet.backend import Backend, Me, PayeeWallet
from whinchat.apps.wallet.escrow import Escrows
from whinchat.apps.wallet.holds import PAYOUTS, Holds, lift, put_on
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.app import Finding, Schedule
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Claim, Clock, Job, Metric, MetricKind, Metrics, Sealer
from whinchat.core.secret import Secret

log = logging.getLogger(__name__)

MOVING = 30.0  # seconds that payments out of custody take at most to be known or in doubt
CHECK = Job(kind="wallet.custody", key="all")
SCHEDULE = Schedule("*/10 * * * *", CHECK)

HELD = Metric(
    MetricKind.GAUGE,
    "whinchat_wallet_escrow_minor",
    "Cents or satoshis that are held for people without an account.",
    ("currency",),
)


class Custody:
    """`token`: of the account, which is not the one that asks for codes."""

    def __init__(self, backend: Backend, token: Secret, sealer: Sealer) -> None:
        self._backend = backend
        self._sealer = sealer
        self.token = token
        self._me: Me | None = None

    @property
    def name(self) -> str:
        """Of the backend."""
        return self._backend.capabilities.name

    async def wallet(self, currency: Currency) -> PayeeWallet:
        """Raises BackendError, Unpayable: it holds no such money. An account keeps its wallets."""
        me = self._me or await self.look()
        wallet = me.wallet(currency)
        if wallet is None:
            raise Unpayable("wallet.escrow.no_currency")
        return PayeeWallet(wallet.id, currency)

    async def account(self) -> bytes:
        """What its spending is counted by. Raises BackendError."""
        me = self._me or await self.look()
        return self._sealer.digest("wallet.account", self.name, me.account)

    async def look(self) -> Me:
        """As it is now. Raises BackendError."""
        self._me = await self._backend.me(self.token)
        return self._me


class CheckCustody:
    """Every ten minutes: what the rows owe is what the ledger says, and custody has it. Otherwise nothing is paid out
    until both are so again."""

    kind = CHECK.kind
    concurrency = 1

    def __init__(self, custody: Custody, escrows: Escrows, holds: Holds, clock: Clock, metrics: Metrics) -> None:
        self._custody = custody
        self._escrows = escrows
        self._holds = holds
        self._clock = clock
        self._metrics = metrics

    async def run(self, claim: Claim) -> Outcome:
        owed, booked = await self._escrows.held(), await self._escrows.booked()
        for currency in Currency:
            self._metrics.set(HELD, owed.get(currency, 0), currency=currency.value)
        sound = owed == booked and _covered(owed, await self._custody.look())
        held = await self._holds.since(PAYOUTS) is not None
        if sound and held:
            log.info("the books of custody add up again")
            return Outcome(changes=Batch((lift(PAYOUTS),), durable=True))
        if not sound and await self._escrows.moving():
            # What is just being paid out is there or not, depending on when one looks.
            return Outcome(jobs=(msgspec.structs.replace(CHECK, key="again", delay=MOVING),))
        if not sound and not held:
            log.error("the books of custody do not add up: nothing is paid out of it")
            return Outcome(changes=Batch((put_on(PAYOUTS, self._clock.now()),), durable=True))
        return Outcome()

    async def health(self) -> Finding:
        if await self._holds.since(PAYOUTS) is None:
            return Finding(ok=True, detail="what is held for people without an account is there")
        return Finding(
            ok=False,
            detail="custody does not hold what is owed, so that nothing is paid out of it",
            hint="Compare the custody account with the list of held money; payments in doubt count as owed.",
        )


def _covered(owed: Mapping[Currency, int], me: Me) -> bool:
    """Payouts whose end is not known count as owed: if they left, there is that much less until it is known."""
    balances = {wallet.balance.currency: wallet.balance.minor for wallet in me.wallets}
    return all(balances.get(currency, 0) >= total for currency, total in owed.items())
