"""What follows for a message and its sender beyond a warning: deletion, removal, a locked group, strikes, notices.

Nothing is decided here by what a link looks like: who calls has judged, and says what the chat's policy wants. Here it
is asked who the sender is, what the transport and the bot's own rights allow, and what the member's strikes add.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.locks import Locks
from whinchat.apps.scanner.members import Members, same
from whinchat.apps.scanner.notices import Line, Notice, Notices
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import DAY, MINUTE, PUNISHING, Consequence, Exempt, Policy
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.strikes import Strikes
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.ports import Batch, Claim, Clock, Job, Sealer, Statement
from whinchat.core.types import (
    Action,
    Capabilities,
    ChatKind,
    Delete,
    Group,
    LockGroup,
    MessageRef,
    OnUnknown,
    RemoveMember,
    Reply,
    Urgency,
    UserRef,
)

FLOOD = 5 * MINUTE
"""Within which `Policy.lock_after` messages lock the group."""
PATIENCE = 2.0  # seconds to ask who is in the group, before a job does; a warning cannot wait


class Offence(msgspec.Struct, frozen=True):
    """A message that the policy has an answer to."""

    account: str
    message: MessageRef
    chat_key: bytes
    sender: UserRef
    kind: str
    """The sentence that tells admins of it: `scanner.notice.<kind>`."""
    shown: str
    """Host or file, as it may be shown."""
    wanted: tuple[Consequence, ...]
    """What the policy wants, beyond words in the chat, as far as the verdict is sure enough for it."""
    causes: tuple[bytes, ...] = ()
    """Keyed names of what counts as a strike; none: it is no matter for strikes."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is done about a message, besides what is said of it."""

    outcome: Outcome = NOTHING
    deleted: bool = False
    locked_until: int | None = None
    """Milliseconds UTC."""
    strike: tuple[int, int] | None = None
    """Which strike it is, of how many, where the next step would be felt."""


UNDONE = Measures()


@dataclass(frozen=True, slots=True)
class _Plan:
    done: tuple[Consequence, ...] = ()
    would: tuple[Consequence, ...] = ()
    """Left undone because the policy is on trial."""
    cannot: tuple[Consequence, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Offence).decode


