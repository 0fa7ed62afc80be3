"""What the letters of a link say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.model.grams import BUCKETS, STEPS_ABOVE, ZERO, Grams, Reader, parts, shift


def taught(**weights: int) -> Grams:
    """A table that knows runs of the label alone."""
    table = bytearray([ZERO]) * BUCKETS
    for run, weight in weights.items():
        number = int.from_bytes(run.encode(), "big")
        table[(number + shift(len(run), 1)) % BUCKETS] = ZERO + weight
    return Grams(bytes(table), 1.0)


def odds(grams: Grams, label: str, *, path: str = "", shared: bool = False) -> list[float]:
    return Reader(grams).odds(parts(label=label, subdomains=(), suffix="example", path=path, shared=shared))


def test_a_known_run_counts_wherever_it_stands_in_the_name() -> None:
    grams = taught(pay=10)
    weight = (10 / STEPS_ABOVE) ** 2
    assert odds(grams, "paypal")[0] == pytest.approx(weight / runs("paypal") ** 0.5)
    assert odds(grams, "mypay")[0] > 0 == odds(grams, "apple")[0]


def test_a_run_counts_once_however_often_it_stands_there() -> None:
    grams = taught(pay=10)
    assert odds(grams, "paypay")[0] < odds(grams, "paypa1")[0] * 1.2


def test_less_than_nothing_speaks_for_the_link() -> None:
    assert odds(taught(pay=-10), "paypal")[0] == -odds(taught(pay=10), "paypal")[0] < 0


def test_a_run_means_another_thing_on_hosting_and_in_a_path() -> None:
    grams = taught(pay=10)
    assert odds(grams, "paypal", shared=True)[0] == 0
    assert odds(grams, "shop", path="/paypal") == [0, 0, 0, 0]


def test_digits_are_one_and_capitals_are_none() -> None:
    grams = taught(a00=10)
    assert odds(grams, "a47") == odds(grams, "A91") == odds(grams, "a00")


def test_nothing_learned_says_nothing() -> None:
    assert odds(Grams(bytes([ZERO]) * BUCKETS, 1.0), "", path="/") == [0, 0, 0, 0]


READER = Reader(taught(pay=127, aaa=-127))


@given(label=st.text(max_size=90), path=st.text(max_size=200), shared=st.booleans())
def test_any_text_can_be_asked_about(label: str, path: str, shared: bool) -> None:
    found = READER.odds(parts(label=label, subdomains=(), suffix="example", path=path, shared=shared))
    assert len(found) == 4
    assert all(abs(each) < 64 for each in found)


def runs(label: str) -> int:
    """How many different runs the link of a label has."""
    return sum(
        len({part.text[max(0, end - size) : end] for end in range(1, len(part.text) + 1)})
        for part in parts(label=label, subdomains=(), suffix="example", path="", shared=False)
        for size in part.sizes
    )
