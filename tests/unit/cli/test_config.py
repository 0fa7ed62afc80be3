"""`whinchat config` over applications of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from whinchat.cli.main import main
from whinchat.config import example, reference
from whinchat.core.app import App, AppContext, AppSpec


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    level: Annotated[int, Meta(ge=1, le=9, description="How much.")] = 3


def build(_: AppContext, __: Demo) -> App:
    return App("demo")


def apps() -> Sequence[AppSpec[Any]]:
    return (AppSpec("demo", Demo, build, Path("catalogues")),)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def run(*arguments: str) -> int:
    return main(["config", *arguments], apps=apps)


def test_show_tells_values_and_origins(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty_folder / "whinchat.toml").write_text("[apps.demo]\nlevel = 5\n")
    monkeypatch.setenv("WHINCHAT_TRANSPORT__SIMULATOR__TOKEN", "hush")
    assert run("show") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["setting", "value", "from"]
    assert ["apps.demo.level", "5", "file"] in lines
    assert ["transport.simulator.token", "***", "environment"] in lines
    assert ["private.port", "8466", "default"] in lines


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["apps.demo.level"] == {"value": "3", "from": "default"}


def test_show_defaults_works_even_when_the_settings_are_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHINCHAT_LOG__LEVEL", "loud")
    assert run("show", "--defaults") == 0
    assert "a whole number from 1 to 9" in capsys.readouterr().out
    assert run("show") == 2


def test_check_lists_every_mistake(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WHINCHAT_LOG__LEVEL", "loud")
    monkeypatch.setenv("WHINCHAT_APPS__DEMO__LEVEL", "10")
    assert run("check") == 2
    told = capsys.readouterr().err
    assert "error: 2 settings are wrong\n" in told
    assert "apps.demo.level" in told
    assert "log.level" in told


def test_check_says_what_it_has_read(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert "the defaults and the environment" in capsys.readouterr().out
    (empty_folder / "other.toml").write_text("")
    assert main(["--config", "other.toml", "config", "check"], apps=apps) == 0
    assert "other.toml" in capsys.readouterr().out


def test_example_and_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("example") == 0
    assert capsys.readouterr().out == example({"demo": Demo})
    assert run("reference") == 0
    assert capsys.readouterr().out == reference({"demo": Demo})
