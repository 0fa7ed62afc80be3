"""Whether a chat knows a site. Familiarity takes several people and a week, and ends with the first warning.

Scam sites live for hours; who wants to make one familiar needs two accounts in the chat and a week in which no list
and no evidence notices it, and then gains a bonus that no strong evidence gives way to.
"""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.links.link import Link

SENDERS = 2  # one person alone makes nothing familiar, however often they post it
CHATS = 3  # groups cost nothing to make, so what other chats know weighs little, and several must know it


def seen_here(link: Link, situation: Situation) -> Evidence | None:
    """Several people of this chat posted the site, more than a week ago, and it was never warned of here."""
    history = situation.history
    if history is None or not history.own_ground or history.senders_here < SENDERS:
        return None
    return Evidence("seen_here", {"site": link.site.name})


def known_elsewhere(link: Link, situation: Situation) -> Evidence | None:
    """Several other chats know the site, and none was warned of it; what this chat knows itself counts instead."""
    history = situation.history
    if history is None or not history.own_ground or history.chats_elsewhere < CHATS or history.senders_here >= SENDERS:
        return None
    return Evidence("known_elsewhere", {"site": link.site.name})


def new_here(link: Link, situation: Situation) -> Evidence | None:
    """A site that the chat has seen for less than a week, in a chat that has sites it knows."""
    history = situation.history
    if history is None or not history.own_ground or not history.new_here or familiar(history):
        return None
    return None if situation.tables.brands.owner(link.site) else Evidence("new_here", {"site": link.site.name})


def familiar(history: History) -> bool:
    """Known for longer than a campaign lasts, here or in several other chats."""
    return history.senders_here >= SENDERS or history.chats_elsewhere >= CHATS
