"""`whinchat feeds update` over the lists that ship, and servers that a test makes up."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.feed_verbs import Given, Settings, Storage, listed, refusal, run

from whinchat.apps.scanner.cli_feeds import feeds
from whinchat.apps.scanner.feeds.sources import FeedSettings
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.testing.http import Answer


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(Settings(Storage(tmp_path / "data")))


LIST = "https://lists.example/bad.txt"


def following(given: Given, **feeds: FeedSettings) -> None:
    off = {name: FeedSettings(enabled=False) for name in ("tweetfeed", "certpl")}
    given.settings.apps["scanner"] = ScannerSettings(feeds=off | feeds)


def test_lists_are_updated_and_say_what_came_of_it(given: Given) -> None:
    following(given, mine=FeedSettings(url=LIST), other=FeedSettings(url="https://lists.example/other"))
    given.http.answer(LIST, Answer(b"evil.example\ncom\n", headers={"ETag": '"1"'}), Answer(status=304))
    result = run(given, "update", "mine")
    assert (result.exit_code, result.output) == (
        0, "mine: 1 entries in use, 0 before\n  1 lines left out: too broad\n",
    )  # fmt: skip
    assert listed(given, "http://evil.example/") == ["mine"]

    result = CliRunner().invoke(feeds, ["update"], obj=given, standalone_mode=False)
    assert result.return_value == 1
    assert result.output == "mine: as it was\nother: not updated: it cannot be reached\n"

    given.http.answer(LIST, Answer(b"<html>"))
    assert run(given, "update", "mine").output == (
        "mine: not updated; the version before it stays in use: this is a web page or XML, not a list\n"
        "  hint: Lists are text, one name a line or CSV, gzip allowed.\n"
    )
    given.clock.move(3 * 3600)
    output = run(given, "list").output
    assert "other: could not be updated (once), nothing of it is in use yet: it cannot be reached" in output
    assert "openphish: OpenPhish allows personal use" in output
    (line,) = [line for line in output.splitlines() if line.startswith("mine ")]
    assert "3 h" in line


def test_a_list_that_looks_wrong_can_be_forced(given: Given) -> None:
    following(given, mine=FeedSettings(url=LIST, least=2))
    given.http.answer(LIST, Answer(b"evil.example\n"))
    assert "expected are 2 to" in run(given, "update").output
    assert "1 entries in use" in run(given, "update", "--force").output


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("theirs", "no list called 'theirs'", "tweetfeed, certpl, phishing_database"),
        ("openphish", "openphish is not switched on. OpenPhish allows personal use", "openphish.enabled = true"),
        ("urlhaus", "urlhaus is not switched on", "apps.scanner.abusech_auth_key"),
    ],
)
def test_a_list_that_is_not_followed_is_not_updated(given: Given, name: str, words: str, hint: str) -> None:
    refused = refusal(run(given, "update", name))
    assert words in str(refused)
    assert hint in refused.hint
    assert given.http.asked == []


def test_offline_nothing_is_asked_but_files_are_read(given: Given, tmp_path: Path) -> None:
    given.settings.service.offline = True
    (tmp_path / "bad.txt").write_text("evil.example\n")
    following(given, mine=FeedSettings(file=str(tmp_path / "bad.txt")), far=FeedSettings(url=LIST))
    assert run(given, "update").output == "mine: 1 entries in use, 0 before\n"
    assert "service.offline is set" in str(refusal(run(given, "update", "far")))
    assert "Nothing is downloaded: service.offline is set." in run(given, "status").output
    assert given.http.asked == []


def test_a_list_that_is_followed_comes_back_and_that_is_said(given: Given) -> None:
    following(given, mine=FeedSettings(url=LIST))
    given.http.answer(LIST, Answer(b"evil.example\n"))
    run(given, "update")
    assert "unless apps.scanner.feeds.mine.enabled is false" in run(given, "remove", "mine").output
    run(given, "update")
    assert listed(given, "http://evil.example/") == ["mine"]
