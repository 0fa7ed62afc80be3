from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from tests.support.evidence import FakeLists, tables

from whinchat.apps.scanner import cli_report, cli_scan
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Scope, Threat
from whinchat.apps.scanner.model.file import shipped
from whinchat.apps.scanner.verdict import Level

BAD = "Https://paypa1-login.pages.dev/verify"
GOOD = "https://smithtownnews.com/2026/council"
KEYS = {
    "input", "url", "verdict", "probability", "score", "reasons", "evidence", "site", "host", "pretends", "sources",
    "wrapper", "error",
}  # fmt: skip


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Lists made by hand in place of the shipped file, and tables that are read once; gives the paths of imported feeds
    that were asked for.
    """
    paths: list[Path | None] = []
    listing = Listing("alpha", Threat.SCAM, Scope.HOST, decisive=True, version="1")

    def open_lists(imported: Path | None, clock: object) -> FakeLists:
        paths.append(imported)
        return FakeLists(listed={"listed.example": (listing,)})

    monkeypatch.setattr(cli_report, "SnapshotLists", open_lists)
    loaded = tables()
    monkeypatch.setattr(Tables, "load", lambda _model: loaded)
    return paths


def run(*arguments: str, stdin: str | bytes = "", obj: object = None) -> Result:
    return CliRunner().invoke(cli_scan.scan, arguments, input=stdin, obj=obj)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("links", "code"),
    [
        ([GOOD], 0),
        ([GOOD, "tg://resolve?domain=x"], 1),
        ([GOOD, "what is this"], 1),
        (["https://lowqz77.top/login"], 3),
        ([GOOD, BAD, "what is this"], 4),
        (["https://listed.example/"], 4),
    ],
)
def test_the_exit_code_tells_the_worst_verdict(links: list[str], code: int) -> None:
    assert run("check", *links).exit_code == code


def test_wrong_usage_is_2() -> None:
    assert run("check").exit_code == 2
    assert run("check", "--language", "xx", GOOD).exit_code == 2
    assert run("explain", "what is this").exit_code == 2


def test_one_json_line_each_with_everything_in_it() -> None:
    bad, good, odd = rows(run("check", "--json", BAD, GOOD, "what is this"))
    assert KEYS == bad.keys() == good.keys() == odd.keys()
    assert (bad["input"], bad["verdict"], bad["pretends"]) == (BAD, "malicious", "PayPal")
    assert bad["url"] == "https://paypa1-login.pages.dev/verify"
    assert bad["evidence"]["brand_lookalike"]["weight"] > 0
    assert bad["evidence"]["brand_lookalike"]["brand"] == "PayPal"
    assert 1 <= len(bad["reasons"]) <= 3
    assert (good["verdict"], good["error"]) == ("benign", None)
    assert 0 <= good["probability"] < 0.2
    assert (odd["verdict"], odd["url"], odd["probability"]) == ("unknown", None, None)
    assert "not a link" in odd["error"]


def test_without_feeds_a_listed_link_is_judged_by_itself_and_keeps_its_score() -> None:
    (listed,) = rows(run("check", "--json", "https://listed.example/"))
    (alone,) = rows(run("check", "--json", "--no-feeds", "https://listed.example/"))
    assert (listed["verdict"], alone["verdict"]) == ("malicious", "benign")
    assert alone["sources"][0]["listed"] == []
    assert alone["score"] < listed["score"]


def test_a_message_is_as_bad_as_the_worst_of_its_links() -> None:
    result = run("message", "--json", f"see {GOOD} and {BAD}, or tg://resolve?domain=x")
    (found,) = rows(result)
    assert result.exit_code == 4
    assert [each["input"] for each in found["links"]] == [BAD, GOOD]
    assert found["links"][0].keys() == KEYS
    assert found["verdict"] == "malicious"
    assert found["score"] == found["links"][0]["score"] == max(each["score"] for each in found["links"])


def test_worst_is_what_is_likeliest_and_a_messages_score_the_highest(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {
        "likeliest.example": {"probability": 0.9, "log_odds": 2.2, "score": 4.0},
        "highest.example": {"probability": 0.8, "log_odds": 1.4, "score": 9.0},
    }
    real = Judge.judge
    monkeypatch.setattr(
        Judge, "judge", lambda *by: msgspec.structs.replace(real(*by), level=Level.SUSPICIOUS, **numbers[by[1].host])
    )
    monkeypatch.setattr(Judge, "in_situation", lambda _judge, verdict, *_: verdict)
    (found,) = rows(run("message", "--json", "see https://highest.example/x and https://likeliest.example/x"))
    assert [each["host"] for each in found["links"]] == ["likeliest.example", "highest.example"]
    assert (found["probability"], found["score"]) == (0.9, 9.0)


def test_a_message_without_a_link_has_no_verdict_and_no_fault() -> None:
    result = run("message", "--json", "hello")
    assert result.exit_code == 0
    assert rows(result) == [{"verdict": None, "probability": None, "score": None, "links": []}]


def test_each_line_can_be_a_message() -> None:
    lines = f"hello\nsee {GOOD}\n{BAD}\n"
    assert [each["verdict"] for each in rows(run("message", "--lines", "--json", "-", stdin=lines))] == [
        None,
        "benign",
        "malicious",
    ]
    (whole,) = rows(run("message", "--json", "--no-feeds", "-", stdin=lines))
    assert len(whole["links"]) == 2
    assert run("message", "--lines", "hello").exit_code == 2


def test_a_message_for_people_is_a_row_for_each_link() -> None:
    bad, good = run("message", f"see {GOOD} and {BAD}").stdout.splitlines()
    assert bad.startswith("malicious\t")
    assert good.startswith("benign\t")


def test_sources_say_who_listed_it() -> None:
    (found,) = rows(run("check", "--json", "https://listed.example/"))
    assert found["sources"] == [{"source": "lists", "version": "test", "listed": ["alpha"]}]


def test_files_and_standard_input_have_one_link_a_line_and_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_bytes(f"{GOOD}\r\n\n\xff\xfe not text\n{BAD}".encode("latin-1"))
    found = rows(run("check", "--json", str(file), "-", stdin=f"{GOOD}\n"))
    assert [each["verdict"] for each in found] == ["benign", "unknown", "unknown", "malicious", "benign"]


def test_a_wrapped_link_is_judged_by_what_it_wraps() -> None:
    (found,) = rows(run("check", "--json", f"https://www.google.com/url?q={BAD}"))
    assert found["host"] == "paypa1-login.pages.dev"
    assert found["wrapper"].startswith("https://www.google.com/url")


def test_without_a_terminal_a_row_is_tab_separated_and_nothing_can_be_tapped() -> None:
    result = run("check", BAD, "\x1b[31mred", GOOD)
    bad, odd, good = result.stdout.splitlines()
    assert bad.split("\t")[:3] == ["malicious", ">99 %", "hxxps://paypa1-login[.]pages[.]dev/verify"]
    assert "\x1b" not in odd
    assert good.startswith("benign\t")


def test_at_a_terminal_columns_are_coloured_and_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [cli_report.result(cli_report.desk(None, "en"), text) for text in (BAD, "what is this")]
    cli_scan._draw(found, 100)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(len(line) <= 100 for line in lines)  # click drops colours where there is no terminal
    assert "hxxps://" in lines[0]


def test_progress_is_told_on_stderr_to_people_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(cli_scan._told(["a", "b"])) == ["a", "b"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    said: list[str] = []
    monkeypatch.setattr("click.echo", lambda text, **_: said.append(text))
    many = [str(number) for number in range(cli_scan.TOLD_EVERY + 1)]
    assert list(cli_scan._told(many)) == many
    assert said == ["\r1,000 links", "\r1,001 links"]


def test_sentences_come_in_the_language_asked_for() -> None:
    (found,) = rows(run("check", "--json", "--language", "de", BAD))
    assert any("gehört nicht zu PayPal" in reason for reason in found["reasons"])


def test_imported_feeds_are_used_where_the_settings_name_a_folder(opened: list[Path | None], tmp_path: Path) -> None:
    run("check", GOOD, obj=SimpleNamespace(data=tmp_path))
    run("check", GOOD)
    assert opened == [tmp_path / "scanner" / "feeds.snap", None]


def test_the_links_of_a_text_are_listed_with_place_and_site() -> None:
    text = "see hxxps://evil[.]example/x and tg://resolve?domain=a"
    web, app = rows(run("links", "--json", text))
    assert (web["kind"], web["url"], web["site"]) == ("web", "https://evil.example/x", "evil.example")
    assert text[web["start"] : web["end"]] == web["raw"]
    assert "defanged" in web["tricks"]
    assert app["kind"] == "other"


def test_links_can_come_from_standard_input() -> None:
    result = run("links", "-", stdin="look: example.org/a\n")
    assert result.stdout == "6-19\tweb\texample.org\thttp://example.org/a\n"
    assert result.exit_code == 0


def test_an_explanation_shows_everything_behind_a_verdict() -> None:
    result = run("explain", BAD)
    assert result.exit_code == 0
    versions = ("Lists: test (1 d)", f"Model: {shipped().version} (")
    for expected in ("PayPal", "brand_lookalike", "hosting", "Thresholds", "0.8", "Not asked", *versions):
        assert expected in result.stdout
    assert "paypa1-login.pages.dev" not in result.stdout


def test_the_score_is_the_same_wherever_it_is_shown() -> None:
    (found,) = rows(run("check", "--json", BAD))
    assert f"Score: {found['score']:+.2f}" in run("explain", BAD).stdout


def test_an_explanation_of_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_report, "SnapshotLists", lambda *_: FakeLists(age_days=None))
    result = run("explain", "tg://resolve?domain=a")
    assert "nothing stood out" in result.stdout
    assert "Lists: none" in result.stdout


def test_the_clock_of_the_command_runs() -> None:
    clock = cli_report.SystemClock()
    assert clock.now() > 1_700_000_000_000
    assert clock.monotonic() <= clock.monotonic()


async def test_and_can_wait() -> None:
    await cli_report.SystemClock().sleep(0)
