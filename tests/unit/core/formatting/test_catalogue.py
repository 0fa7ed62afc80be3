from __future__ import annotations

from pathlib import Path

import pytest

from whinchat.core.formatting.catalogue import Sentence, faults, load, plural_category


def catalogue(folder: Path, text: str, language: str = "en") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{language}.toml").write_text(text, encoding="utf-8")
    return folder


def test_tables_nest_into_dotted_keys_and_plurals_are_one_sentence(tmp_path: Path) -> None:
    one = catalogue(tmp_path / "one", '[a.b]\nc = "see"\n[a.links]\none = "a link"\nother = "{count} links"')
    two = catalogue(tmp_path / "two", 'd = "dee"')
    assert load([one, two], "en") == {
        "a.b.c": "see",
        "a.links": {"one": "a link", "other": "{count} links"},
        "d": "dee",
    }
    assert load([one, two], "xx") == {}


@pytest.mark.parametrize("text", ["a = 1", "a = ", "a = ['x']", "[a]\nother = 3\none = 'x'", "[a]\nother = {b = 'c'}"])
def test_a_damaged_catalogue_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"en\.toml"):
        load([catalogue(tmp_path, text)], "en")


def test_a_key_belongs_to_one_catalogue(tmp_path: Path) -> None:
    folders = [catalogue(tmp_path / name, 'a = "x"') for name in ("one", "two")]
    with pytest.raises(ValueError, match="a is in another"):
        load(folders, "en")


@pytest.mark.parametrize(
    ("language", "categories"),
    [
        ("en", {0: "other", 1: "one", 2: "other", -1: "one"}),
        ("de", {0: "other", 1: "one", 5: "other"}),
        ("es", {0: "other", 1: "one", 2: "other", 1_000_000: "many", 1_000_001: "other"}),
        ("pt", {0: "one", 1: "one", 2: "other", 2_000_000: "many"}),
        ("pt-br", {0: "one"}),
        ("fr", {0: "one", 1: "one", 2: "other", 1_000_000: "many"}),
        ("hi", {0: "one", 1: "one", 2: "other"}),
        (
            "ar",
            {
                0: "zero",
                1: "one",
                2: "two",
                3: "few",
                10: "few",
                11: "many",
                99: "many",
                100: "other",
                102: "other",
                103: "few",
            },
        ),
        ("id", {0: "other", 1: "other", 2: "other"}),
        ("xx", {1: "one", 2: "other"}),
    ],
)
def test_numbers_choose_the_form_that_the_language_asks_for(language: str, categories: dict[int, str]) -> None:
    assert {count: plural_category(language, count) for count in categories} == categories


MODEL: dict[str, Sentence] = {
    "host": "{host} is bad",
    "links": {"one": "{count} link of {who}", "other": "{count} links of {who}"},
}
GOOD: dict[str, Sentence] = {
    "host": "{host} ist böse",
    "links": {"one": "ein Link von {who}", "other": "{count} Links von {who}"},
}


def test_a_complete_catalogue_has_no_faults() -> None:
    assert faults("de", GOOD, MODEL) == []
    assert faults("id", {**GOOD, "links": {"other": "{count} tautan {who}"}}, MODEL) == []


@pytest.mark.parametrize(
    ("language", "change", "fault"),
    [
        ("de", {"more": "x"}, "de: more is not in English"),
        ("de", {"host": "{hots} ist böse"}, "de: host has ['hots'] instead of ['host']"),
        ("de", {"host": "{host} {host.x}"}, "de: host has a brace that is no placeholder"),
        ("de", {"host": "{host} {0}"}, "de: host has a brace that is no placeholder"),
        ("de", {"host": "{host} "}, "de: host is empty or has white space around it"),
        (
            "de",
            {"host": {"one": "{host}", "other": "{host}"}},
            "de: host has plural forms, which English does not have",
        ),
        ("de", {"links": "{count} Links von {who}"}, "de: links lacks its plural forms"),
        (
            "ar",
            {"links": {"one": "{who}", "two": "{who}", "many": "{count} {who}", "other": "{count} {who}"}},
            "ar: links lacks the form few",
        ),
        (
            "de",
            {"links": {"one": "{who}", "other": "Links von {who}"}},
            "de: links has ['who'] instead of ['count', 'who'] in other",
        ),
        (
            "de",
            {"links": {"one": "ein Link", "other": "{count} {who}"}},
            "de: links has [] instead of ['count', 'who'] in one",
        ),
        ("de", {"links": {"one": "{who} {", "other": "{count} {who}"}}, "de: links has a brace that is no placeholder"),
    ],
)
def test_a_fault_is_named_with_its_key(language: str, change: dict[str, Sentence], fault: str) -> None:
    assert fault in faults(language, {**GOOD, **change}, MODEL)


def test_a_missing_sentence_is_named() -> None:
    assert faults("de", {"links": GOOD["links"]}, MODEL) == ["de: host is missing"]