class Enforcement:
    def __init__(
        self,
        repository: Repository,
        policies: Policies,
        members: Members,
        strikes: Strikes,
        locks: Locks,
        notices: Notices,
        *,
        roster: Roster,
        capabilities: Callable[[str], Capabilities | None],
        audit: Audit,
        sealer: Sealer,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._policies = policies
        self._members = members
        self._strikes = strikes
        self._locks = locks
        self._notices = notices
        self._roster = roster
        self._capabilities = capabilities
        self._audit = audit
        self._sealer = sealer
        self._clock = clock

    async def follow(self, offence: Offence) -> Measures:
        """What is done now; a job does it where the group cannot be asked at once."""
        try:
            return await self.measures(offence)
        except TransportError:
            key = self._repository.message_key(offence.account, offence.message)
            return Measures(Outcome(jobs=(Job(kind=Enforce.kind, key=key.hex(), payload=_encode(offence)),)))

    async def measures(self, offence: Offence) -> Measures:
        """Raises TransportError: the group cannot be asked who may do what."""
        if offence.message.chat.kind is not ChatKind.GROUP or self._roster.is_owner(offence.sender):
            return UNDONE
        policy = await self._policies.of(offence.chat_key)
        message = self._repository.message_key(offence.account, offence.message)
        if await self._strikes.given_for(message):
            return UNDONE  # its other link was dealt with
        group = await self._group(offence) if self._must_ask(policy, offence) else None
        if group is not None and self._is_exempt(policy, group, offence.sender):
            offence = msgspec.structs.replace(offence, wanted=_words_only(offence.wanted), causes=())
        sender = _resolved(group, offence.sender)
        keys = self._members.keys(offence.account, sender)
        strikes = await self._count(policy, offence, keys, message)
        wanted = await self._wanted(policy, offence, strikes, message)
        if group is None and not PUNISHING.isdisjoint(wanted):
            group = await self._group(offence)
        plan = self._plan(policy, offence, group, wanted)
        counted = policy.strikes or policy.lock_after or plan.done
        given = self._strikes.add(offence.chat_key, keys[0], message, offence.causes) if counted else ()
        outcome = self._carry_out(policy, offence, sender, plan, message)
        outcome += Outcome(changes=Batch((*given, *self._note_strike(offence, strikes, policy, message))))
        if Consequence.NOTIFY_ADMINS in wanted or not PUNISHING.isdisjoint(wanted):
            lines = _lines(policy, offence, plan, strikes)
            notice = Notice(offence.account, offence.message.chat, offence.chat_key, lines, sender)
            outcome += Outcome(jobs=(self._notices.job(notice, message),))
        felt = strikes and not PUNISHING.isdisjoint(policy.strike_action) and not policy.dry_run
        return Measures(
            outcome,
            deleted=Consequence.DELETE in plan.done,
            locked_until=self._lock_end(policy) if Consequence.LOCK_GROUP in plan.done else None,
            strike=(strikes, policy.strikes) if felt else None,
        )

    def _lock_end(self, policy: Policy) -> int:
        return self._clock.now() + policy.lock_minutes * MINUTE

    # --- who ---

    def _must_ask(self, policy: Policy, offence: Offence) -> bool:
        """Whether it matters who the sender is, before anything else is known."""
        if policy.exempt is Exempt.ADMINS or not PUNISHING.isdisjoint(offence.wanted):
            return True
        return bool(offence.causes) and not PUNISHING.isdisjoint(policy.strike_action)

    async def _group(self, offence: Offence) -> Group | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._roster.group(offence.account, offence.message.chat)
        except TimeoutError:
            raise TransportError("the group is slow to ask", code="timeout", retryable=True) from None

    def _is_exempt(self, policy: Policy, group: Group, sender: UserRef) -> bool:
        if group.me and same(sender, group.me):
            return True
        return policy.exempt is Exempt.ADMINS and group.is_admin(sender)

    # --- what ---

    async def _count(self, policy: Policy, offence: Offence, keys: Sequence[bytes], message: bytes) -> int:
        """Which strike it is; 0: none."""
        if not (policy.strikes and offence.causes):
            return 0
        span = policy.strike_days * DAY
        return 1 + await self._strikes.count(offence.chat_key, keys, span, besides=message)

    async def _wanted(self, policy: Policy, offence: Offence, strikes: int, message: bytes) -> tuple[Consequence, ...]:
        wanted = list(offence.wanted)
        step = policy.strike_step(strikes)
        if step is not None:
            wanted.append(step)
        if policy.lock_after and offence.causes:
            flood = 1 + await self._strikes.messages(offence.chat_key, FLOOD, besides=message)
            if flood >= policy.lock_after:
                wanted.append(Consequence.LOCK_GROUP)
        return tuple(each for each in Consequence if each in wanted)

    def _plan(self, policy: Policy, offence: Offence, group: Group | None, wanted: Sequence[Consequence]) -> _Plan:
        taking = [each for each in wanted if each in PUNISHING]
        if group is not None and group.announce_only:
            taking = [each for each in taking if each is not Consequence.LOCK_GROUP]  # somebody has locked it
        if policy.dry_run:
            return _Plan(would=tuple(taking))
        limits = self._capabilities(offence.account)
        admin = group is not None and bool(group.me) and group.me in group.admins
        able = [each for each in taking if admin and _able(limits, each)]
        return _Plan(done=tuple(able), cannot=tuple(each for each in taking if each not in able))

    def _carry_out(self, policy: Policy, offence: Offence, sender: UserRef, plan: _Plan, message: bytes) -> Outcome:
        outcome = NOTHING
        for each in plan.done:
            if each is Consequence.LOCK_GROUP:
                until = self._lock_end(policy)
                row, opening = self._locks.lock(offence.account, offence.message.chat, offence.chat_key, until)
                outcome += Outcome(changes=Batch((row,)), jobs=(opening,))
            reply = Reply(
                offence.account,
                offence.message.chat,
                _action(each, offence, sender),
                OnUnknown.RESEND_ONCE,
                Urgency.DANGER,
            )
            outcome += Outcome((reply,), Batch((self._entry(f"scanner.{each.value}", offence, message),)))
        trial = [self._entry(f"scanner.dry_run.{each.value}", offence, message) for each in plan.would]
        return outcome + Outcome(changes=Batch(tuple(trial)))

    def _note_strike(self, offence: Offence, strikes: int, policy: Policy, message: bytes) -> tuple[Statement, ...]:
        return (self._entry("scanner.strike", offence, message, f" {strikes}/{policy.strikes}"),) if strikes else ()

    def _entry(self, action: str, offence: Offence, message: bytes, more: str = "") -> Statement:
        key = self._sealer.digest("audit", action, message)
        detail = f"{offence.kind} {offence.shown}{more}"
        return self._audit.entry(action, via=Via.SERVICE, key=key, chat=offence.chat_key, detail=detail)


class Enforce:
    """Does what could not be done at once."""

    kind = "scanner.enforce"
    concurrency = 2

    def __init__(self, enforcement: Enforcement, repository: Repository) -> None:
        self._enforcement = enforcement
        self._repository = repository

    async def run(self, claim: Claim) -> Outcome:
        offence = _decode(claim.payload)
        if not await self._repository.may_read(offence.message.chat, offence.chat_key):
            return NOTHING
        return (await self._enforcement.measures(offence)).outcome


def _words_only(wanted: Sequence[Consequence]) -> tuple[Consequence, ...]:
    return tuple(each for each in wanted if each not in PUNISHING)


def _resolved(group: Group | None, sender: UserRef) -> UserRef:
    """With all ids that the group's own list knows."""
    known = None if group is None else group.member(sender)
    if known is None:
        return sender
    return UserRef(known.id, sender.phone or known.phone, sender.lid or known.lid, sender.name or known.name)


def _able(limits: Capabilities | None, wanted: Consequence) -> bool:
    if limits is None:
        return True  # an account that is not here now may be back with all it could do
    match wanted:
        case Consequence.DELETE:
            return limits.moderate_delete
        case Consequence.REMOVE_MEMBER:
            return limits.remove_member
        case _:
            return limits.lock_group


def _action(wanted: Consequence, offence: Offence, sender: UserRef) -> Action:
    match wanted:
        case Consequence.DELETE:
            return Delete(offence.message)
        case Consequence.REMOVE_MEMBER:
            return RemoveMember(sender.id)
        case _:
            return LockGroup(locked=True)


def _lines(policy: Policy, offence: Offence, plan: _Plan, strikes: int) -> tuple[Line, ...]:
    """What admins are told."""
    lines = [Line(offence.kind, {"shown": offence.shown})]
    lines += [Line(f"done_{each.value}", {"count": policy.lock_minutes}) for each in plan.done]
    lines += [Line(f"would_{each.value}") for each in plan.would]
    lines += [Line(f"cannot_{each.value}") for each in plan.cannot]
    if strikes:
        lines.append(Line("strike", {"number": strikes, "most": policy.strikes}))
    return tuple(lines)
