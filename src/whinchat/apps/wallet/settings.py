"""The wallet's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from whinchat.core.secret import Secret


class WalletSettings(Struct, frozen=True, kw_only=True):
    backend: Annotated[
        Literal["flash", "blink", "sandbox"] | None,
        Meta(description="Who keeps the accounts. Not set: the wallet is off."),
    ] = None
    url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s/]+(/\S*)?$")] | None,
        Meta(
            description="Address of its GraphQL API; not set: the backend's own. The sandbox prints its address.",
            extra={"allowed": "an http or https address"},
        ),
    ] = None
    service_token: Annotated[
        Secret | None,
        Meta(description="Token of a backend account without a phone number, with which codes are asked for."),
    ] = None
    custody_token: Annotated[
        Secret | None,
        Meta(description="Token of the backend account that holds money for people without an account (escrow)."),
    ] = None
    escrow: Annotated[
        bool, Meta(description="Whether money can be sent to phone numbers without an account. Needs custody_token.")
    ] = False
    escrow_days: Annotated[int, Meta(ge=1, le=365, description="Days until money that nobody claimed goes back.")] = 30
    payment_limit: Annotated[
        int, Meta(ge=1, le=100_000_000, description="US cents that one payment may be, unless a person chose less.")
    ] = 50_000
    day_limit: Annotated[
        int,
        Meta(ge=1, le=100_000_000, description="US cents that a person may pay in 24 hours, unless they chose less."),
    ] = 100_000
    pin_above: Annotated[
        int,
        Meta(
            ge=0, le=100_000_000, description="US cents above which a payment to somebody new asks for the PIN, if set."
        ),
    ] = 10_000
