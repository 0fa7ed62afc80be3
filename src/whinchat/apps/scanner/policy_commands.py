"""`!scan policy`, `quiet`, `strikes`, `pardon` and `notices`: what admins decide about their group, and see of it."""

from __future__ import annotations

from whinchat.apps.scanner.commands import APP
from whinchat.apps.scanner.members import Members, member_called, same
from whinchat.apps.scanner.notices import Notices
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import BY_NAME, DAY, Key, Policy
from whinchat.apps.scanner.policy_replies import PolicyReplies
from whinchat.apps.scanner.strikes import Strikes
from whinchat.apps.scanner.values import Unfit
from whinchat.core.dispatch.arguments import Choice, Member, Optional, Rest, Text, fold, nearest
from whinchat.core.dispatch.command import Command, Where, Who
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, Group, UserRef

KEY = Optional(Text("key", at_most=40))
VALUE = Optional(Rest("value", at_most=200))
HOURS = Optional(Text("HH-HH", at_most=20))
ZONE = Optional(Rest("timezone", at_most=60))
MEMBER = Optional(Member("member"))
SWITCH = Optional(Choice("switch", ("on", "off")))

POLICY = Command(
    "policy",
    APP,
    args=(KEY, VALUE),
    help="scanner.command.policy",
    who=Who.CHAT_ADMIN,
    examples=("", "malicious", "malicious warn,react,delete", "dry_run on"),
)
QUIET = Command(
    "quiet",
    APP,
    args=(HOURS, ZONE),
    help="scanner.command.quiet",
    who=Who.CHAT_ADMIN,
    examples=("22-07", "22-07 Europe/Madrid", "off"),
)
STRIKES = Command(
    "strikes",
    APP,
    args=(MEMBER,),
    help="scanner.command.strikes",
    where=Where.GROUP,
    who=Who.CHAT_ADMIN,
    examples=("", "@15550100001"),
)
PARDON = Command(
    "pardon",
    APP,
    args=(MEMBER,),
    help="scanner.command.pardon",
    where=Where.GROUP,
    who=Who.CHAT_ADMIN,
    examples=("@15550100001",),
)
NOTICES = Command(
    "notices",
    APP,
    args=(SWITCH,),
    help="scanner.command.notices",
    where=Where.GROUP,
    who=Who.CHAT_ADMIN,
    examples=("on", "off"),
)

COMMANDS = (POLICY, QUIET, STRIKES, PARDON, NOTICES)


class SetPolicy:
    """`policy`, `policy KEY`, `policy KEY VALUE`."""

    spec = POLICY

    def __init__(self, policies: Policies, roster: Roster, replies: PolicyReplies) -> None:
        self._policies = policies
        self._roster = roster
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        stored = await self._policies.stored(call.chat_key)
        named, value = call.args[KEY], call.args[VALUE]
        if named is None:
            return Outcome((self._replies.overview(call, stored.policy),))
        key = BY_NAME.get(fold(named).replace("-", "_"))
        if key is None:
            return Outcome((self._replies.unknown_key(call, named, nearest(named, BY_NAME)),))
        if value is None:
            return Outcome((self._replies.about(call, key, stored.policy),))
        try:
            policy = key.set(stored.policy, value)
        except Unfit as unfit:
            return Outcome((self._replies.unfit(call, key, unfit),))
        powerless = await self._is_powerless(call, key, policy)
        reply = self._replies.changed(call, key, policy, powerless=powerless)
        return Outcome((reply,), Batch((self._policies.keep(call.chat_key, policy, stored),)))

    async def _is_powerless(self, call: Call, key: Key, policy: Policy) -> bool:
        """Whether what was just set needs rights in the group that the bot does not have."""
        if call.event.chat.kind is not ChatKind.GROUP or not key.needs_rights(policy):
            return False
        try:
            group = await self._roster.group(call.event.account, call.event.chat)
        except TransportError:
            return False
        return group is not None and group.me not in group.admins


class SetQuiet:
    """`quiet`, `quiet HH-HH [TIMEZONE]`, `quiet off`: two keys of the policy at once."""

    spec = QUIET

    def __init__(self, policies: Policies, replies: PolicyReplies) -> None:
        self._policies = policies
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        stored = await self._policies.stored(call.chat_key)
        hours, zone = call.args[HOURS], call.args[ZONE]
        policy, key = stored.policy, BY_NAME["quiet"]
        if hours is None:
            return Outcome((self._replies.quiet(call, policy),))
        try:
            policy = key.set(policy, hours)
            if zone is not None:
                key = BY_NAME["timezone"]
                policy = key.set(policy, zone)
        except Unfit as unfit:
            return Outcome((self._replies.unfit(call, key, unfit),))
        changes = Batch((self._policies.keep(call.chat_key, policy, stored),))
        return Outcome((self._replies.quiet(call, policy),), changes)


