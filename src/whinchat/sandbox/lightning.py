"""Lightning invoices as strings (BOLT 11), signed by a node's key."""

from __future__ import annotations

from hashlib import sha256

from bolt11 import (
    Bolt11,
    Bolt11Exception,
    Feature,
    FeatureExtra,
    Features,
    FeatureState,
    MilliSatoshi,
    Tags,
    decode,
    encode,
)
from bolt11.models.tags import TagChar
from coincurve import PrivateKey
from msgspec import Struct

from whinchat.core.ports import Random
from whinchat.sandbox.records import BankError, Decoded

NETWORK = "bcrt"
LONGEST_MEMO = 639
"""Bytes that fit into a tagged field (BOLT 11)."""
MOST_SATOSHIS = 100 * 100_000_000
"""Of one invoice. The library writes a thousand bitcoin as one."""


class Issued(Struct, frozen=True):
    """Hash, preimage and payment secret in hex."""

    bolt11: str
    hash: str
    preimage: str
    secret: str


def new_key(random: Random) -> str:
    """The private key of a node, hex. Every 32 bytes will do, but for a chance of 2 ** -128."""
    return random.randbytes(32).hex()


def public_key(key: str) -> str:
    """Of a private one; hex, compressed."""
    return PrivateKey.from_hex(key).public_key.format().hex()


def issue(
    random: Random,
    key: str,
    *,
    satoshis: int | None,
    memo: str,
    now: int,
    seconds: int,
    description_hash: str | None = None,
) -> Issued:
    """An invoice of the node with `key`, signed `now` (milliseconds UTC, cut to seconds) and good for `seconds`.

    BankError INVALID_INPUT: the amount or the memo is too much for an invoice.
    """
    if len(memo.encode()) > LONGEST_MEMO:
        raise BankError("INVALID_INPUT", "Memo is too long")
    if satoshis is not None and not 0 < satoshis <= MOST_SATOSHIS:
        raise BankError("INVALID_INPUT", "A valid satoshi amount is required")
    preimage, secret = random.randbytes(32), random.randbytes(32).hex()
    hash_ = sha256(preimage).hexdigest()
    tags = Tags()
    tags.add(TagChar.payment_hash, hash_)
    tags.add(TagChar.payment_secret, secret)
    if description_hash is None:
        tags.add(TagChar.description, memo)
    else:
        tags.add(TagChar.description_hash, description_hash)
    tags.add(TagChar.expire_time, seconds)
    tags.add(TagChar.min_final_cltv_expiry, 18)
    needed: dict[Feature | FeatureExtra, FeatureState] = {
        Feature.var_onion_optin: FeatureState.required,
        Feature.payment_secret: FeatureState.required,
    }
    tags.add(TagChar.features, Features.from_feature_list(needed))
    amount = None if satoshis is None else MilliSatoshi(satoshis * 1_000)
    text = encode(Bolt11(NETWORK, now // 1_000, tags, amount), private_key=key)
    return Issued(text, hash_, preimage.hex(), secret)


def understand(bolt11: str) -> Decoded:
    """Read and verify an invoice of any node. BankError INVOICE_DECODE_ERROR."""
    try:
        invoice = decode(plain(bolt11))
    except (Bolt11Exception, ValueError, IndexError, ArithmeticError, UnicodeError, KeyError) as error:
        raise BankError("INVOICE_DECODE_ERROR", "Unable to decode invoice") from error
    amount = invoice.amount_msat
    return Decoded(
        hash=invoice.payment_hash,
        payee=invoice.payee or "",
        network=invoice.currency,
        satoshis=-(-int(amount) // 1_000) if amount else None,
        memo=invoice.description or "",
        created_at=invoice.date * 1_000,
        expires_at=invoice.expiry_time * 1_000,
    )


def plain(bolt11: str) -> str:
    """Without what a copy brings along: capitals of a QR code, the scheme of a link."""
    return bolt11.strip().lower().removeprefix("lightning:")
