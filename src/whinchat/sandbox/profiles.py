"""How each backend behaves where backends differ, as data.

What its schema has no field for is not here: keys as arguments, the transaction in a payment's payload, details.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Profile(Struct, frozen=True, kw_only=True):
    name: str

    # --- idempotency ---
    key_hours: int = 0
    """How long a key replays its answer; 0: keys are not known."""
    key_forgets: bool = False
    """Only what was answered as paid is remembered: after an error or PENDING the key runs the payment again."""

    # --- what a payment says ---
    generic_errors: bool = False
    """A low balance and invalid input are named; every other refusal of a payment reads as after a debit."""
    lightning_memo: bool = True
    """The payer's memo is kept with a payment of an invoice; otherwise the invoice's own."""

    # --- the list of transactions ---
    list_memo: bool = True
    list_hash: bool = True
    list_counterparty: bool = True
    list_status: bool = True
    """False: everything is a success."""
    list_pages: bool = True
    """False: `after` is ignored, and each wallet gives its own `first` newest, one wallet after the other."""

    # --- money ---
    cent_step: Decimal = Decimal(1)
    """The smallest part of a cent that a USD balance may hold."""
    converts: bool = True
    """A payment between wallets may go from dollars to bitcoin or back."""
    intraledger_as_lightning: bool = False
    """A payment inside the backend is an invoice made and paid: it has a hash, and is told as Lightning."""


FLASH = Profile(
    name="flash",
    key_hours=24,
    key_forgets=True,
    generic_errors=True,
    lightning_memo=False,
    list_memo=False,
    list_hash=False,
    list_counterparty=False,
    list_status=False,
    list_pages=False,
    cent_step=Decimal("0.0001"),
    converts=False,
    intraledger_as_lightning=True,
)
"""lnflash/flash: src/app/payments/idempotency.ts, src/app/wallets/get-transactions-for-wallet.ts."""

BLINK = Profile(name="blink")
"""GaloyMoney/blink: core/api/src/app/payments, core/api/src/domain/wallets/tx-history.ts."""

SANDBOX = Profile(name="sandbox", key_hours=24)
"""Nothing awkward but what the switches bring."""

PROFILES = {profile.name: profile for profile in (FLASH, BLINK, SANDBOX)}