class ShowStrikes:
    """`strikes`: everybody's; `strikes @member`, or as a reply: that member's."""

    spec = STRIKES

    def __init__(
        self, policies: Policies, strikes: Strikes, members: Members, roster: Roster, replies: PolicyReplies
    ) -> None:
        self._policies = policies
        self._strikes = strikes
        self._members = members
        self._roster = roster
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        policy = await self._policies.of(call.chat_key)
        group = await self._roster.group(call.event.account, call.event.chat)
        span = policy.strike_days * DAY
        if call.args[MEMBER] is None and call.message.quoted is None:
            standing = await self._strikes.standing(call.chat_key, span)
            return Outcome((self._replies.strikes(call, policy, *self._named(call, group, standing)),))
        member = meant(call, group)
        if member is None:
            return Outcome((self._replies.who(call),))
        keys = self._members.keys(call.event.account, member)
        count = await self._strikes.count(call.chat_key, keys, span)
        return Outcome((self._replies.strikes_of(call, policy, member, count),))

    def _named(
        self, call: Call, group: Group | None, standing: dict[bytes, int]
    ) -> tuple[list[tuple[UserRef, int]], int]:
        """Members with their strikes, most first, and how many strikes belong to people who are gone."""
        rest = dict(standing)
        counted = []
        for member in () if group is None else group.members:
            count = sum(rest.pop(key, 0) for key in self._members.keys(call.event.account, member))
            if count:
                counted.append((member, count))
        return sorted(counted, key=lambda each: -each[1]), sum(rest.values())


class Pardon:
    """Takes all strikes of a member back."""

    spec = PARDON

    def __init__(self, strikes: Strikes, members: Members, roster: Roster, replies: PolicyReplies) -> None:
        self._strikes = strikes
        self._members = members
        self._roster = roster
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        member = meant(call, await self._roster.group(call.event.account, call.event.chat))
        if member is None:
            return Outcome((self._replies.who(call),))
        keys = self._members.keys(call.event.account, member)
        count = await self._strikes.count(call.chat_key, keys, call.now)
        reply = self._replies.pardoned(call, member, count)
        return Outcome((reply,), Batch(self._strikes.pardon(call.chat_key, keys)))


class SwitchNotices:
    """`notices on`: the admin who says it hears in their direct chat what happens; `notices off` ends it."""

    spec = NOTICES

    def __init__(self, notices: Notices, members: Members, replies: PolicyReplies) -> None:
        self._notices = notices
        self._members = members
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        keys = self._members.keys(call.event.account, call.event.sender)
        match call.args[SWITCH]:
            case "on":
                change = self._notices.subscribe(call.chat_key, keys[0], call.event.sender)
                return Outcome((self._replies.notices(call, "on"),), Batch((change,)))
            case "off":
                return Outcome(
                    (self._replies.notices(call, "off"),), Batch(self._notices.unsubscribe(call.chat_key, keys))
                )
        wanted = await self._notices.wanted_by(call.chat_key)
        on = any(not set(keys).isdisjoint(self._members.keys(call.event.account, user)) for user in wanted)
        return Outcome((self._replies.notices(call, "are_on" if on else "are_off"),))


def meant(call: Call, group: Group | None) -> UserRef | None:
    """Whom a command is about: the one mentioned or written, or else who sent the message that it answers.

    None when it is not clear who. Somebody who has left can still be mentioned.
    """
    typed = call.args[MEMBER]
    if typed is None:
        quoted = call.message.quoted
        return None if quoted is None or quoted.from_me else _known(group, quoted.sender)
    me = "" if group is None else group.me
    mentioned = [_known(group, each) for each in dict.fromkeys(call.message.mentions) if each != me]
    if len(mentioned) == 1:
        return mentioned[0]
    word = typed.removeprefix("@").replace(" ", "")
    named = [user for user in mentioned if same(user, word)]
    if mentioned:
        return named[0] if len(named) == 1 else None
    return None if group is None else member_called(group, word)


def _known(group: Group | None, identity: str) -> UserRef:
    return (None if group is None else member_called(group, identity)) or UserRef(identity)
