"""Misspelt words of commands."""

from __future__ import annotations

import pytest

from whinchat.apps.wallet.language.spelling import mended

KNOWN = ("send", "balance", "history", "request", "receive", "link", "unlink")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sned", "send"),
        ("sendd", "send"),
        ("blance", "balance"),
        ("ballance", "balance"),
        ("balence", "balance"),
        ("balanxce", "balance"),
        ("histroy", "history"),
        ("recieve", "receive"),
        ("requst", "request"),
    ],
)
def test_one_slip_of_the_finger_is_mended(written: str, meant: str) -> None:
    assert mended(written, KNOWN) == meant


@pytest.mark.parametrize(
    "written",
    ["send", "sent", "lend", "spend", "received", "requests", "blnc", "hsitoyr", "bala3nce", "blink", "", "x"],
)
def test_other_words_are_left_alone(written: str) -> None:
    assert mended(written, KNOWN) is None


def test_what_could_be_two_words_is_neither() -> None:
    assert mended("balanse", ("balance", "balanke")) is None
