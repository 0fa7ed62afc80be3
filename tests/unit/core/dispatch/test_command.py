from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.dispatch.arguments import (
    HOUR,
    MINUTE,
    Choice,
    Duration,
    Integer,
    Optional,
    Problem,
    Rest,
    Text,
    Url,
    UsageProblem,
    Word,
)
from whinchat.core.dispatch.command import LONGEST_COMMAND, Arguments, Command, Where, Who
from whinchat.core.types import ChatKind, Role

RULE = Url("rule")
SPAN = Optional(Duration("duration"), after="for")
REASON = Optional(Rest("reason", at_most=100))
ALLOW = Command("allow", app="scan", args=(RULE, SPAN, REASON))

MUTE_SPAN = Optional(Duration("duration"))
NOTE = Optional(Rest("note"))
MUTE = Command("mute", app="scan", args=(MUTE_SPAN,))
REMIND = Command("remind", args=(MUTE_SPAN, NOTE))


def parsed(command: Command, text: str) -> Arguments:
    result = command.parse(text)
    assert isinstance(result, Arguments), result
    return result


def refused(command: Command, text: str) -> UsageProblem:
    result = command.parse(text)
    assert isinstance(result, UsageProblem)
    return result


@pytest.mark.parametrize(
    ("text", "span", "reason"),
    [
        ("example.com", None, None),
        ("example.com for 2h", 2 * HOUR, None),
        ("example.com for 1h 30m our own site", 90 * MINUTE, "our own site"),
        ("example.com our own site", None, "our own site"),
        ("example.com\nfor\u00a02 hours\u3000ours", 2 * HOUR, "ours"),
    ],
)
def test_arguments_are_found_under_the_objects_of_the_grammar(text: str, span: int | None, reason: str | None) -> None:
    args = parsed(ALLOW, text)
    assert (args[RULE], args[SPAN], args[REASON]) == ("example.com", span, reason)


def test_an_argument_of_another_command_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        parsed(MUTE, "2h")[RULE]


def test_a_missing_argument_is_named() -> None:
    assert refused(ALLOW, " \u200b") == UsageProblem("rule", Problem.MISSING, {"argument": "RULE"})


def test_what_is_left_over_is_an_error() -> None:
    assert refused(MUTE, "2h please now").values == {"given": "please now"}


def test_nobody_who_mistypes_a_span_gets_the_default() -> None:
    assert refused(ALLOW, "example.com for 2hrz").problem is Problem.DURATION
    assert refused(MUTE, "2hrz").problem is Problem.DURATION


def test_what_an_optional_argument_cannot_read_belongs_to_the_next_one() -> None:
    args = parsed(REMIND, "2 eggs")
    assert (args[MUTE_SPAN], args[NOTE]) == (None, "2 eggs")


def test_a_command_about_another_message_must_be_a_reply() -> None:
    explain = Command("explain", app="scan", needs_reply=True)
    assert isinstance(explain.parse("", replies=True), Arguments)
    assert refused(explain, "").problem is Problem.NEEDS_REPLY


def test_a_command_as_long_as_a_book_is_not_read() -> None:
    assert refused(ALLOW, "x" * (LONGEST_COMMAND + 1)).problem is Problem.MESSAGE_TOO_LONG


def test_usage_is_drawn_from_the_grammar() -> None:
    assert ALLOW.usage == "scan allow RULE [for DURATION] [REASON]"
    assert REMIND.path == "remind"


def test_who_and_where() -> None:
    assert [Who.CHAT_ADMIN.includes(role) for role in Role] == [False, True, True]
    assert [Who.OWNER.includes(role) for role in Role] == [False, False, True]
    assert all(Who.ANYONE.includes(role) for role in Role)
    assert [kind for kind in ChatKind if Where.GROUP.includes(kind)] == [ChatKind.GROUP]
    assert all(Where.ANYWHERE.includes(kind) for kind in ChatKind)


EVERYTHING = (
    Choice("level", ("local", "full")),
    Integer("number", least=0, most=9),
    Text("name"),
    Word("to"),
    Url("url"),
    Optional(Duration("duration"), after="for"),
    Optional(Choice("mode", ("on", "off"))),
    Optional(Rest("rest", at_most=50)),
)
PIECES = st.sampled_from(
    [
        "local",
        "FULL",
        "3",
        "99",
        '"',
        "“a b”",
        "to",
        "for",
        "2h",
        "2",
        "hours",
        "on",
        "\u200b",
        "\u202e",
        "\x00",
        "\ud800",
        "*",
        "ﷺ" * 9,
    ]
)
HOSTILE = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES, max_size=9).map("".join)
)


@given(HOSTILE, st.integers(0, len(EVERYTHING)))
def test_any_text_is_parsed_or_refused_but_never_raises(text: str, count: int) -> None:
    command = Command("any", args=EVERYTHING[-count:] if count else ())
    result = command.parse(text)
    if isinstance(result, Arguments):
        for arg in command.args:
            assert result[arg] is None or isinstance(result[arg], str | int)
    else:
        assert isinstance(result.problem, Problem)


@given(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20),
    st.integers(1, 59),
    st.text("ab \n", max_size=20),
)
def test_what_was_typed_is_what_is_read(rule: str, minutes: int, reason: str) -> None:
    args = parsed(ALLOW, f"  {rule}\t for {minutes}m  {reason}")
    assert (args[RULE], args[SPAN], args[REASON]) == (rule, minutes * MINUTE, reason.strip() or None)
