"""Yes and no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.language import refusal
from whinchat.apps.wallet.language.words import vocabulary

REFUSALS = sorted(vocabulary().refusals)


def refuses(text: str) -> bool:
    return refusal.is_refusal(refusal.words(text))


@pytest.mark.parametrize("word", REFUSALS)
def test_every_word_of_refusal_refuses_wherever_it_stands(word: str) -> None:
    for text in (
        word,
        word.upper(),
        f"yes {word}",
        f"{word} yes",
        f"send 10 to bob {word}",
        f"yes,{word}",
        f"*{word}*!",
    ):
        assert refuses(text), text
        assert refusal.consent(text) != ()


@pytest.mark.parametrize(
    "text",
    [
        "don’t",
        "do NOT pay",
        "n\u200bo",
        "ｎｏ",
        "nooooo",
        "stoppp it",
        "👎🏿",
        "yes👎",
        "hold on",
        "Call it off!",
        "I changed my mind",
        "wouldn't",
        "n",
        "x",
        "no/yes",
        "yes;no",
        f"{'ha' * 40},no",
        f"{'ha' * 40} no",
    ],
)
def test_a_refusal_is_heard_however_it_is_written(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    ["yes", "nora", "note", "know", "@no_rush", "bob@no.example", "https://no.example/stop", "now", "yes n", "x y"],
)
def test_words_that_only_look_like_one_refuse_nothing(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("yes", ()),
        ("YES!", ()),
        ("yes please", ()),
        ("please confirm", ()),
        ("👍🏽👍", ()),
        ("ok, go ahead", ()),
        ('" yes "', ()),
        ("yes 7K2M", ("7K2M",)),
        ("yes but later", ("but", "later")),
        ("yes?", ("yes?",)),
        ("yes yes yes yes yes yes yes", ("yes",) * 7),
        ("yes " + "a" * 100, ("a" * 100,)),
    ],
)
def test_consent_is_all_or_something_is_left(text: str, left: tuple[str, ...]) -> None:
    assert refusal.consent(text) == left


@pytest.mark.parametrize("text", ["", "please", "i say yes", "yеs", "perhaps yes", "!!!", "1", "a" * 100 + " yes"])
def test_what_does_not_begin_with_a_yes_is_none(text: str) -> None:
    assert refusal.consent(text) is None


@given(st.lists(st.sampled_from([*REFUSALS, *sorted(vocabulary().consents), "please", ","]), min_size=1, max_size=6))
def test_consent_and_refusal_are_never_both(words: list[str]) -> None:
    text = " ".join(words)
    assert refusal.consent(text) != () or not refuses(text)
