"""How the backends differ, as data. What is not marked as unverified follows from their public source code:

github.com/lnflash/flash (src/graphql, src/app/payments, src/app/wallets, src/servers) and
github.com/GaloyMoney/blink (core/api/src/graphql, core/api/src/app/payments, core/api/src/servers).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from whinchat.apps.wallet.backend import Capabilities

COMMON = "common"
DETAILS = "details"
"""Folder of documents for backends that tell a transaction's details by its id."""
ANSWERING = "answering"
"""… and for those that answer a payment, and notify of one, with the transaction."""


class Dialect(Struct, frozen=True, kw_only=True):
    capabilities: Capabilities
    url: str | None
    socket_url: str | None
    """None: only the settings know."""
    documents: tuple[str, ...]
    """Folders; of documents of one name the one in the last folder."""
    precedes_debit: Mapping[str, str]
    """Codes among a payment's errors that are only given before anything was debited, or after everything was put
    back, to the code of `Failed`. Every other code leaves the outcome open."""
    dollars_in_list: bool = False
    """An amount of the list that reads the same as its display amount in USD is in dollars and not in cents."""


FLASH = Dialect(
    capabilities=Capabilities(
        name="flash",
        keys_intraledger=True,
        keys_lightning=True,
        keys_hours=24,
        details=True,
        unverified=("amounts in the list of transactions", "amounts in the details of a transaction"),
    ),
    url="https://api.flashapp.me/graphql",
    socket_url="wss://ws.flashapp.me/graphql",
    documents=(COMMON, DETAILS),
    # INVALID_INPUT is not among them: it is also said of a key that was used before, which is no proof of anything.
    precedes_debit={
        "INSUFFICIENT_BALANCE": "insufficient_balance",
        "TRANSACTION_RESTRICTED": "limit",
        "CANT_PAY_SELF": "self_payment",
        "INVOICE_DECODE_ERROR": "invalid",
    },
    dollars_in_list=True,
)
"""The bank behind it counts dollars. Flash's list hands on the numbers of dollar wallets as they come, its details too;
its application multiplied them by 100 (github.com/lnflash/flash-mobile before 14a57c255, transaction-item)."""

BLINK = Dialect(
    capabilities=Capabilities(
        name="blink",
        payload_transaction=True,
        memo_in_list=True,
        hash_in_list=True,
        status_in_list=True,
        pages=True,
        empty_means_nothing=True,
        unverified=("linking by phone",),
    ),
    url="https://api.blink.sv/graphql",
    socket_url="wss://ws.blink.sv/graphql",
    documents=(COMMON, ANSWERING),
    # INVALID_INPUT is not among them: it is also said of an invoice whose payment is under way.
    precedes_debit={
        "INSUFFICIENT_BALANCE": "insufficient_balance",
        "TRANSACTION_RESTRICTED": "limit",
        "CANT_PAY_SELF": "self_payment",
        "INVOICE_DECODE_ERROR": "invalid",
        "ROUTE_FINDING_ERROR": "no_route",
    },
)
"""A payment that finds no route is put back in the ledger before Blink answers (lockedPaymentViaLnSteps)."""

SANDBOX = Dialect(
    capabilities=Capabilities(
        name="sandbox",
        network="bcrt",
        keys_intraledger=True,
        keys_lightning=True,
        keys_amount_usd=True,
        keys_hours=24,
        payload_transaction=True,
        memo_in_list=True,
        hash_in_list=True,
        status_in_list=True,
        details=True,
        pages=True,
        empty_means_nothing=True,
    ),
    url=None,
    socket_url=None,
    documents=(COMMON, DETAILS, ANSWERING),
    precedes_debit=BLINK.precedes_debit,
)

DIALECTS: Mapping[str, Dialect] = {each.capabilities.name: each for each in (FLASH, BLINK, SANDBOX)}
