"""Reads Lightning invoices that people are asked to pay (BOLT 11, `11-payment-encoding.md` of lightning/bolts).

Whatever a string holds, it becomes an invoice whose signature is right, or Unpayable. Which features an invoice may ask
for, the backend knows that pays it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from whinchat.apps.wallet.money import Money, sats
from whinchat.apps.wallet.refusals import Unpayable

if TYPE_CHECKING:
    from bolt11 import Bolt11

LONGEST = 4096
"""Characters; the longest that are seen, with a full description and many route hints, have about 2,000."""
MOST_SATS = 2_100_000_000_000_000
"""All there will ever be."""
LONGEST_LIFE = 10 * 365 * 24 * 3600  # seconds; what lives longer does not expire while it matters

_HUMAN = re.compile(r"ln(?P<network>bcrt|bc|tbs|tb)(?:(?P<number>[1-9][0-9]{0,17})(?P<multiplier>[munp]?))?")
_MULTIPLIERS = {"": 10**11, "m": 10**8, "u": 10**5, "n": 10**2}  # msat
_PICO = 10  # of them are a millisatoshi, the least that can be paid


class Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice of somebody else. Times in milliseconds UTC."""

    text: str
    """The invoice itself, in lower case."""
    hash: str
    """Payment hash, hex."""
    msat: int | None
    """None: the payer says how much."""
    node: str
    """Public key of the node that is paid, hex: it signed."""
    description: str | None = None
    description_hash: str | None = None
    """SHA-256, hex, of a description that was shown elsewhere."""
    expires_at: int

    @property
    def amount(self) -> Money | None:
        """Whole satoshis, rounded up."""
        return None if self.msat is None else sats(-(-self.msat // 1000))


def decode(text: str, network: str, now: int) -> Decoded:
    """`network`: the prefix of its invoices (BIP 173), `bc` for bitcoin itself; `now` in milliseconds UTC.

    Raises Unpayable: it cannot be read, is forged, of another network, or too old.
    """
    if len(text) > LONGEST:
        raise Unpayable("wallet.invoice.too_long", count=LONGEST)
    if not text.isascii() or text not in {text.lower(), text.upper()}:
        raise Unpayable("wallet.invoice.unreadable")
    text = text.lower()
    human = _HUMAN.fullmatch(text.rpartition("1")[0])
    if human is None:
        raise Unpayable("wallet.invoice.unreadable")
    if human["network"] != network:
        raise Unpayable("wallet.invoice.network")
    msat = None if human["number"] is None else _msat(int(human["number"]), human["multiplier"])
    read = _read(text)
    expires_at = (read.date + min(read.expiry, LONGEST_LIFE)) * 1000
    if expires_at <= now:
        raise Unpayable("wallet.invoice.expired")
    return Decoded(
        text=text,
        hash=read.payment_hash,
        msat=msat,
        node=str(read.payee),
        description=read.description,
        description_hash=read.description_hash,
        expires_at=expires_at,
    )


def _msat(number: int, multiplier: str) -> int:
    if multiplier == "p":
        msat, rest = divmod(number, _PICO)
        if rest:
            raise Unpayable("wallet.invoice.unreadable")
    else:
        msat = number * _MULTIPLIERS[multiplier]
    if msat > MOST_SATS * 1000:
        raise Unpayable("wallet.invoice.unreadable")
    return msat


def _read(text: str) -> Bolt11:
    """Raises Unpayable."""
    import bolt11  # noqa: PLC0415 - 3 MB that many never need

    try:
        return bolt11.decode(text)
    except Exception:  # what people send is read by four libraries, each with errors of its own
        raise Unpayable("wallet.invoice.unreadable") from None
