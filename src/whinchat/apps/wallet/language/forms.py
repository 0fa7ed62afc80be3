"""What the commands that can be said in several ways were told: small values, each written back as one would type it.

Where a command has a form and nothing follows its word, its value is None.
"""

from __future__ import annotations

import enum

import msgspec

from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import Payee


class Everyone(msgspec.Struct, frozen=True):
    """`tip group 10`: the group's linked members share it."""


class Mentioned(msgspec.Struct, frozen=True):
    """Somebody mentioned in a group. `text` is the mention as the sender's app wrote it, without the @; who it is, the
    message's `mentions` say."""

    text: str


TipTarget = Payee | Mentioned | Everyone


class NumberedRequest(msgspec.Struct, frozen=True):
    """`pay 2`: the second of the incoming requests as `pending received` counts them; from 1."""

    number: int


class Named(msgspec.Struct, frozen=True):
    """`pay coffee`, `pay AB12CD`: the code of a request, or else the name of a template, as typed."""

    text: str


class Invoiced(msgspec.Struct, frozen=True):
    """`pay lnbc…`, `pay lnurl1…`: somebody's invoice or LNURL, which says how much, or asks."""

    payee: Payee


PayForm = NumberedRequest | Named | Invoiced


class MoreHistory(msgspec.Struct, frozen=True):
    """`history more`: the next page."""


class OneTransaction(msgspec.Struct, frozen=True):
    """`history #ID`: a transaction by the number or id that the list shows, without the #, as typed."""

    id: str


HistoryForm = MoreHistory | OneTransaction


class ListContacts(msgspec.Struct, frozen=True):
    pass


class AddContact(msgspec.Struct, frozen=True):
    name: str
    phone: str
    """E.164, with the +."""


class RemoveContact(msgspec.Struct, frozen=True):
    name: str


class ContactHistory(msgspec.Struct, frozen=True):
    name: str


class SharedCards(msgspec.Struct, frozen=True):
    """The contact cards that the message itself holds (`message.content.contacts`)."""


ContactsForm = ListContacts | AddContact | RemoveContact | ContactHistory | SharedCards


class SentOnes(msgspec.Struct, frozen=True):
    """`pending sent`."""


class ReceivedOnes(msgspec.Struct, frozen=True):
    """`pending received`."""


class Claim(msgspec.Struct, frozen=True):
    """`code`: upper case, without hyphens."""

    code: str


class CancelPending(msgspec.Struct, frozen=True):
    """`pending cancel 2`: the second of the person's own as `pending sent` counts them; from 1."""

    number: int


class DeclinePending(msgspec.Struct, frozen=True):
    """`pending decline 2`, `pending block 2`: the request that `pending received` shows with this number; from 1.
    With `block` whoever sent it can send no more."""

    number: int
    block: bool = False


PendingForm = SentOnes | ReceivedOnes | Claim | CancelPending | DeclinePending


class ListTemplates(msgspec.Struct, frozen=True):
    pass


class AddTemplate(msgspec.Struct, frozen=True):
    name: str
    """Lower case, one word."""
    amount: Money
    payee: Payee
    memo: str | None = None


class RemoveTemplate(msgspec.Struct, frozen=True):
    name: str


TemplateForm = ListTemplates | AddTemplate | RemoveTemplate


class LimitOf(enum.StrEnum):
    PAYMENT = "payment"
    DAY = "day"


class ChangeLimit(msgspec.Struct, frozen=True):
    """`limits 50` is the limit of one payment, `limits day 200` that of 24 hours."""

    of: LimitOf
    amount: Money


class NewPin(msgspec.Struct, frozen=True):
    """`digits`: 4 to 8, ASCII. Personal; never in logs."""

    digits: str


class NoPin(msgspec.Struct, frozen=True):
    """`pin off`."""


PinForm = NewPin | NoPin
