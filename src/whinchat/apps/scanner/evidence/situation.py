"""What stands around a link: the message it came in, who sent it, and what was seen of it and its site before.

Evidence about the link itself holds everywhere and is stored with its verdict; what is found here belongs to one
message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.links.link import Link


@dataclass(frozen=True, slots=True)
class History:
    """What was seen before this message, counted by keyed hashes."""

    own_ground: bool = False
    """The site has a domain of its own: what anybody can rent a corner of never becomes familiar."""
    senders_here: int = 0
    """Different people who first posted the site here at least a week ago, two at most; 0 when the chat was warned."""
    chats_elsewhere: int = 0
    """Other chats, each begun by somebody else, where two people did; 0 when any chat was warned of the site."""
    new_here: bool = False
    """The chat has familiar sites, and this one was first posted there less than a week ago, if at all."""
    chats_with_link: int = 0
    """Other chats in which this very link was posted lately; counted where a site has many owners."""
    chats_with_site: int = 0
    """Other chats in which any link of the site was posted lately."""


@dataclass(frozen=True, slots=True)
class Situation:
    tables: Tables
    message: MessageReading | None = None
    """None where nothing but the link is known, or its message must not count."""
    history: History | None = None
    sender_age: int | None = None
    """Milliseconds since who posted it came into the group; None: long ago, or it is not known."""
    remembered: tuple[Evidence, ...] | None = None
    """What was found around the link when it was seen, of which the text is gone; then nothing else counts."""


SituationKind = Callable[[Link, Situation], Evidence | None]
"""A pure function, as `known.Kind`, about a link in its message."""
