"""The same thing in many chats within a short time. News and jokes spread like that too: it only supports what else is
found, and counts neither for well-known sites, which have no history, nor for official or familiar ones.
"""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.novelty import familiar
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.links.link import Link

MANY = 5  # other chats; people share what they like with their family, their club and their friends


def many_chats(link: Link, situation: Situation) -> Evidence | None:
    """This very link, where a site says nothing about its owner: a short link, a shared document."""
    history = situation.history
    if history is None or history.chats_with_link < MANY or _expected(link, situation, history):
        return None
    return Evidence("many_chats")


def site_in_many_chats(link: Link, situation: Situation) -> Evidence | None:
    """Links of the same site, also when every chat gets one of its own."""
    history = situation.history
    if history is None or history.chats_with_site < MANY or _expected(link, situation, history):
        return None
    return Evidence("site_in_many_chats")


def _expected(link: Link, situation: Situation, history: History) -> bool:
    """Whether it is no wonder to see it everywhere."""
    return familiar(history) or situation.tables.brands.owner(link.site) is not None
