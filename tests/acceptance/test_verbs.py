"""Every verb teaches, refuses what is wrong with the way out, and never shows where in the code it happened."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.support.running import Printed, verb

from whinchat.cli.main import VERBS, build

BAD = "https://paypa1-login.pages.dev/verify"
GOOD = "https://en.wikipedia.org/wiki/Rain"


def _below(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _below(inner, (*path, name))


PATHS = list(_below(build(VERBS), ()))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder; the settings point into it."""
    return tmp_path


def whinchat(here: Path, *arguments: str) -> Printed:
    environment = {"XDG_CONFIG_HOME": str(here / "config"), "COLUMNS": "80"}
    return verb(*arguments, folder=here, environment=environment)


# --- help --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "whinchat")
def test_help_teaches(here: Path, path: tuple[str, ...]) -> None:
    printed = whinchat(here, *path, "--help")
    assert printed.code == 0
    assert printed.err == ""
    assert re.search(r"^ +Examples?:$", printed.out, re.MULTILINE), "an example says more than a description"
    assert max(map(len, printed.out.splitlines())) <= 100
    assert printed.out == whinchat(here, *path, "-h").out


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "whinchat")
def test_examples_name_verbs_and_options_that_there_are(here: Path, path: tuple[str, ...]) -> None:
    known = {" ".join(each) for each in PATHS}
    for line in whinchat(here, *path, "--help").out.partition("Example")[2].partition("Options:")[0].splitlines():
        for example in re.findall(r"\bwhinchat ((?:--?[a-z]\S* \S+ )?(?:[a-z][a-z-]* ?){1,2})([^|>]*)", line):
            words = re.sub(r"^--\S+ \S+ ", "", example[0]).split()
            assert " ".join(words) in known or words[0] in known, line
            verb_of = words if " ".join(words) in known else words[:1]
            for option in re.findall(r"(?<!\S)--[a-z-]+", example[1]):
                assert option in whinchat(here, *verb_of, "--help").out, line


def test_the_version_is_told(here: Path) -> None:
    assert whinchat(here, "--version").out.startswith("whinchat ")


