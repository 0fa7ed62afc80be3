"""What the backends' refusals mean, by their codes. Their texts may name people, and go nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from whinchat.apps.wallet.backend import BackendError, Failed, Unknown
from whinchat.apps.wallet.galoy.types import PaymentPayload

UNAUTHENTICATED = frozenset({"NOT_AUTHENTICATED", "NOT_AUTHORIZED", "UNAUTHENTICATED"})
"""NOT_AUTHORIZED is said of whoever comes without a valid session, before anything is done."""
NOT_EXECUTED = UNAUTHENTICATED | {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
"""Of a whole request: it was not begun."""
NOT_SENT = frozenset({"address", "unreachable", "breaker_open"})
MOST_WAIT = 86_400.0  # seconds that a backend may ask us to stay away

_MEANS = {
    "NOT_FOUND": "not_found",
    "TOO_MANY_REQUEST": "rate_limited",
    "DB_ERROR": "unavailable",
    "DEALER_ERROR": "unavailable",
    "DEALER_OFFLINE": "unavailable",
    "IBEX_ERROR": "unavailable",
    "INTERNAL_SERVER_ERROR": "unavailable",
    "LND_OFFLINE": "unavailable",
    "PHONE_PROVIDER_ERROR": "unavailable",
    "PRICE_SERVICE_OFFLINE": "unavailable",
    "UNEXPECTED_CLIENT_ERROR": "unavailable",
    "UNKNOWN_CLIENT_ERROR": "unavailable",
} | dict.fromkeys(UNAUTHENTICATED, "unauthenticated")
_TEXTS = {
    "unavailable": "the backend gives no answer that can be used",
    "unauthenticated": "the backend does not accept the session",
    "rate_limited": "the backend asks to wait",
    "not_found": "the backend knows no such thing",
    "rejected": "the backend refused",
}
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_INNER = re.compile(r"\(code: (\w+)")


class Extensions(Struct, frozen=True):
    code: str | None = None


class GraphError(Struct, frozen=True):
    """One of a request's errors. Galoy puts the code beside the message, others into the extensions."""

    message: str = ""
    code: str | None = None
    extensions: Extensions | None = None
    path: tuple[str | int, ...] | None = None

    @property
    def name(self) -> str:
        """Its code; empty for none."""
        return self.code or (self.extensions.code if self.extensions else None) or ""

    @property
    def missing(self) -> bool:
        """An unexpected error names the error within, such as `(code: CouldNotFindWallet…`."""
        inner = _INNER.search(self.message)
        return inner is not None and inner[1].startswith("CouldNotFind")


def refused(code: str, retry_after: float | None = None) -> BackendError:
    """`code`: one of BackendError's."""
    return BackendError(_TEXTS[code], code=code, retry_after=retry_after)


def of_request(status: int, errors: Sequence[GraphError], retry_after: float | None) -> BackendError:
    """What a request that was not done as it should means, by its status (RFC 9110, 15; RFC 6585, 4) or first error.

    An error without a code may be one of another time.
    """
    if status == 401:
        return refused("unauthenticated")
    if status == 429:
        return refused("rate_limited", retry_after)
    if not errors:
        return refused("unavailable", retry_after)
    first = errors[0]
    if first.missing:
        return refused("not_found")
    return refused(_MEANS.get(first.name, "rejected" if first.name else "unavailable"))


def of_payload(code: str | None) -> BackendError:
    """What an error within an answer means; those without a code are about the input."""
    return refused(_MEANS.get(code or "", "rejected"))


# --- payments: what is known of the money ---


def unknown(code: str) -> Unknown:
    """`code`: any text; what is no name is not passed on."""
    return Unknown(code.lower() if _NAME.fullmatch(code) else "error")


def of_unanswered(code: str) -> Failed | Unknown:
    """`code` of an HttpError: only who was never reached was certainly not asked."""
    return Failed("unavailable") if code in NOT_SENT else unknown(code)


def of_refused_request(status: int, errors: Sequence[GraphError]) -> Failed | Unknown:
    """A payment's request without data: it is known that it was not begun, or nothing is known."""
    if errors and all(each.name in NOT_EXECUTED and len(each.path or ()) <= 1 for each in errors):
        return Failed("unauthenticated" if errors[0].name in UNAUTHENTICATED else "refused")
    if status == 401:
        return Failed("unauthenticated")
    if status == 429:
        return Failed("unavailable")
    if errors:
        return unknown(errors[0].name)
    return unknown("protocol" if status == 200 else f"http_{status}")


def of_payment(payload: PaymentPayload, precedes_debit: Mapping[str, str]) -> Failed | Unknown:
    """Of a payment that was answered with anything but a plain success."""
    codes = [error.code or "" for error in payload.errors]
    match payload.status:
        case "PENDING" | "ALREADY_PAID" as status:
            return unknown(status)
        case "FAILURE" if not codes:
            return Failed("refused")
        case "FAILURE" | None if codes and all(code in precedes_debit for code in codes):
            return Failed(precedes_debit[codes[0]])
        case _:
            return unknown(codes[0] if codes else "status")
