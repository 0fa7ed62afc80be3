"""`pin`: whether one is set, a new one, none."""

from __future__ import annotations

import msgspec

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.guards import Guards
from whinchat.apps.wallet.language.forms import NoPin
from whinchat.apps.wallet.pin import Pins, weak
from whinchat.apps.wallet.sayings import Sayings
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch

CHANGE = "pin"
"""What the PIN is asked for here; with the hash of the new one, or nothing to have none."""


class ChangePin:
    """Done at once where there is none; otherwise once the old one was given."""

    def __init__(self, guards: Guards, sayings: Sayings) -> None:
        self._guards = guards
        self._sayings = sayings

    async def proceed(self, context: Context, member: Member, data: bytes) -> Outcome:
        guard = await self._guards.of(member.account)
        changed = msgspec.structs.replace(guard, pin=data.decode() or None, pin_failures=0)
        kept = Outcome(changes=Batch((self._guards.keep(member.account, changed),), durable=True))
        return kept + self._sayings.answer(context, "wallet.pin.set" if data else "wallet.pin.removed")

    async def call_off(self, context: Context, member: Member, data: bytes) -> Outcome:
        return self._sayings.answer(context, "wallet.pin.called_off")


class Pin:
    spec = grammar.PIN
    money = False

    def __init__(self, pins: Pins, sayings: Sayings) -> None:
        self._pins = pins
        self._sayings = sayings

    async def handle(self, call: Call, member: Member) -> Outcome:
        asked = call.args[grammar.NEW_PIN]
        if asked is None:
            return self._sayings.answer(call, "wallet.pin.is_set" if member.has_pin else "wallet.pin.is_not_set")
        if isinstance(asked, NoPin):
            if not member.has_pin:
                return self._sayings.answer(call, "wallet.pin.is_not_set")
            return await self._pins.ask(call, member, CHANGE, b"")
        if weak(asked.digits):
            return self._sayings.answer(call, "wallet.pin.weak")
        hashed = await self._pins.hashed(asked.digits)
        return await self._pins.ask(call, member, CHANGE, hashed.encode())