# --- mistakes ----------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[list[str], str]] = {
    "an unknown verb": (["rum"], "Did you mean"),
    "an unknown verb of a group": (["db", "backups"], "No such command"),
    "an unknown option": (["run", "--prot", "1"], "No such option"),
    "too many arguments": (["run", "now"], "unexpected extra argument"),
    "no settings file": (["--config", "missing.toml", "run"], "there is no such file"),
    "a folder as settings file": (["--config", ".", "run"], "is a directory"),
    "a port that is none": (["demo", "--port", "65536"], "not in the range"),
    "a port of letters": (["demo", "--port", "http"], "not a valid integer"),
    "scan without a link": (["scan", "check"], "Missing argument"),
    "scan explain without a link": (["scan", "explain"], "Missing argument"),
    "scan explain of nonsense": (["scan", "explain", "nonsense"], "cannot be read as a link"),
    "scan explain of nothing": (["scan", "explain", ""], "cannot be read as a link"),
    "scan links without a text": (["scan", "links"], "Missing argument"),
    "scan in no language": (["scan", "check", "--languages", "en", GOOD], "No such option"),
    "feeds import without anything": (["feeds", "import"], "Missing argument"),
    "feeds import without a file": (["feeds", "import", "mylist"], "Missing argument"),
    "feeds import of no file": (["feeds", "import", "mylist", "missing.txt"], "does not exist"),
    "feeds import of a folder": (["feeds", "import", "mylist", "."], "is a directory"),
    "feeds import under a bad name": (["feeds", "import", "My List!", "page.html"], "cannot be a feed's name"),
    "feeds import of a web page": (["feeds", "import", "mylist", "page.html"], "hint:"),
    "feeds import of nothing": (["feeds", "import", "mylist", "empty"], "hint:"),
    "feeds import of noise": (["feeds", "import", "mylist", "noise"], "hint:"),
    "feeds import in no format": (["feeds", "import", "mylist", "page.html", "--format", "xml"], "is not one of"),
    "feeds import of a missing column": (
        ["feeds", "import", "mylist", "table.csv", "--format", "csv", "--column", "none"],
        "hint:",
    ),
    "feeds list of no feed": (["feeds", "list", "mylist"], "there is no feed"),
    "feeds remove of no feed": (["feeds", "remove", "mylist"], "hint:"),
    "db check of nothing": (["db", "check"], "there is no database"),
    "db backup of nothing": (["db", "backup"], "hint:"),
    "db restore without a file": (["db", "restore"], "Missing argument"),
    "db restore of no file": (["db", "restore", "missing.db"], "hint:"),
    "db restore of a web page": (["db", "restore", "page.html"], "hint:"),
    "keys status without keys": (["keys", "status"], "is missing"),
    "keys rotate without keys": (["keys", "rotate"], "is missing"),
    "keys export without keys": (["keys", "export", "out.json", "--passphrase-file", "words"], "is missing"),
    "keys import of no file": (["keys", "import", "missing.json", "--passphrase-file", "words"], "cannot be read"),
    "keys import of a web page": (["keys", "import", "page.html", "--passphrase-file", "words"], "hint:"),
    "keys import with a short passphrase": (["keys", "import", "page.html", "--passphrase-file", "empty"], "shorter"),
    "trace without a database": (["trace"], "there is no database"),
    "trace of nothing": (["trace", "12"], "there is no database"),
    "trace retry of nothing": (["trace", "--retry"], "needs the ID"),
    "trace of too many": (["trace", "--last", "100000"], "not in the range"),
    "jobs without a database": (["jobs", "status"], "there is no database"),
    "jobs retry of letters": (["jobs", "retry", "first"], "not a valid integer"),
    "jobs retry without an id": (["jobs", "retry"], "Missing argument"),
    "config show of something": (["config", "show", "storage"], "unexpected extra argument"),
    "simulator with two tokens": (["simulator", "--token", "a", "--token-file", "b"], "--token or --token-file"),
    "simulator with no script": (["simulator", "--script", "missing.toml"], "hint:"),
    "simulator with a script of nonsense": (["simulator", "--script", "page.html"], "hint:"),
    "simulator with an empty token file": (["simulator", "--token-file", "empty"], "is empty"),
    "play without a world": (["play", "page.html"], "Missing option"),
    "play of no file": (["play", "missing.tsv", "--world", "http://127.0.0.1:9", "--token", "x"], "missing.tsv"),
    "play into no world": (["play", "messages.jsonl", "--world", "http://127.0.0.1:9", "--token", "x"], "hint:"),
    "a name of 5,000 letters": (["db", "backup", "a" * 5_000], ""),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_explained(here: Path, name: str) -> None:
    (here / "page.html").write_text("<!doctype html><html><body>Not found</body></html>\n" * 20, encoding="utf-8")
    (here / "table.csv").write_text("url,date\nhttps://evil.example.com/a,2026-01-01\n", encoding="utf-8")
    (here / "messages.jsonl").write_text('{"text": "hello"}\n', encoding="utf-8")
    (here / "words").write_text("correct horse battery staple\n", encoding="utf-8")
    (here / "empty").write_bytes(b"")
    (here / "noise").write_bytes(bytes(range(256)) * 64)
    arguments, expected = MISTAKES[name]
    printed = whinchat(here, *arguments)
    assert printed.code == 2, printed
    assert printed.out == ""
    assert expected in printed.err
    assert re.search(r"^(error: |Error: |  hint: )", printed.err, re.MULTILINE), printed.err
    assert "Traceback" not in printed.err
    assert "fault of the program" not in printed.err


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "whinchat")
def test_an_option_that_there_is_not_is_wrong_usage_everywhere(here: Path, path: tuple[str, ...]) -> None:
    printed = whinchat(here, *path, "--no-such-option")
    assert printed.code == 2
    assert "No such option" in printed.err


