"""How long the sender has been in the group: who posts scams often came for that."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.links.link import Link

NEW = 24 * 3600 * 1000  # milliseconds


def new_member(link: Link, situation: Situation) -> Evidence | None:
    """Who posted it came into the group less than a day ago."""
    age = situation.sender_age
    return None if age is None or age >= NEW else Evidence("new_member")
