"""The limits that people choose for their own account: lower at once, higher only after a day and with the PIN.

So somebody who holds a stolen phone cannot raise them and use them. They belong to the account at the backend, and stay
when it is unlinked.
"""

from __future__ import annotations

import msgspec

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.guards import DELAY, Chosen, Guard, Guards
from whinchat.apps.wallet.language.forms import LimitOf
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch

RAISE = "limits"
"""What the PIN is asked for here; with a `Wanted`."""


class Wanted(msgspec.Struct, frozen=True):
    of: LimitOf
    cents: int


_decode = msgspec.msgpack.Decoder(Wanted).decode


class Limits:
    def __init__(self, guards: Guards, settings: WalletSettings, words: Words, sayings: Sayings) -> None:
        self._guards = guards
        self._most = {LimitOf.PAYMENT: settings.payment_limit, LimitOf.DAY: settings.day_limit}
        self._words = words
        self._sayings = sayings

    def most(self, of: LimitOf) -> int:
        """The operator's, US cents."""
        return self._most[of]

    async def current(self, member: Member, of: LimitOf, now: int) -> int:
        return _chosen(await self._guards.of(member.account), of).at(now, self._most[of])

    async def coming(self, member: Member, of: LimitOf, now: int) -> tuple[int, int] | None:
        """What was raised and is not in force yet: US cents, and from when, milliseconds UTC."""
        return _chosen(await self._guards.of(member.account), of).coming(now)

    async def proceed(self, context: Context, member: Member, data: bytes) -> Outcome:
        """The change, after the PIN where it is a raise and there is one."""
        wanted = _decode(data)
        guard = await self._guards.of(member.account)
        chosen = _chosen(guard, wanted.of).to(wanted.cents, context.now, self._most[wanted.of])
        changed = msgspec.structs.replace(guard, **{wanted.of.value: chosen})
        kept = Outcome(changes=Batch((self._guards.keep(member.account, changed),), durable=True))
        how = "set" if chosen.raised is None else "raised"
        return kept + self._say(context, f"wallet.limits.{how}_{wanted.of}", wanted)

    async def call_off(self, context: Context, member: Member, data: bytes) -> Outcome:
        return self._say(context, "wallet.limits.called_off", _decode(data))

    def _say(self, context: Context, key: str, wanted: Wanted) -> Outcome:
        moment = self._words.moment(context.now + DELAY, context.language)
        return self._sayings.answer(context, key, amount=plain(usd(wanted.cents)), moment=moment)


def _chosen(guard: Guard, of: LimitOf) -> Chosen:
    return guard.payment if of is LimitOf.PAYMENT else guard.day