def test_where_it_comes_from_is_shown_on_request_only(here: Path) -> None:
    assert "Traceback" not in whinchat(here, "db", "check").err
    assert "Traceback" in whinchat(here, "--debug", "db", "check").err


# --- scan --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("links", "code"),
    [([GOOD], 0), (["https://bit.ly/3xyz"], 1), (["nonsense"], 1), ([BAD], 4), ([GOOD, BAD, "nonsense"], 4)],
    ids=["benign", "unknown", "no link", "malicious", "the worst"],
)
def test_the_exit_code_of_scan_check_is_the_worst_verdict(here: Path, links: list[str], code: int) -> None:
    printed = whinchat(here, "scan", "check", *links)
    assert printed.code == code
    assert len(printed.out.splitlines()) == len(links)


def test_scan_check_gives_a_line_for_every_input(here: Path) -> None:
    (here / "links.txt").write_text(f"{GOOD}\n{BAD}\n\nnonsense\n", encoding="utf-8")
    plain = whinchat(here, "scan", "check", "links.txt").out.splitlines()
    lines = [json.loads(line) for line in whinchat(here, "scan", "check", "--json", "links.txt").out.splitlines()]
    assert [line["input"] for line in lines] == [GOOD, BAD, "", "nonsense"]
    assert [line.split("\t")[0] for line in plain] == [line["verdict"] for line in lines]
    assert all({"input", "url", "verdict", "probability", "reasons", "evidence"} <= line.keys() for line in lines)
    assert (lines[0]["verdict"], lines[1]["verdict"]) == ("benign", "malicious")
    assert "paypa1-login.pages.dev" not in plain[1], "nobody should tap or click it by accident"
    assert "PayPal" in " ".join(lines[1]["reasons"])


def test_scan_links_and_explain(here: Path) -> None:
    (line,) = whinchat(here, "scan", "links", "--json", f"see {BAD}!").out.splitlines()
    link = json.loads(line)
    assert (link["url"], link["start"]) == (BAD, 4)
    explained = whinchat(here, "scan", "explain", BAD)
    assert explained.code == 0
    assert "PayPal" in explained.out


# --- pipes -------------------------------------------------------------------------------------------------------


def _shell(here: Path, line: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "W": f"{sys.executable} -m whinchat"}
    return subprocess.run(
        ["sh", "-c", line], cwd=here, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_links_come_through_a_pipe(here: Path) -> None:
    done = _shell(here, f"printf '%s\\n' {GOOD} {BAD} | $W scan check --json - | wc -l")
    assert (done.stdout.strip(), done.stderr) == ("2", "")
    assert _shell(here, f"echo {BAD} | $W scan check -").returncode == 4


def test_a_reader_that_has_seen_enough_ends_it_quietly(here: Path) -> None:
    (here / "links.txt").write_text(f"{GOOD}\n" * 20_000, encoding="utf-8")
    done = _shell(here, "$W scan check --json links.txt | head -n 1")
    assert json.loads(done.stdout)["input"] == GOOD
    assert done.stderr == ""
    assert _shell(here, "$W config show | head -n 1").stderr == ""


def test_bytes_that_are_no_text_are_judged_calmly(here: Path) -> None:
    (here / "noise").write_bytes(bytes(range(256)) * 8 + b"\nhttps://\xff\xfe.example\n\xed\xa0\x80\n\0\n")
    done = _shell(here, "$W scan check --json noise; $W scan links \"$(printf 'a\\377b.com \\355\\240\\200')\"")
    assert "Traceback" not in done.stderr
    assert all(json.loads(line)["verdict"] for line in done.stdout.splitlines() if line.startswith("{"))
