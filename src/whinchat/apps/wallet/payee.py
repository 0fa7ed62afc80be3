"""Whom a person named, as they wrote it: nothing is looked up yet."""

from __future__ import annotations

import enum

import msgspec


class PayeeKind(enum.StrEnum):
    NAME = "name"
    """A bare word: one of the person's contacts, else a username."""
    USERNAME = "username"
    """With an @."""
    PHONE = "phone"
    """E.164, with the +."""
    ADDRESS = "address"
    """A Lightning address, `name@host` (LUD-16)."""
    LNURL = "lnurl"
    """Bech32 (LUD-01)."""
    INVOICE = "invoice"
    """BOLT11."""


class Payee(msgspec.Struct, frozen=True):
    """`text` is normalised: a username without @, lower-case addresses and invoices, a phone as E.164."""

    kind: PayeeKind
    text: str


class FrozenPayee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a shown payment goes to, and what exactly will be paid: resolved once, never again.

    Inside the backend `wallet` (and its `currency`) is paid; otherwise `bolt11`.
    """

    kind: PayeeKind
    label: str
    """As the confirmation shows it, such as `@alice (Flash)` or `your contact Alice, +1876…`; plain text."""
    key: str
    """The same for the same receiver: `wallet:ID`, `address:NAME@HOST`, `lnurl:ADDRESS`, `node:KEY`, `phone:+…`."""
    named: str = ""
    """What the person called the receiver, folded: `contact:alice`, `username:alice`. The next time it is said to be
    another one's if `key` is not the same (`known`)."""
    wallet: str = ""
    currency: str = ""
    bolt11: str = ""
    hash: str = ""
    """Payment hash, hex."""
    expires_at: int = 0
    """Of the invoice; 0 for none."""
    warning: str = ""
    """Key of a sentence that belongs beside it, such as that the contact's wallet is another one now."""
