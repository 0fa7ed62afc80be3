"""What Meta's error codes mean for a message, the number and the person: one table.

Codes from business-messaging/whatsapp/support/error-codes. An error that names its code says that the message was not
sent; one without a code (a gateway's, say) leaves it open, unless its status is one of a refusal.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Remedy(enum.StrEnum):
    """What to do about an error."""

    AGAIN = "again"
    """Not sent; may be sent later."""
    AWAY = "away"
    """Not sent; Meta is out of reach, or says that it is closed: nothing goes out until it is back."""
    SLOWER = "slower"
    """Not sent; the number sends too much."""
    PAIR = "pair"
    """Not sent; that person is sent too much: wait 1, 4, 16, … seconds for them."""
    PAUSE = "pause"
    """Not sent; the number or account may not send for a good while."""
    REST = "rest"
    """Not sent; that person is to be left alone for a good while, except to answer them."""
    TEMPLATE = "template"
    """Not sent; the service window is closed: only templates go out."""
    RECIPIENT = "recipient"
    """Never to this person."""
    MESSAGE = "message"
    """Never in this form: what we ask for, or a template, or the account is set up wrong."""
    ACCESS = "access"
    """Nothing goes out until the operator gives a token or permission that holds."""
    MEDIA = "media"
    """Never with this media."""
    OPEN = "open"
    """It may have been sent or not."""


REMEDIES: Mapping[int, Remedy] = {
    # Retry with backoff.
    131000: Remedy.AGAIN,
    135000: Remedy.AGAIN,
    # The same, and not this message's doing.
    2: Remedy.AWAY,
    131016: Remedy.AWAY,
    131057: Remedy.AWAY,
    # The same, with a lower pace.
    4: Remedy.SLOWER,
    613: Remedy.SLOWER,
    80007: Remedy.SLOWER,
    130429: Remedy.SLOWER,
    # Wait for that recipient.
    131056: Remedy.PAIR,
    # A long stop: of the number or account, or for the person.
    368: Remedy.PAUSE,
    131031: Remedy.PAUSE,
    131048: Remedy.PAUSE,
    131064: Remedy.PAUSE,
    131049: Remedy.REST,
    131047: Remedy.TEMPLATE,
    # Permanent for the recipient.
    130472: Remedy.RECIPIENT,
    130497: Remedy.RECIPIENT,
    131020: Remedy.RECIPIENT,
    131021: Remedy.RECIPIENT,
    131026: Remedy.RECIPIENT,
    131030: Remedy.RECIPIENT,
    131041: Remedy.RECIPIENT,
    131050: Remedy.RECIPIENT,
    131062: Remedy.RECIPIENT,
    131207: Remedy.RECIPIENT,
    137000: Remedy.RECIPIENT,
    # Configuration: the message, a template, the account.
    100: Remedy.MESSAGE,
    131008: Remedy.MESSAGE,
    131009: Remedy.MESSAGE,
    131042: Remedy.MESSAGE,
    131051: Remedy.MESSAGE,
    131063: Remedy.MESSAGE,
    # Configuration: token and permissions.
    0: Remedy.ACCESS,
    3: Remedy.ACCESS,
    10: Remedy.ACCESS,
    33: Remedy.ACCESS,
    190: Remedy.ACCESS,
    131005: Remedy.ACCESS,
    131037: Remedy.ACCESS,
    131045: Remedy.ACCESS,
    133010: Remedy.ACCESS,
    131052: Remedy.MEDIA,
    131053: Remedy.MEDIA,
}
RANGES: tuple[tuple[range, Remedy], ...] = (
    (range(200, 300), Remedy.ACCESS),
    (range(132000, 133000), Remedy.MESSAGE),
)
NO_OBJECT = 33
"""The subcode of 100 with which Graph says that the number does not exist, or that the token may not see it."""
EXPIRED = 190


def remedy(code: int | None, status: int, *, subcode: int | None = None, transient: bool = False) -> Remedy:
    """`code`: Meta's, None where the answer named none; `status`: of the HTTP answer."""
    if code is None:
        return _unnamed(status)
    if code == 100 and subcode == NO_OBJECT:
        return Remedy.ACCESS
    known = REMEDIES.get(code)
    if known is not None:
        return known
    for codes, found in RANGES:
        if code in codes:
            return found
    return Remedy.AGAIN if transient else _unnamed(status)


def told(code: int) -> Remedy:
    """Of an error that a webhook tells, which has no status."""
    return remedy(code, 400)


def _unnamed(status: int) -> Remedy:
    if status >= 500:
        return Remedy.OPEN
    if status == 429:
        return Remedy.SLOWER
    if status in {401, 403}:
        return Remedy.ACCESS
    return Remedy.MESSAGE if status >= 400 else Remedy.OPEN
