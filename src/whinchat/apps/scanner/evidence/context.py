"""What the message around a link says; nothing where the link leads to a brand's own site, for banks write too."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.links.link import Link

BARE = 6  # words besides the link, at most, of a message that is nothing but a call to open it

MOST_WORDS = 4  # more of them add nothing


def message_urgency(link: Link, situation: Situation) -> Evidence | None:
    """It hurries or threatens: within 24 hours, or your account will be closed."""
    return _sense("message_urgency", "urgency", link, situation)


def message_account(link: Link, situation: Situation) -> Evidence | None:
    """Something is said to be wrong with an account or card, or it is to be confirmed."""
    return _sense("message_account", "account", link, situation)


def message_parcel(link: Link, situation: Situation) -> Evidence | None:
    """A parcel waits, could not be delivered, or costs something."""
    return _sense("message_parcel", "parcel", link, situation)


def message_prize(link: Link, situation: Situation) -> Evidence | None:
    """A prize or present is to be claimed."""
    return _sense("message_prize", "prize", link, situation)


def message_payment(link: Link, situation: Situation) -> Evidence | None:
    """Something is owed, was charged, or is paid back."""
    return _sense("message_payment", "payment", link, situation)


def message_asks_code(link: Link, situation: Situation) -> Evidence | None:
    """A password, PIN or code is to be given."""
    return _sense("message_asks_code", "asks_code", link, situation)


def message_asks_money(link: Link, situation: Situation) -> Evidence | None:
    """Money, gift cards or coins are to be sent."""
    return _sense("message_asks_money", "asks_money", link, situation)


def message_offer(link: Link, situation: Situation) -> Evidence | None:
    """Work, gains, loans or company out of nowhere."""
    return _sense("message_offer", "offer", link, situation)


def message_lure(link: Link, situation: Situation) -> Evidence | None:
    """It makes curious: a message, a picture, a missed call that waits behind the link."""
    return _sense("message_lure", "lure", link, situation)


def message_family(link: Link, situation: Situation) -> Evidence | None:
    """A relative with a new number, or in trouble."""
    return _sense("message_family", "family", link, situation)


def message_call(link: Link, situation: Situation) -> Evidence | None:
    """It says to tap the link."""
    return _sense("message_call", "call", link, situation)


def message_mass(link: Link, situation: Situation) -> Evidence | None:
    """It is written for everybody at once: dear customer, reply STOP."""
    return _sense("message_mass", "mass", link, situation)


def scam_words(link: Link, situation: Situation) -> Evidence | None:
    """Several words that scams live on. One alone is everyday talk; each further one counts."""
    message = _message(link, situation)
    if message is None or len(message.loaded) < 2:
        return None
    words = ", ".join(dict.fromkeys(word for word in message.loaded.values() if word))
    return Evidence("scam_words", {"words": words}, min(len(message.loaded) - 1, MOST_WORDS))


def brand_not_linked(link: Link, situation: Situation) -> Evidence | None:
    """It speaks for a brand, but the link leads elsewhere."""
    message = _message(link, situation)
    if message is None or message.brand is None:
        return None
    return Evidence("brand_not_linked", {"brand": message.brand, "site": link.site.name})


def bare_call(link: Link, situation: Situation) -> Evidence | None:
    """Nothing but a call to open the link."""
    message = _message(link, situation)
    if message is None or message.words > BARE or message.senses.keys() != {"call"}:
        return None
    return Evidence("bare_call")


def _message(link: Link, situation: Situation) -> MessageReading | None:
    if situation.message is None or situation.tables.brands.owner(link.site) is not None:
        return None
    return situation.message


def _sense(name: str, sense: str, link: Link, situation: Situation) -> Evidence | None:
    message = _message(link, situation)
    if message is None or sense not in message.senses:
        return None
    return Evidence(name, {"words": message.senses[sense]})
