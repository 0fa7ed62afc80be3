from __future__ import annotations

import pytest

from whinchat.core.formatting.graphemes import can_cut, clip, last_cut


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",  # e and an accent
        "\r\n",
        "👍🏽",
        "👨\u200d👩\u200d👧",
        "🇧🇷",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
        "❤️",
        "नी",
        "क्ष",
        "\u1112\u1161\u11ab",  # Hangul in parts
    ],
)
def test_what_a_reader_sees_as_one_character_is_never_cut(cluster: str) -> None:
    text = f"a{cluster}b"
    assert [at for at in range(1, len(text)) if can_cut(text, at)] == [1, 1 + len(cluster)]


def test_flags_side_by_side_are_cut_between_two() -> None:
    assert [at for at in range(7) if can_cut("🇧🇷🇩🇪🇮🇳", at)] == [0, 2, 4, 6]


def test_a_cluster_longer_than_the_space_is_cut_all_the_same() -> None:
    assert last_cut("e" + "\u0301" * 10, 5) == 5


def test_a_text_is_clipped_with_an_ellipsis_inside_the_limit() -> None:
    assert clip("short", 5) == "short"
    assert clip("a long text", 7) == "a long…"
    assert clip("flag 🇧🇷🇧🇷", 7) == "flag…"
