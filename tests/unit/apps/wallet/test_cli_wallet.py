"""`whinchat wallet parse`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from whinchat.apps.wallet.cli_wallet import wallet


def run(*arguments: str, stdin: bytes | None = None) -> str:
    done = CliRunner().invoke(wallet, ["parse", *arguments], input=stdin, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def parsed(*arguments: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("--json", *arguments))
    return result


def test_a_command_is_shown_in_canonical_form_with_its_arguments() -> None:
    shown = run("could you send $2.50 to Bob for coffee?")
    assert shown.splitlines()[0] == "send 2.50 to bob for coffee"
    assert '  amount: {"currency": "USD", "minor": 250}' in shown.splitlines()
    assert "  memo: coffee" in shown.splitlines()


def test_json_has_everything() -> None:
    assert parsed("bob owes me 10") == {
        "input": "bob owes me 10",
        "becomes": "command",
        "command": "request",
        "canonical": "request 10 from bob",
        "arguments": {"amount": {"currency": "USD", "minor": 1000}, "payee": {"kind": "name", "text": "bob"}},
    }


def test_questions_refusals_and_nothing_are_told_apart() -> None:
    assert parsed("send 1.000 to bob")["becomes"] == "question"
    assert parsed("send 0 to bob")["becomes"] == "refusal"
    assert parsed("nice weather")["becomes"] == "nothing"
    assert run("nice weather") == "nothing\n"
    assert run("send 0 to bob") == "refusal (send): The amount is zero.\n"
    assert run("save carla's number +50688887777").startswith("question: Which one do you mean")
    assert run("log out").splitlines()[-1] == "  meant: unlink"


def test_in_a_group_only_tips_are_carried_out() -> None:
    assert parsed("--group", "tip @bob 5")["becomes"] == "command"
    assert parsed("--group", "hello")["becomes"] == "nothing"
    refused = parsed("--group", "send 5 to bob")
    assert (refused["becomes"], refused["problem"]) == ("refusal", "core.access.only_direct")
    assert parsed("--group", "tip bob")["becomes"] == "question"


def test_every_line_of_standard_input_is_a_text_of_its_own() -> None:
    lines = run("-", stdin=b"yes\nsend 1 to bob\r\n\xff\xfe\n").splitlines()
    assert [json.loads(line)["becomes"] for line in lines] == ["command", "command", "nothing"]


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    done = CliRunner().invoke(wallet, ["parse", "--language", "xx", "yes"])
    assert done.exit_code == 2
    assert "en" in done.output


@pytest.mark.parametrize("argument", ["\udcff", "send \udcff to bob"])
def test_bytes_that_are_no_text_are_shown_as_such(argument: str) -> None:
    assert "?" in json.loads(run("--json", argument))["input"]
