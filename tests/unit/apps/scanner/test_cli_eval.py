from __future__ import annotations

import contextlib
import gzip
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.evaluations import BAD, GOOD, NOW, DatedLists, explainer, words
from tests.support.evidence import judge

from whinchat.apps.scanner import cli_eval, cli_report
from whinchat.apps.scanner.evaluation.report import SCHEMA
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.core.errors import Refused
from whinchat.core.ports import Database, Sealer
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

TABLE = f"label\turl\tsource\n1\t{BAD}\tfeed\n0\t{GOOD}\tforum\n0\thttps://other.example/\tforum\n"
QUICK = ("--bootstrap", "5")


class Given:
    """What the command line gives: an empty database of its own."""

    data = None

    @contextlib.asynccontextmanager
    async def open_data(self) -> AsyncIterator[tuple[Database, Sealer]]:
        yield MemoryDatabase(MIGRATIONS), PlainSealer()


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists by hand and data that is loaded already."""

    def open_desk(given: object, language: str) -> cli_report.Desk:
        lists: Any = DatedLists()
        return cli_report.Desk(judge(), lists, words(), explainer(), language, NOW)

    monkeypatch.setattr(cli_report, "desk", open_desk)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.tsv"
    path.write_text(TABLE)
    return path


def run(*arguments: object, stdin: bytes | str = "") -> Result:
    return CliRunner().invoke(cli_eval.evaluate_, [*map(str, arguments), *QUICK], input=stdin, obj=Given())


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(result: Result) -> str:
    assert isinstance(result.exception, Refused), result.output
    return str(result.exception)


def test_a_table_becomes_a_report_to_read(table: Path) -> None:
    result = run(table)
    assert result.exit_code == 0
    assert result.stdout.startswith("It warned of 100.0 %")
    assert result.stderr == ""


def test_json_is_one_document(table: Path) -> None:
    found = document(run(table, "--json", "--seed", 3, "--prior", 0.5, "--without", "rules"))
    assert found["schema"] == SCHEMA
    assert found["setup"]["files"] == ["labelled.tsv"]
    assert (found["setup"]["seed"], found["setup"]["without"]) == (3, ["rules"])
    assert [each["prior"] for each in found["calibration"]] == [0.5]
    assert found["counts"]["rows"] == 3


def test_a_page_is_written_beside_what_is_printed(table: Path, tmp_path: Path) -> None:
    result = run(table, "--html", tmp_path / "report.html", "--json")
    assert document(result)["counts"]["rows"] == 3
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "The report is in" in result.stderr


def test_several_files_and_standard_input_are_one_table(table: Path, tmp_path: Path) -> None:
    (tmp_path / "more.tsv.gz").write_bytes(gzip.compress(b"label\ttext\n1\tpay at evil.example\n"))
    found = document(run(table, tmp_path / "more.tsv.gz", "-", "--json", stdin="label\turl\n0\ta.example\n"))
    assert found["counts"]["rows"] == 5
    assert found["setup"]["files"] == ["labelled.tsv", "more.tsv.gz", "standard input"]


def test_sites_of_another_file_are_left_out(table: Path, tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("label\tnorm_url\n0\tother.example/else\n")
    found = document(run(table, "--unseen", tmp_path / "train.tsv", "--json"))
    assert found["counts"]["rows"] == 2
    assert found["setup"]["unseen"] == "train.tsv"


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(f"label\turl\troom\tlang\n1\t{BAD}\tclub\tde\n0\t{GOOD}\tpub\ten\n")
    groups = document(run(tmp_path / "t.tsv", "--chat", "room", "--group-by", "lang", "--json"))["groups"]
    assert {each["name"] for each in groups if each["by"] == "chat"} == {"club", "pub"}
    assert {each["name"] for each in groups if each["by"] == "group"} == {"de", "en"}


def test_our_own_chats_need_no_file() -> None:
    found = document(run("--mine", "--json"))
    assert found["setup"]["files"] == ["your own chats"]
    assert found["counts"]["rows"] == 0
    assert found["mine"] == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "FILE or --mine"),
        (("--mine", "-"), "FILE or --mine"),
        (("-", "-"), "read once"),
        (("-", "--unseen", "-"), "read once"),
        (("-", "--html", "/nowhere/at/all.html"), "no folder"),
        (("none.tsv",), "none.tsv"),
        (("-", "--without", "luck"), "luck"),
        (("-", "--prior", "1"), "prior"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments: tuple[str, ...], problem: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_a_row_that_makes_no_sense_is_refused_with_its_line() -> None:
    assert "standard input, line 2" in refusal(run("-", stdin="label\turl\n7\ta.example\n"))


def test_a_page_that_cannot_be_written_is_a_refusal(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert "No space left" in refusal(run(table, "--html", table.with_name("report.html")))


def test_progress_is_for_people_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with cli_eval._progress("rows") as told:
        told(1_000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with cli_eval._progress("rows") as told:
        told(999)
        told(1_000)
    assert "1,000 rows" in capsys.readouterr().err


def test_help_teaches_with_examples() -> None:
    output = run("--help").output
    for expected in ("label", "norm_url", "whinchat scan eval labelled.tsv", "--ablations"):
        assert expected in output
