from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.evidence.vocabulary import Sense, Vocabulary

WORDS = Vocabulary({Sense.CREDENTIALS: ["login", "log", "secure"], Sense.FILLERS: ["in", "the", "the"]})


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("securelogin", ("secure", "login")),
        ("login24", ("login", "24")),
        ("24login", ("24", "login")),
        ("2024", ("2024",)),
        ("loginx", ()),
        ("blogin", ()),
        ("inlogin", ()),  # "in" is too short to be cut out
        ("", ()),
        ("login" * 9, ()),  # too long to be tried
    ],
)
def test_a_run_is_split_only_when_known_words_cover_all_of_it(run: str, words: tuple[str, ...]) -> None:
    assert WORDS.split(run) == words


def test_fewer_words_are_preferred() -> None:
    assert WORDS.split("login") == ("login",)


def test_known_words_stay_and_unknown_runs_stay_whole() -> None:
    assert WORDS.words(["login", "thesecure", "garden"]) == ("login", "the", "secure", "garden")


def test_words_that_no_list_knows_are_counted_and_numbers_are_not() -> None:
    assert WORDS.strange(["login", "24", "garden", "gate"]) == 2


@pytest.mark.parametrize(
    ("run", "bare"),
    [
        ("gardenlogin", "garden"),
        ("securegarden", "garden"),
        ("securegardenlogin", "garden"),
        ("garden", "garden"),
        ("login", "login"),
        ("ablogin", "ablogin"),  # too little would be left
    ],
)
def test_known_words_at_the_edges_of_a_run_are_taken_off(run: str, bare: str) -> None:
    assert WORDS.bared(run) == bare


def test_the_first_sense_of_a_word_stays() -> None:
    assert Vocabulary({Sense.BRAND: ["secure"], Sense.FILLERS: ["secure"]}).sense("secure") is Sense.BRAND


def test_a_run_with_countless_ways_to_split_it_takes_no_time() -> None:
    words = Vocabulary({Sense.FILLERS: ["a" * size for size in range(1, 20)]})
    before = time.perf_counter()
    assert words.split("a" * 39 + "b") == ()
    assert time.perf_counter() - before < 0.05


@given(st.text("lognisecurth19", max_size=40))
def test_the_pieces_are_the_run(run: str) -> None:
    assert "".join(WORDS.split(run)) in {run, ""}
