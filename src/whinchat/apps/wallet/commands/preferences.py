"""`settings`, `currency` and `username`: what somebody has chosen, and other choices."""

from __future__ import annotations

import msgspec

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.sayings import Sayings, quoting
from whinchat.core.dispatch.arguments import nearest
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch, Claim, Job
from whinchat.core.types import MessageRef, SendText

SET_USERNAME = "wallet.username"
TRIES = 3


class Settings:
    spec = grammar.SETTINGS
    money = False

    def __init__(self, sayings: Sayings) -> None:
        self._sayings = sayings

    async def handle(self, call: Call, member: Member) -> Outcome:
        pin = "pin_set" if member.has_pin else "no_pin"
        payment, day = plain(usd(member.payment_limit)), plain(usd(member.day_limit))
        lines = [
            self._sayings.text(
                f"wallet.settings.{line}", call.language, display=member.currency, payment=payment, day=day
            )
            for line in ("account", "currency", "limits", pin, "more")
        ]
        text = Markup("\n").join(lines)
        return Outcome((quoting(call, text),))


class Currency:
    """The currency that amounts are shown in beside dollars and satoshis; it never changes what a bare amount means."""

    spec = grammar.CURRENCY
    money = False

    def __init__(self, accounts: Accounts, reads: Reads, sayings: Sayings) -> None:
        self._accounts = accounts
        self._reads = reads
        self._sayings = sayings

    async def handle(self, call: Call, member: Member) -> Outcome:
        asked = call.args[grammar.CURRENCY_CODE]
        known = {each.id: each for each in (await self._reads.currencies()).value}
        chosen = known.get(asked)
        if chosen is not None:
            kept = Outcome(changes=Batch((self._accounts.show_in(member, asked, call.now),)))
            return kept + self._sayings.answer(call, "wallet.currency.set", code=chosen.id, name=chosen.name)
        near = nearest(asked, [each.lower() for each in known])
        if near is None:
            return self._sayings.answer(call, "wallet.currency.unknown", given=asked)
        meant = code(f"{grammar.CURRENCY.name} {near.upper()}")
        return self._sayings.answer(call, "wallet.currency.meant", given=asked, meant=meant)


class Wish(msgspec.Struct, frozen=True):
    """The payload of a job, which is sealed."""

    user: str
    name: str
    quote: MessageRef


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Wish).decode


class Username:
    spec = grammar.USERNAME
    money = False

    def __init__(self, reads: Reads, sayings: Sayings) -> None:
        self._reads = reads
        self._sayings = sayings

    async def handle(self, call: Call, member: Member) -> Outcome:
        asked = call.args[grammar.NAME]
        if asked is not None:
            wish = Wish(member.id, asked, call.message.ref)
            return Outcome(jobs=(Job(kind=SET_USERNAME, key=str(call.event_id), payload=_encode(wish)),))
        name = (await self._reads.me(member)).value.username
        if name is None:
            return self._sayings.answer(call, "wallet.username.none")
        return self._sayings.answer(call, "wallet.username.is", name=name)


class SetUsername:
    """Asks the backend to call somebody so. A try whose answer was lost may have been heard."""

    kind = SET_USERNAME
    concurrency = 2

    def __init__(self, accounts: Accounts, backend: Backend, reads: Reads, sayings: Sayings) -> None:
        self._accounts = accounts
        self._backend = backend
        self._reads = reads
        self._sayings = sayings

    async def run(self, claim: Claim) -> Outcome:
        wish = _decode(claim.payload)
        member = await self._accounts.by_id(wish.user)
        if member is None or member.closing:
            return NOTHING
        try:
            key = await self._set(member, wish.name)
        except BackendError as error:
            if error.retryable and claim.attempt < TRIES:
                raise
            key = "wallet.username.failed"
        self._reads.moved(member.id)
        text = self._sayings.text(key, member.language, name=wish.name)
        return Outcome((member.reply(SendText(text, quote=wish.quote)),))

    async def _set(self, member: Member, name: str) -> str:
        """Which sentence says how it ended."""
        try:
            await self._backend.set_username(member.token, name)
        except BackendError as error:
            if error.code != "rejected":
                raise
            if (await self._backend.me(member.token)).username != name:
                return "wallet.username.refused"
        return "wallet.username.set"
