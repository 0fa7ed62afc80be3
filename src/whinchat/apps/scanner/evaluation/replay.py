"""What the service would have remembered: rows replayed in the order of their dates, as `history.SiteRepository` counts
them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from whinchat.apps.scanner.evidence.situation import History
from whinchat.apps.scanner.history import FAMILIAR_AFTER, LATELY, Ground, ground_of
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.links.link import Link


@dataclass(slots=True)
class _Posts:
    """Of one site in one chat; times in milliseconds UTC."""

    first_by: str
    first_at: int
    last_at: int
    second_at: int | None = None
    """When somebody else posted it too."""
    warned: bool = False

    def senders(self, until: int) -> int:
        return (self.first_at <= until) + (self.second_at is not None and self.second_at <= until)


class Replay:
    """Give it every row with a chat and a date, oldest first: `history`, then `saw`."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._posts: dict[str, dict[str, _Posts]] = defaultdict(dict)
        """Of a site, or of a link on anybody's ground: chat to what was posted there."""
        self._knows_since: dict[str, int] = {}
        """Chat to when a site was first posted there by a second person."""

    def history(self, link: Link, chat: str, when: int) -> History | None:
        """What was seen before; None where nothing is remembered."""
        ground = ground_of(link, self._lists)
        if ground is None:
            return None
        everywhere, settled = self._posts[_key(link, ground)], when - FAMILIAR_AFTER
        here = everywhere.get(chat)
        elsewhere = [posts for other, posts in everywhere.items() if other != chat]
        senders = here.senders(settled) if here else 0
        lately = sum(posts.last_at >= when - LATELY for posts in elsewhere)
        link_only = ground is Ground.ANYBODY
        return History(
            own_ground=ground is Ground.OWN,
            senders_here=0 if here and here.warned else senders,
            chats_elsewhere=0
            if any(posts.warned for posts in everywhere.values())
            else len({posts.first_by for posts in elsewhere if posts.senders(settled) > 1}),
            new_here=not senders and self._knows_since.get(chat, when) <= settled,
            chats_with_link=lately if link_only else 0,
            chats_with_site=0 if link_only else lately,
        )

    def saw(self, link: Link, chat: str, sender: str, when: int, *, warned: bool) -> None:
        ground = ground_of(link, self._lists)
        if ground is None:
            return
        posts = self._posts[_key(link, ground)].setdefault(chat, _Posts(sender, when, when))
        posts.last_at = when
        posts.warned |= warned
        if posts.second_at is None and posts.first_by != sender:
            posts.second_at = when
            self._knows_since.setdefault(chat, when)


def _key(link: Link, ground: Ground) -> str:
    return link.key if ground is Ground.ANYBODY else link.site.name
