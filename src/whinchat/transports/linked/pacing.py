"""How fast a linked account writes, and how long it seems to type: like a person, and slower while the link is young.

WhatsApp shuts out accounts that behave like machines, new links soonest; it publishes no limits, so these are cautious.
"""

from __future__ import annotations

from whinchat.core.ports import Random
from whinchat.core.types import Action, Pacing, SendMedia, SendText

DAY = 24 * 3600 * 1000  # milliseconds
WARM_UP = ((1, 0.2), (3, 0.4), (7, 0.6), (14, 0.8))
"""Days since the account was linked, and the share of the full pace until then."""
BURST = 12.0  # seconds' worth of messages may be saved up, but never less than these:
SMALLEST_BURST = 3
CHAT_SHARE = 0.5  # of the account's pace, at most, in one chat
SPEED = 18.0  # characters a second, as if typed
SHORTEST, LONGEST = 0.4, 4.0  # seconds; a warning must not wait longer than that for looks
JITTER = 0.35  # either way


def share(linked_at: int | None, now: int) -> float:
    """How much of the full pace a link of that age may use; one of unknown age is new."""
    days = 0.0 if linked_at is None else (now - linked_at) / DAY
    return next((share for until, share in WARM_UP if days < until), 1.0)


def pace(per_minute: float, linked_at: int | None, now: int) -> Pacing:
    """`per_minute`: messages of the account at its full pace."""
    rate = per_minute / 60 * share(linked_at, now)
    burst = max(SMALLEST_BURST, round(rate * BURST))
    chat_burst = max(SMALLEST_BURST, round(burst * CHAT_SHARE))
    return Pacing(account_rate=rate, account_burst=burst, chat_rate=rate * CHAT_SHARE, chat_burst=chat_burst)


def typing_seconds(action: Action, random: Random) -> float:
    """0 for what nobody types: reactions, deletions, and what an admin does."""
    if not isinstance(action, SendText | SendMedia):
        return 0.0
    length = len(action.text if isinstance(action, SendText) else action.caption)
    seconds = min(LONGEST, max(SHORTEST, length / SPEED))
    return seconds * (1 - JITTER + 2 * JITTER * random.random())
