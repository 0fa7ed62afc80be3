"""Invitations to other groups and channels: a policy of their own, for members. Admins may invite."""

from __future__ import annotations

import re

from whinchat.apps.scanner.enforcement import Enforcement, Measures, Offence
from whinchat.apps.scanner.links.collect import QUOTED, beginning, texts
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import Consequence, Filter, Policy
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.formatting.defang import defang_host
from whinchat.core.ports import Limit, RateLimiter, Sealer
from whinchat.core.types import ChatKind, Message, Role

TEXTS = Limit(rate=1 / 60, burst=2)
"""Of a chat's texts about invitations: one is enough for a flood of them."""

# Hosts and paths whose only use is to bring people somewhere: groups and channels of the messengers people are lured
# to. On t.me a bare name may be a person's, but what is posted in groups is channels and bots.
_INVITES = (
    (frozenset({"chat.whatsapp.com"}), re.compile(r"/\w")),
    (frozenset({"whatsapp.com", "www.whatsapp.com"}), re.compile(r"/channel/")),
    (
        frozenset({"t.me", "www.t.me", "telegram.me", "telegram.dog"}),
        re.compile(r"/(?!(?:share|iv|proxy|socks|s|c|setlanguage)(?:/|\Z))[+\w]"),
    ),
    (frozenset({"discord.gg"}), re.compile(r"/\w")),
    (frozenset({"discord.com", "discordapp.com"}), re.compile(r"/invite/")),
    (frozenset({"signal.group"}), re.compile(r"/")),
    (frozenset({"line.me"}), re.compile(r"/(?:r/)?ti/g/", re.IGNORECASE)),
    (frozenset({"invite.viber.com"}), re.compile(r"/")),
)
_DEEP = re.compile(r"(?:whatsapp|tg)://(?:chat|join|resolve)\b", re.IGNORECASE)
OWN = "WhatsApp"
"""How an invitation is shown that is no link but a message of its own kind."""


def is_invite(link: Link) -> bool:
    """Whether a link brings whoever follows it into a group or channel."""
    if _DEEP.match(link.url):
        return True
    return any(link.host in hosts and path.match(link.path) for hosts, path in _INVITES)


def invited_to(message: Message) -> str | None:
    """Where a message invites to, as it may be shown; None: nowhere. What it only quotes is not its own."""
    if message.content.invite is not None:
        return OWN
    own = beginning([text for text in texts(message) if text.part != QUOTED])
    links = (link for text in own for link in links_of(text.text))
    found = next(filter(is_invite, links), None)
    if found is None:
        return None
    return defang_host(found.host) if found.host else found.url.partition(":")[0]


class Invites:
    def __init__(
        self,
        repository: Repository,
        policies: Policies,
        moderation: Moderation,
        enforcement: Enforcement,
        replies: Replies,
        *,
        roster: Roster,
        limiter: RateLimiter,
        sealer: Sealer,
    ) -> None:
        self._repository = repository
        self._policies = policies
        self._moderation = moderation
        self._enforcement = enforcement
        self._replies = replies
        self._roster = roster
        self._limiter = limiter
        self._sealer = sealer

    async def look(self, context: Context, message: Message) -> Outcome:
        """For a message that was read and is no danger."""
        if message.chat.kind is not ChatKind.GROUP:
            return NOTHING
        policy = await self._policies.of(context.chat_key)
        shown = None if policy.invites is Filter.OFF else invited_to(message)
        if shown is None or await self._may_invite(message):
            return NOTHING
        measures = await self._measures(context, message, shown, policy)
        if await self._moderation.quiet_in(context.chat_key, context.now):
            return measures.outcome
        if self._limiter.take(f"invite:{context.chat_key.hex()}", TEXTS) > 0:
            return measures.outcome
        replies = self._replies.after(context, self._replies.invite(context, message.ref), measures)
        return measures.outcome + Outcome(replies)

    async def _may_invite(self, message: Message) -> bool:
        try:
            return await self._roster.role(message.account, message.chat, message.sender) >= Role.ADMIN
        except TransportError:
            return True  # an invitation is no danger: who cannot be asked about is left in peace

    async def _measures(self, context: Context, message: Message, shown: str, policy: Policy) -> Measures:
        key = self._repository.message_key(message.account, message.ref)
        strict = policy.invites is Filter.DELETE
        offence = Offence(
            account=message.account,
            message=message.ref,
            chat_key=context.chat_key,
            sender=message.sender,
            kind="invite",
            shown=shown,
            wanted=(Consequence.DELETE,) if strict else (),
            causes=(self._sealer.digest("strike-invite", key),) if strict else (),
        )
        return await self._enforcement.follow(offence)
