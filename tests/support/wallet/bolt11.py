"""Invoices of strangers, really signed."""

from __future__ import annotations

import hashlib

import bolt11
from bolt11.models.tags import TagChar

KEY = "e126f68f7eafcc8b74f54d269fe206be715000f94dac067d1c04a8ca3b2db734"
"""The one that the specification's examples are signed with."""
NODE = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"


def invoice(
    now: int,
    *,
    msat: int | None = 1_000_000,
    description: str | None = "lunch",
    metadata: str | None = None,
    seconds: int = 3600,
    network: str = "bc",
    preimage: str = "one",
) -> str:
    """`metadata`: what the description hash is of, in place of a description. `now` in milliseconds."""
    tags = bolt11.Tags()
    tags.add(TagChar.payment_hash, hashlib.sha256(preimage.encode()).hexdigest())
    tags.add(TagChar.payment_secret, "11" * 32)
    if metadata is not None:
        tags.add(TagChar.description_hash, hashlib.sha256(metadata.encode()).hexdigest())
    elif description is not None:
        tags.add(TagChar.description, description)
    tags.add(TagChar.expire_time, seconds)
    amount = None if msat is None else bolt11.MilliSatoshi(msat)
    return bolt11.encode(bolt11.Bolt11(network, now // 1000, tags, amount), private_key=KEY)
