from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.formatting.graphemes import can_cut
from whinchat.core.formatting.split import SHORTEST, split, utf16_length

NUMBER = re.compile(r"^\((\d+)/(\d+)\)\n")


def bodies(parts: list[str]) -> list[str]:
    return [NUMBER.sub("", part) for part in parts]


def test_a_text_that_fits_is_one_message_without_a_number() -> None:
    assert split("short", 64) == ["short"]
    assert split("👍" * 32, 64) == ["👍" * 32]
    assert split("", 64) == [""]


def test_a_long_text_is_numbered() -> None:
    parts = split("word " * 50, 64)
    assert [part.split("\n")[0] for part in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]


def test_it_is_cut_where_a_reader_would_pause() -> None:
    paragraph, line, sentence = "p" * 30, "l" * 30, "s" * 30
    assert bodies(split(f"{paragraph}\n\n{line}\n{sentence}. {sentence}", 64)) == [
        paragraph,
        line,
        f"{sentence}.",
        sentence,
    ]
    assert bodies(split(f"{'a' * 30}. {'b ' * 20}", 64))[0] == "a" * 30 + "."
    assert bodies(split(f"ab {'c' * 100}", 64))[0] == "ab"


@pytest.mark.parametrize(
    "piece", ["*bold words of our own*", "_it is_", "`!scan allow RULE`", "paypa1-login[.]pages[.]dev", "2001[:]db8"]
)
def test_formatting_and_hosts_stay_whole(piece: str) -> None:
    for before in range(30, 70):
        for filler in ("x", "x "):
            parts = bodies(split((filler * before)[:before] + " " + piece + " y" * 60, 64))
            assert any(piece in part for part in parts)


def test_a_piece_longer_than_a_message_is_cut_between_characters() -> None:
    parts = bodies(split("*" + "é" * 100 + "*", 64))
    assert "".join(parts) == "*" + "é" * 100 + "*"
    assert bodies(split("e" + "\u0301" * 200, 64))[0].startswith("e\u0301")


def test_hundreds_of_parts_make_room_for_their_numbers() -> None:
    parts = split("x" * 20_000, 64)
    assert len(parts) > 99
    assert max(map(utf16_length, parts)) <= 64
    assert "".join(bodies(parts)) == "x" * 20_000


def test_white_space_alone_does_not_make_a_second_message() -> None:
    assert split("x" + " " * 100, 64) == ["x"]


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="64"):
        split("x", SHORTEST - 1)


PIECES = st.sampled_from(
    [
        "word",
        "Sentence. ",
        " ",
        "\n",
        "\n\n",
        "👨\u200d👩\u200d👧",
        "🇧🇷",
        "e\u0301",
        "*bold one*",
        "_x_",
        "evil[.]com",
        "क्षि",
        "x" * 40,
        "  - ",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join), st.integers(SHORTEST, 200))
def test_nothing_is_lost_and_every_part_fits(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(utf16_length(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(bodies(parts))) == re.sub(r"\s", "", text)
    if len(parts) > 1:
        assert [NUMBER.sub(r"\1 \2 ", part).split()[:2] for part in parts] == [
            [str(n), str(len(parts))] for n in range(1, len(parts) + 1)
        ]
        begin = 0
        for body in bodies(parts):
            begin = text.index(body, begin)
            assert can_cut(text, begin)
            begin += len(body)
            assert can_cut(text, begin)
