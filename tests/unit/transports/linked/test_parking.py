from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whinchat.transports.linked.parking import BOX, beside, forget_parked, park, parked

KEY = b"k" * 32
EVENTS = [(f"event {number}", f"word {number}".encode()) for number in range(3)]


@pytest.fixture
def session(tmp_path: Path) -> str:
    return str(tmp_path / "ana.db")


def test_what_is_left_is_found_in_its_order(session: str) -> None:
    many = [("message", str(number).encode()) for number in range(2 * BOX + 1)]
    park(session, KEY, "", EVENTS)
    park(session, KEY, "", many)
    assert parked(session, KEY) == (EVENTS + many, True)


def test_nobody_else_can_read_it(session: str) -> None:
    park(session, KEY, "", EVENTS)
    file = Path(beside(session, ".parked"))
    assert file.name == "ana.parked"
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"word" not in file.read_bytes()
    assert parked(session, b"x" * 32) == ([], False)


def test_nothing_was_left(session: str) -> None:
    assert parked(session, KEY) == ([], True)
    forget_parked(session)
    park(session, KEY, "", EVENTS)
    forget_parked(session)
    assert parked(session, KEY) == ([], True)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_cut_short_or_damaged_is_said_and_the_rest_is_found(session: str, data: st.DataObject) -> None:
    forget_parked(session)
    park(session, KEY, "", EVENTS)
    file = Path(beside(session, ".parked"))
    first = file.read_bytes()
    park(session, KEY, "", EVENTS)
    whole = file.read_bytes()
    cut = data.draw(st.integers(1, len(whole) - 1))
    file.write_bytes(whole[:cut])
    assert parked(session, KEY) == (EVENTS if cut >= len(first) else [], cut == len(first))

    flipped = bytearray(whole)
    flipped[data.draw(st.integers(len(first) + 4, len(whole) - 1))] ^= 1
    file.write_bytes(flipped)
    assert parked(session, KEY) == (EVENTS, False)
