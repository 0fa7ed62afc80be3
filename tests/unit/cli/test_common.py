from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from whinchat.cli import common
from whinchat.core.app import AppSpec


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


ROWS = [("evil[.]com", "fail"), ("a\x1b[2Jb\n", "ok")]


def test_a_table_in_a_pipe_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    common.echo_table(("link", "result"), ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "link         result",
        "evil[.]com   fail",
        "a\\x1b[2Jb\\n  ok",
    ]


def test_a_table_at_a_terminal_is_drawn_and_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    common.echo_table(("link", "result"), ROWS)
    shown = terminal.getvalue()
    assert "evil[.]com" in shown
    assert "\x1b[2J" not in shown
    assert "─" in shown


def test_an_empty_table_is_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    common.echo_table(("link", "result"), [])
    assert capsys.readouterr().out == "link  result\n"


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    common.echo_json({"url": "https://é.example", "path": object})
    assert json.loads(capsys.readouterr().out)["url"] == "https://é.example"


def test_progress_is_only_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with common.progress("reading", 10) as advance:
        advance(5)
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with common.progress("reading", 10) as advance:
        advance(10)
    assert "reading" in terminal.getvalue()


def test_the_data_folder_is_known_without_asking_the_applications(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> list[AppSpec[Any]]:
        pytest.fail("the applications were imported")

    monkeypatch.chdir(tmp_path)
    assert common.Invocation(nobody).data == Path("var/data")
    (tmp_path / "whinchat.toml").write_text('[storage]\ndata = "elsewhere"\n', "utf-8")
    assert common.Invocation(nobody).data == Path("elsewhere")


def test_settings_of_an_application_do_not_hide_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "whinchat.toml").write_text(
        '[storage]\ndata = "elsewhere"\n[apps.scanner]\nsightings_days = 7\n', "utf-8"
    )
    assert common.Invocation().data == Path("elsewhere")


@pytest.mark.parametrize("offline", [True, False])
async def test_verbs_may_ask_outside_unless_nothing_may_leave_the_machine(tmp_path: Path, *, offline: bool) -> None:
    (tmp_path / "whinchat.toml").write_text(f"[service]\noffline = {str(offline).lower()}\n")
    given = common.Invocation(apps=lambda: (), config=tmp_path / "whinchat.toml")
    async with given.open_http() as http, given.open_resolver() as resolver:
        assert (http is None, resolver is None) == (offline, offline)
