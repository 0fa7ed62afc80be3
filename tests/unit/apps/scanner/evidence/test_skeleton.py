from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import tables


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypa1", "paypal"),
        ("paypai", "paypal"),
        ("g00gle", "google"),
        ("rnicrosoft", "microsoft"),
        ("vvhatsapp", "whatsapp"),
        ("аpple", "apple"),  # Cyrillic
        ("ɡооgle", "google"),
        ("fаcebооk", "facebook"),
        ("amazón", "amazon"),
        ("ｐａｙｐａｌ", "paypal"),  # full width
    ],
)
def test_what_looks_alike_folds_alike(one: str, other: str) -> None:
    assert tables().skeletons.of(one) == tables().skeletons.of(other)


@pytest.mark.parametrize(("one", "other"), [("paypal", "payday"), ("google", "goggle"), ("chase", "chasm")])
def test_what_looks_different_stays_different(one: str, other: str) -> None:
    assert tables().skeletons.of(one) != tables().skeletons.of(other)


def test_plain_keeps_digits_and_marks_no_ascii() -> None:
    assert tables().skeletons.plain("аррӏе24") == "apple24"
    assert tables().skeletons.plain("rn1") == "rn1"


@given(st.text(max_size=30))
def test_any_text_folds(text: str) -> None:
    skeleton = tables().skeletons.of(text)
    assert tables().skeletons.of(skeleton) == skeleton or not skeleton.isascii() or "rn" in skeleton or "vv" in skeleton
