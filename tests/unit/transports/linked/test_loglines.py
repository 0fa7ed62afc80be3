from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whinchat.transports.linked.library import field
from whinchat.transports.linked.loglines import CODES, EVERY, PARTS, LogLines


def entry(text: str, level: str = "WARN", part: str = "Client") -> bytes:
    return field(1, text.encode()) + field(2, level.encode()) + field(3, part.encode())


def test_a_known_line_is_told_by_its_code_and_never_by_its_words() -> None:
    lines = LogLines()
    assert lines.read(entry("Failed to send receipt for 3EB0: no connection"), 0) == ("WARN", "receipt_failed")
    assert lines.read(entry("Event handler panicked while handling a Message", "ERROR"), 0) == ("ERROR", "panic")


def test_an_unknown_line_is_told_by_where_it_comes_from() -> None:
    lines = LogLines()
    assert lines.read(entry("4915112345678 said hello", part="Client/Socket"), 0)[1] == "other_socket"
    assert lines.read(entry("4915112345678 said hello", part="4915112345678"), 0)[1] == "other"


def test_each_is_told_once_in_a_while() -> None:
    lines = LogLines()
    told = [lines.read(entry("Keepalive timed out"), at)[1] for at in (0, 1, EVERY - 1, EVERY)]
    assert told == ["keep_alive_timeout", "", "", "keep_alive_timeout"]


@given(st.binary(max_size=300))
def test_whatever_comes_nothing_but_a_code_leaves(data: bytes) -> None:
    codes = {code for _, code in CODES} | {"other", "unreadable_line"} | {f"other_{part.lower()}" for part in PARTS}
    assert LogLines().read(data, 0)[1] in codes


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_line_of_any_words_gives_one_of_few_codes(text: str, part: str) -> None:
    codes = {code for _, code in CODES} | {"other"} | {f"other_{part.lower()}" for part in PARTS}
    assert LogLines().read(entry(text, part=part), 0)[1] in codes
