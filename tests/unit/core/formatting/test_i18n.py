from __future__ import annotations

from pathlib import Path

import pytest

from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, bold

HOUR = 3_600_000
FSI, PDI = "\u2068", "\u2069"

ENGLISH = """
[bird]
plain = "A bird."
seen = "{host} was seen by {who}."
only = "English only"
[bird.count]
one = "{count} bird"
other = "{count} birds"
"""
PORTUGUESE = """
[bird]
plain = "Um pássaro."
seen = "{who} viu {host}."
"""
BRAZILIAN = """
[bird]
plain = "Um passarinho."
"""
ARABIC = """
[bird]
seen = "{who} رأى {host}."
[bird.count]
one = "طائر واحد"
two = "طائران"
few = "{count} طيور"
many = "{count} طائرًا"
other = "{count} طائر"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, text in {"en": ENGLISH, "pt": PORTUGUESE, "pt-br": BRAZILIAN, "ar": ARABIC}.items():
        (tmp_path / f"{language}.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def words(folder: Path) -> Words:
    return Words([folder])


@pytest.mark.parametrize(
    ("key", "language", "text"),
    [
        ("bird.plain", "en", "A bird."),
        ("bird.plain", "pt", "Um pássaro."),
        ("bird.plain", "pt-BR", "Um passarinho."),
        ("bird.plain", "pt_PT", "Um pássaro."),
        ("bird.plain", "tlh", "A bird."),
        ("bird.plain", "", "A bird."),
        ("bird.only", "pt-BR", "English only"),
    ],
)
def test_a_sentence_is_said_in_the_nearest_language_that_has_it(
    words: Words, key: str, language: str, text: str
) -> None:
    assert words.say(key, language) == text


def test_a_region_falls_back_to_its_language_sentence_by_sentence(words: Words) -> None:
    assert words.say("bird.seen", "pt-BR", host="x", who="Ana") == "Ana viu x."


def test_what_is_inserted_is_escaped_unless_it_is_our_own(words: Words) -> None:
    assert words.say("bird.seen", "en", host="evil.com", who="*Bob*\n@1") == "evil[.]com was seen by ∗Bob∗ ＠1."
    assert words.say("bird.seen", "en", host=bold("x"), who=Markup("_y_")) == "*x* was seen by _y_."


def test_values_are_not_looked_into(words: Words) -> None:
    assert words.say("bird.seen", "en", host="{who}", who="{0.__class__}") == "{who} was seen by {0.▁▁class▁▁}."


def test_numbers_take_their_plural(words: Words) -> None:
    assert [words.say("bird.count", "en", count=count) for count in (0, 1, 2)] == ["0 birds", "1 bird", "2 birds"]
    assert [words.say("bird.count", "ar", count=count) for count in (0, 2, 3, 11)] == [
        "0 طائر",
        "طائران",
        "3 طيور",
        "11 طائرًا",
    ]


def test_directions_do_not_disturb_each_other(words: Words) -> None:
    assert words.say("bird.seen", "ar", host="evil.com", who="") == f" رأى {FSI}evil[.]com{PDI}."
    assert words.say("bird.seen", "en", host="مثال", who="Ana") == f"{FSI}مثال{PDI} was seen by Ana."


def test_a_sentence_or_value_that_is_not_there_is_a_mistake_of_ours(words: Words) -> None:
    for key, values in (("bird.gone", {}), ("bird.seen", {"host": "x"}), ("bird.count", {})):
        with pytest.raises(KeyError):
            words.say(key, "en", **values)
    words.require(["bird.plain", "bird.count"])
    with pytest.raises(KeyError, match=r"bird\.gone, bird\.lost"):
        words.require(["bird.plain", "bird.lost", "bird.gone"])


def test_the_languages_are_those_of_the_catalogues(words: Words) -> None:
    assert words.languages == ("ar", "de", "en", "es", "fr", "hi", "id", "pt", "pt-br")
    assert [words.match(tag) for tag in ("PT-br", "pt-AO", "en_US", "xx", "")] == ["pt-br", "pt", "en", None, None]


def test_problems_names_what_a_catalogue_lacks(words: Words) -> None:
    found = words.problems()
    assert "pt: bird.only is missing" in found
    assert "de: bird.plain is missing" in found
    assert not any(problem.startswith("en:") for problem in found)


def test_a_damaged_catalogue_is_logged_and_english_takes_over(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "de.toml").write_text("broken", encoding="utf-8")
    words = Words([folder])
    assert words.say("bird.plain", "de") == "A bird."
    assert words.say("bird.plain", "de") == "A bird."
    assert [record.getMessage() for record in caplog.records] == ["a catalogue cannot be read"]


def test_a_damaged_english_catalogue_stops_the_start(folder: Path) -> None:
    (folder / "en.toml").write_text("broken", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.toml"):
        Words([folder])


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (24 * HOUR, "24 hours"),
        (90 * 60_000, "1 hour 30 minutes"),
        (3 * 24 * HOUR, "3 days"),
        (3 * 24 * HOUR + HOUR + 1000, "3 days 1 hour"),
        (1000, "1 second"),
        (999, "0 seconds"),
        (-5, "0 seconds"),
    ],
)
def test_spans_of_time_are_named(words: Words, milliseconds: int, text: str) -> None:
    assert words.duration(milliseconds, "en") == text


def test_spans_of_time_are_named_in_every_language() -> None:
    words = Words()
    said = {language: words.duration(2 * HOUR, language) for language in words.languages}
    assert said == {
        "ar": "ساعتين",
        "de": "2 Stunden",
        "en": "2 hours",
        "es": "2 horas",
        "fr": "2 heures",
        "hi": "2 घंटे",
        "id": "2 jam",
        "pt": "2 horas",
    }


def test_moments_are_named() -> None:
    words, at = Words(), 1_795_357_800_000
    assert words.moment(at, "en") == "22 November 2026, 14:30 UTC"
    assert words.moment(at, "de") == "22. November 2026, 14:30 UTC"
    assert words.moment(at, "es") == "22 de noviembre de 2026, 14:30 UTC"


def test_lists_are_joined_as_the_language_does() -> None:
    words = Words()
    assert [words.listing("abc"[:length], "en") for length in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert words.listing(["a", "*b*"], "de") == "a und ∗b∗"
    assert words.listing("abc", "ar") == f"{FSI}a{PDI}، {FSI}b{PDI} و{FSI}c{PDI}"
