"""The optional PIN: a second secret beside the chat, which a stolen phone does not know.

It is asked for in the chat and taken from the next message of a few digits; only its hash is kept, sealed. After five
wrong ones nobody is asked for a day. What is done once it was given, whoever asked for it says (`Guarded`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Protocol

import msgspec

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.guards import Guard, Guards
from whinchat.apps.wallet.language.refusal import is_refusal, words
from whinchat.apps.wallet.sayings import Sayings
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.conversation import Conversations, Turn
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Workers
from whinchat.core.types import MessageReceived

TOPIC = "wallet.pin"
TRIES = 5
LOCKED = 24 * 3600 * 1000  # milliseconds
ASKED = 300.0  # seconds that the question is open

_DIGITS = re.compile(r"[0-9]{4,8}")


class Question(msgspec.Struct, frozen=True):
    """What the PIN is asked for. `data`: what `purpose` needs to go on."""

    purpose: str
    data: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Question).decode


class Guarded(Protocol):
    """Something that is done once the PIN was given. `data` is what was given to `Pins.ask`.

    BackendError may be raised: the person is told what it means.
    """

    async def proceed(self, context: Context, member: Member, data: bytes) -> Outcome: ...

    async def call_off(self, context: Context, member: Member, data: bytes) -> Outcome:
        """The person refused."""
        ...


class Hasher:
    """Argon2id. A PIN has so few digits that no cost would keep it safe once its hash is known: the seal does that."""

    def __init__(self, *, rounds: int = 2, kibibytes: int = 19_456) -> None:
        self._rounds = rounds
        self._kibibytes = kibibytes

    def hash(self, digits: str) -> str:
        import argon2  # noqa: PLC0415 - with the first PIN, not at the start

        return argon2.PasswordHasher(self._rounds, self._kibibytes, parallelism=1).hash(digits)

    def matches(self, hashed: str, digits: str) -> bool:
        import argon2  # noqa: PLC0415 - with the first PIN, not at the start

        try:
            return argon2.PasswordHasher().verify(hashed, digits)
        except argon2.exceptions.VerifyMismatchError:
            return False


class Pins:
    """Takes the answers. `guarded`: by purpose, which whoever asks gives."""

    topic = TOPIC

    def __init__(
        self,
        accounts: Accounts,
        guards: Guards,
        sayings: Sayings,
        conversations: Conversations,
        workers: Workers,
        guarded: Mapping[str, Guarded],
        hasher: Hasher,
    ) -> None:
        self._accounts = accounts
        self._guards = guards
        self._sayings = sayings
        self._conversations = conversations
        self._workers = workers
        self._guarded = guarded
        self._hasher = hasher

    async def ask(self, context: Context, member: Member, purpose: str, data: bytes) -> Outcome:
        """Asks for the PIN in the chat of this message, where somebody has one; goes on at once where not."""
        guard = await self._guards.of(member.account)
        if guard.pin is None:
            return await self._guarded[purpose].proceed(context, member, data)
        if guard.pin_free_at > context.now:
            return self._locked(context, guard)
        return self._asking(context, Question(purpose, data)) + self._sayings.answer(context, "wallet.pin.ask")

    async def answer(self, context: Context, turn: Turn) -> Outcome:
        """Messages that are no PIN are for others, and the question stays open."""
        said = context.event.content.text.strip() if isinstance(context.event, MessageReceived) else ""
        given = _DIGITS.fullmatch(said) is not None
        if not given and not is_refusal(words(said)):
            return NOTHING
        found = await self._accounts.recognise(context)
        if isinstance(found, Outcome):
            return found
        member, used = found
        try:
            outcome = await self._answered(context, member, _decode(turn.data), said if given else None)
        except BackendError as error:
            outcome = await self._accounts.trouble(context, member, error)
        return Outcome(changes=used) + outcome

    async def _answered(self, context: Context, member: Member, question: Question, digits: str | None) -> Outcome:
        """None: the person refused."""
        if digits is None:
            return await self._guarded[question.purpose].call_off(context, member, question.data)
        return self._accounts.late(context) or await self._try(context, member, question, digits)

    async def hashed(self, digits: str) -> str:
        return await self._workers.run(partial(self._hasher.hash, digits))

    async def _try(self, context: Context, member: Member, question: Question, digits: str) -> Outcome:
        guard = await self._guards.of(member.account)
        if guard.pin_free_at > context.now:
            return self._locked(context, guard)
        if guard.pin is None or await self._workers.run(partial(self._hasher.matches, guard.pin, digits)):
            outcome = await self._guarded[question.purpose].proceed(context, member, question.data)
            # Behind what the purpose itself may write of the guard.
            return outcome + Outcome(changes=Batch((self._guards.right(member.account),)))
        return self._wrong(context, member, question, guard)

    def _wrong(self, context: Context, member: Member, question: Question, guard: Guard) -> Outcome:
        """One try less; of two at once, the second is looked at again."""
        failures = guard.pin_failures + 1
        if failures < TRIES:
            counted = msgspec.structs.replace(guard, pin_failures=failures)
            again = self._asking(context, question) + self._sayings.answer(
                context, "wallet.pin.wrong", count=TRIES - failures
            )
            return Outcome(changes=Batch((self._guards.keep(member.account, counted),))) + again
        locked = msgspec.structs.replace(guard, pin_failures=0, pin_free_at=context.now + LOCKED)
        return Outcome(changes=Batch((self._guards.keep(member.account, locked),))) + self._locked(context, locked)

    def _asking(self, context: Context, question: Question) -> Outcome:
        asked = self._conversations.open(context.chat_key, context.user_key, TOPIC, _encode(question), seconds=ASKED)
        return Outcome(changes=Batch((asked,)))

    def _locked(self, context: Context, guard: Guard) -> Outcome:
        return self._sayings.answer(context, "wallet.pin.locked", span=guard.pin_free_at - context.now)


def weak(digits: str) -> bool:
    """All the same, or one after the other: what a thief tries first."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(steps) == 1 and steps <= {0, 1, 9}
