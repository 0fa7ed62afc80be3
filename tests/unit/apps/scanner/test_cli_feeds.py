from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from tests.support.feed_verbs import Given, Settings, Storage, listed, refusal, run

from whinchat.apps.scanner.cli_feeds import feeds
from whinchat.apps.scanner.feeds.lists import SNAPSHOT
from whinchat.apps.scanner.feeds.store import DATABASE


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(Settings(Storage(tmp_path / "data")))


def test_a_list_from_a_file_is_in_use_afterwards(given: Given, tmp_path: Path) -> None:
    (tmp_path / "feed.gz").write_bytes(gzip.compress(b"evil.example\nhttp://b.example/x\ncom\n"))
    result = run(given, "import", "mine", str(tmp_path / "feed.gz"))

    assert result.exit_code == 0
    assert result.output == "mine: 2 entries in use, 0 before\n  1 lines left out: too broad\n"
    assert listed(given, "http://login.evil.example/") == ["mine"]
    assert listed(given, "https://b.example/x") == ["mine"]


def test_a_list_from_standard_input_with_every_option(given: Given) -> None:
    result = run(
        given, "import", "mine", "-", "--format", "csv", "--column", "bad", "--threat", "scam", "--trust", "evidence",
        "--licence", "CC0-1.0", "--version", "7", stdin="good,bad\nfine.example,evil.example\n",
    )  # fmt: skip

    assert result.exit_code == 0
    (row,) = [
        row for row in map(json.loads, run(given, "status", "--json").output.splitlines()) if row["feed"] == "mine"
    ]
    assert (row["feed"], row["entries"], row["threat"], row["trust"]) == ("mine", 1, "scam", "evidence")
    assert (row["licence"], row["version"], row["date"], row["error"]) == ("CC0-1.0", "7", "2026-01-01", None)
    assert listed(given, "http://fine.example/") == []


def test_status_shows_shipped_and_imported_feeds_and_the_last_error(given: Given) -> None:
    before = run(given, "status")
    assert "tweetfeed" in before.output
    assert "Only the lists that ship are in use" in before.output
    assert not (given.settings.storage.data / "scanner" / DATABASE).exists()

    run(given, "import", "mine", "-", stdin="evil.example\n")
    given.clock.move(3 * 86_400)
    assert "empty" in str(refusal(run(given, "import", "mine", "-", stdin="")))
    output = run(given, "status").output
    assert "3 days" in next(line for line in output.splitlines() if line.startswith("mine"))
    assert "mine: the last import failed, the version before it is in use: the list is empty" in output


def test_a_suspicious_list_is_refused_unless_forced(given: Given) -> None:
    popular = "google.com\nfacebook.com\nwikipedia.org\namazon.com\n"

    assert "popular sites" in str(refusal(run(given, "import", "mine", "-", stdin=popular)))
    assert run(given, "import", "mine", "-", "--force", stdin=popular).exit_code == 0


def test_a_list_with_some_popular_sites_is_taken_as_evidence(given: Given) -> None:
    content = "google.com\nfacebook.com\nwikipedia.org\n" + "".join(f"h{number}.example\n" for number in range(100))

    assert (
        "lists 3 popular sites, so its entries count as evidence only"
        in run(given, "import", "m", "-", stdin=content).output
    )


def test_the_entries_of_a_feed_can_be_listed(given: Given) -> None:
    run(given, "import", "mine", "-", stdin="evil.example\nhttp://b.example/x\n")

    assert run(given, "list", "mine").output == "host\tevil.example\nurl\tb.example/x\n"
    assert "no feed called 'yours'" in str(refusal(run(given, "list", "yours")))


def test_a_removed_feed_is_gone(given: Given) -> None:
    run(given, "import", "mine", "-", stdin="evil.example\n")

    assert run(given, "remove", "mine").output == "mine: removed\n"
    assert listed(given, "http://evil.example/") == []
    assert "no feed called 'mine'" in str(refusal(run(given, "remove", "mine")))


def test_what_a_killed_import_left_behind_is_put_right(given: Given) -> None:
    run(given, "import", "mine", "-", stdin="evil.example\n")
    (given.settings.storage.data / "scanner" / SNAPSHOT).unlink()

    run(given, "status")
    assert listed(given, "http://evil.example/") == ["mine"]


@pytest.mark.parametrize("name", ["", "Mine", "my feed", "../mine", "-x", "a" * 65])
def test_a_name_that_cannot_be_one_is_refused(given: Given, name: str) -> None:
    assert "cannot be a feed's name" in str(refusal(run(given, "import", "--", name, "-", stdin="evil.example\n")))


def test_a_file_that_is_not_there_is_named(given: Given, tmp_path: Path) -> None:
    result = run(given, "import", "mine", str(tmp_path / "none.txt"))

    assert result.exit_code == 2
    assert "none.txt" in result.output


def test_progress_is_shown_to_people_at_a_terminal(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feed.txt").write_text("evil.example\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with monkeypatch.context():
        feeds.main(["import", "mine", str(tmp_path / "feed.txt")], obj=given, standalone_mode=False)

    assert "1 entries" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [[], ["import"], ["status"], ["list"], ["remove"], ["update"]])
def test_every_verb_explains_itself(given: Given, verb: list[str]) -> None:
    output = run(given, *verb, "--help").output

    assert "Usage" in output
    assert len(output.splitlines()) > 5
