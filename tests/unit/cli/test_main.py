"""The frame of the command line: verbs, help and what becomes of errors. The verbs here are the tests' own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import click
import pytest

from whinchat import __version__
from whinchat.cli.common import Invocation
from whinchat.cli.main import VERBS, Verb, main
from whinchat.core.errors import Refused

MODULE = "whinchat_test_verbs"


@click.command()
@click.pass_obj
def tell(invocation: Invocation) -> None:
    """Tell what was given."""
    click.echo(f"{invocation.config} {invocation.debug}")


@click.command()
def seven() -> int:
    return 7


@click.command()
@click.argument("how")
def fail(how: str) -> None:
    errors: dict[str, BaseException] = {
        "refused": Refused("the key is missing", hint="Put it back."),
        "hintless": Refused("no"),
        "group": ExceptionGroup("tasks", [ValueError("x"), ExceptionGroup("more", [Refused("inner")])]),
        "fault": ValueError("first \x1b[2J line\nsecond line"),
        "interrupt": KeyboardInterrupt(),
    }
    raise errors[how]


@pytest.fixture
def verbs(monkeypatch: pytest.MonkeyPatch) -> Sequence[Verb]:
    module = ModuleType(MODULE)
    module.__dict__.update(tell=tell, seven=seven, fail=fail)
    monkeypatch.setitem(sys.modules, MODULE, module)
    return [Verb("Tests", name, f"{MODULE}:{name}", f"the verb {name}") for name in ("tell", "seven", "fail")]


def test_a_verb_sees_the_options_before_it(verbs: Sequence[Verb], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "--config", "my.toml", "tell"], verbs=verbs) == 0
    assert capsys.readouterr().out == "my.toml True\n"


def test_a_verbs_number_is_the_exit_code(verbs: Sequence[Verb]) -> None:
    assert main(["seven"], verbs=verbs) == 7


@pytest.mark.parametrize(
    ("how", "code", "told"),
    [
        ("refused", 2, "error: the key is missing\n  hint: Put it back.\n"),
        ("hintless", 2, "error: no\n"),
        ("group", 2, "error: inner\n"),
        ("interrupt", 130, "\n"),
    ],
)
def test_errors_for_people_are_short(
    how: str, code: int, told: str, verbs: Sequence[Verb], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fail", how], verbs=verbs) == code
    assert capsys.readouterr().err == told


def test_a_fault_is_one_line_and_says_how_to_see_more(
    verbs: Sequence[Verb], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fail", "fault"], verbs=verbs) == 70
    told = capsys.readouterr().err
    assert told.startswith("error: ValueError: first \\x1b[2J line\n  hint: ")
    assert "--debug" in told
    assert "Traceback" not in told


def test_debug_shows_where(verbs: Sequence[Verb], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "fail", "fault"], verbs=verbs) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_misspelt_verb_is_suggested(verbs: Sequence[Verb], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sevn"], verbs=verbs) == 2
    assert "'seven'" in capsys.readouterr().err


def test_help_lists_every_verb_without_importing_any(capsys: pytest.CaptureFixture[str]) -> None:
    absent = [Verb("Tests", "absent", "no.such.module:verb", "what it does")]
    assert main(["--help"], verbs=absent) == 0
    shown = capsys.readouterr().out
    assert "Tests:\n  absent  what it does" in shown


def test_help_fits_a_terminal_of_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-h"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(any(line.split()[:1] == [verb.name] for line in lines) for verb in VERBS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"whinchat {__version__}\n"
