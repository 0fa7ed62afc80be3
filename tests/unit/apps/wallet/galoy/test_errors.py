from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.backend import Failed, Unknown
from whinchat.apps.wallet.galoy.capabilities import DIALECTS
from whinchat.apps.wallet.galoy.errors import (
    Extensions,
    GraphError,
    of_payload,
    of_payment,
    of_refused_request,
    of_request,
    unknown,
)
from whinchat.apps.wallet.galoy.types import PayloadError, PaymentPayload

CODES = st.one_of(
    st.none(),
    st.text(max_size=10),
    st.sampled_from(["INSUFFICIENT_BALANCE", "CANT_PAY_SELF", "IBEX_ERROR", "INVALID_INPUT", "ROUTE_FINDING_ERROR"]),
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GraphError(code="NOT_FOUND"), "not_found"),
        (GraphError(extensions=Extensions(code="TOO_MANY_REQUEST")), "rate_limited"),
        (GraphError(extensions=Extensions()), "unavailable"),
        (GraphError(code="USERNAME_ERROR"), "rejected"),
        (GraphError(message="Not authorized", code="NOT_AUTHORIZED"), "unauthenticated"),
        (GraphError(message="odd (code: CouldNotFindWalletFromId: x)", code="UNEXPECTED_CLIENT_ERROR"), "not_found"),
        (GraphError(message="odd (code: LockServiceError)", code="UNEXPECTED_CLIENT_ERROR"), "unavailable"),
    ],
)
def test_the_code_says_what_an_error_of_a_request_means(error: GraphError, code: str) -> None:
    assert of_request(200, (error,), None).code == code


def test_errors_of_an_answer_are_about_the_input_unless_they_say_otherwise() -> None:
    codes = (None, "INVALID_INPUT", "IBEX_ERROR", "NOT_AUTHENTICATED")
    assert [of_payload(code).code for code in codes] == ["rejected", "rejected", "unavailable", "unauthenticated"]


def test_only_what_can_be_repeated_says_so() -> None:
    assert of_payload("IBEX_ERROR").retryable
    assert not of_payload("INVALID_INPUT").retryable


def test_an_error_within_an_answer_may_follow_a_debit() -> None:
    inside = GraphError(code="NOT_AUTHORIZED", path=("intraLedgerPaymentSend", "transaction"))
    assert of_refused_request(200, (inside,)) == Unknown("not_authorized")
    assert of_refused_request(200, ()) == Unknown("protocol")


@pytest.mark.parametrize("code", ["", "+15550000001", "two words", "é", "X" * 41, "a\n"])
def test_what_is_no_name_is_not_passed_on(code: str) -> None:
    assert unknown(code) == Unknown("error")
    assert unknown("IBEX_ERROR") == Unknown("ibex_error")


@given(
    st.sampled_from(sorted(DIALECTS)),
    st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["FAILURE", "PENDING", "ALREADY_PAID"])),
    st.lists(CODES, max_size=3),
)
def test_failed_is_only_said_of_what_is_known(name: str, status: str | None, codes: list[str | None]) -> None:
    allowed = DIALECTS[name].precedes_debit
    payload = PaymentPayload(tuple(PayloadError(code) for code in codes), status)
    known = status == "FAILURE" and not codes
    allowed_only = status in ("FAILURE", None) and bool(codes) and all(code in allowed for code in codes)
    assert isinstance(of_payment(payload, allowed), Failed) is (known or allowed_only)
