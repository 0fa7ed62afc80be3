"""The people somebody pays by a name of their own choosing, typed or shared as contact cards."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from whinchat.apps.wallet.notebook import LONGEST_NAME, Notebook, folded
from whinchat.core.formatting.markup import clean
from whinchat.core.ports import Clock, Database, Sealer
from whinchat.core.types import ContactCard

LONGEST_CARD = 16 * 1024
"""Characters of a card that are read; pictures stand at the end."""
MOST_NUMBERS = 10

_FOLD = re.compile(r"\r?\n[ \t]")
_NAME = re.compile(r"^FN[^:\r\n]{0,100}:([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
_TELEPHONE = re.compile(r"^(?:[a-z0-9-]{1,30}\.)?tel\b([^:\r\n]{0,200}):([^\r\n]{1,60})", re.IGNORECASE | re.MULTILINE)
_WHATSAPP = re.compile(r";waid=([0-9]{7,15})(?![0-9])", re.IGNORECASE)
_FILLING = re.compile(r"[\s().\-\u2010-\u2015\u00a0/]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Contact(msgspec.Struct, frozen=True):
    """`phone`: E.164."""

    name: str
    phone: str


Contacts = Notebook[Contact]


def open_contacts(database: Database, sealer: Sealer, clock: Clock) -> Contacts:
    return Notebook("wallet_contacts", Contact, database, sealer, clock)


def beginning(contacts: Sequence[Contact], word: str) -> list[Contact]:
    """Those whose name has several words and begins with this one, such as `Mary Ann` for `mary`."""
    return [contact for contact in contacts if folded(contact.name).startswith(f"{folded(word)} ")]


class Card(msgspec.Struct, frozen=True):
    """What a contact card holds that can be saved."""

    name: str
    phones: tuple[str, ...]
    """E.164."""


def read_card(card: ContactCard) -> Card:
    """A vCard (RFC 6350). A number written for one country only is what WhatsApp knows the person by (`waid`), or
    nothing: it is not guessed at.
    """
    text = _FOLD.sub("", card.vcard[:LONGEST_CARD])
    name = card.name or next(iter(_NAME.findall(text)), "")
    phones = (_number(parameters, value) for parameters, value in _TELEPHONE.findall(text))
    known = dict.fromkeys(phone for phone in phones if phone is not None)
    return Card(clean(name)[:LONGEST_NAME].strip(), tuple(known)[:MOST_NUMBERS])


def _number(parameters: str, value: str) -> str | None:
    written = _FILLING.sub("", value.strip().removeprefix("tel:"))
    if _E164.fullmatch(written):
        return written
    known = _WHATSAPP.search(parameters)
    return f"+{known[1]}" if known else None
