from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.messages import said

from whinchat.core.dispatch.arguments import Optional, Problem, Rest, Url, UsageProblem
from whinchat.core.dispatch.command import Arguments, Command
from whinchat.core.dispatch.router import Router
from whinchat.core.types import ChatKind

LINK = Url("link")
TOPIC = Optional(Rest("topic"))
CHECK = Command("check", app="scan", args=(LINK,), aliases=("look",))
EXPLAIN = Command("explain", app="scan", needs_reply=True)
HELP = Command("help", args=(TOPIC,))
PING = Command("ping")
COMMANDS = (HELP, PING, CHECK, EXPLAIN)
ROUTER = Router(COMMANDS, names=("Whinchat", "Link Guard"))


def link_of(text: str, kind: ChatKind = ChatKind.GROUP, *, mentions_me: bool = False) -> str:
    route = ROUTER.route(said(text, kind, mentions_me=mentions_me))
    assert route is not None
    assert route.command is CHECK
    assert isinstance(route.parsed, Arguments)
    return route.parsed[LINK]


@pytest.mark.parametrize(
    "text",
    [
        "!scan check x.example",
        "  !Scan CHECK x.example ",
        "! scan check x.example",
        "！ｓｃａｎ check x.example",
        "\u200f!scan\u00a0check\u200b x.example",
        "*!scan check x.example*",
        "_*!scan check* x.example_",
        "!*scan* _check_: x.example",
        "!scan\ncheck\nx.example",
        "!scan look x.example",
    ],
)
def test_in_a_group_the_prefix_makes_a_command(text: str) -> None:
    assert link_of(text) == "x.example"


@pytest.mark.parametrize(
    "text",
    [
        "@15550100 scan check x.example",
        "@15550100 !scan check x.example",
        "@15550100 @15550101 scan check x.example",
        "@Link Guard scan check x.example",
        " \u200e@whinchat scan check x.example",
    ],
)
def test_in_a_group_a_mention_makes_a_command(text: str) -> None:
    assert link_of(text, mentions_me=True) == "x.example"
    assert ROUTER.route(said(text)) is None


@pytest.mark.parametrize("text", ["scan check x.example", "Scan check x.example", "!scan check x.example", "@bot"])
def test_in_a_direct_chat_the_bare_words_do(text: str) -> None:
    if text == "@bot":
        assert ROUTER.route(said(text, ChatKind.DIRECT, mentions_me=True)) is None
    else:
        assert link_of(text, ChatKind.DIRECT) == "x.example"


@pytest.mark.parametrize(
    "text", ["", "!", "hello", "!hello", "!!help", ".help", "!help" * 50, "scan check x", "help", "@", "@ help"]
)
def test_other_talk_in_a_group_is_none_of_our_business(text: str) -> None:
    assert ROUTER.route(said(text)) is None


@pytest.mark.parametrize("text", ["", "hello", "@", "scanning", "!music play"])
def test_a_bare_word_that_is_no_command_is_no_command(text: str) -> None:
    assert ROUTER.route(said(text, ChatKind.DIRECT)) is None
    assert ROUTER.route(said(f"@1 {text}", mentions_me=True)) is None


def test_in_a_channel_nothing_but_the_prefix_counts() -> None:
    assert ROUTER.route(said("ping", ChatKind.CHANNEL)) is None
    assert ROUTER.route(said("!ping", ChatKind.CHANNEL)) is not None


@pytest.mark.parametrize(
    ("text", "topic"), [("!scan", "scan"), ("!scan help", "scan"), ("!scan help check", "scan check"), ("!help", None)]
)
def test_an_application_alone_asks_for_help(text: str, topic: str | None) -> None:
    route = ROUTER.route(said(text))
    assert route is not None
    assert route.command is HELP
    assert isinstance(route.parsed, Arguments)
    assert route.parsed[TOPIC] == topic


def test_an_application_may_bring_its_own_help() -> None:
    own = Command("help", app="scan")
    route = Router((*COMMANDS, own)).route(said("!scan"))
    assert route is not None
    assert route.command is own


def test_an_unknown_subcommand_is_ours_and_the_nearest_is_offered() -> None:
    route = ROUTER.route(said("!scan chekc x.example"))
    assert route is not None
    assert (route.app, route.name, route.command) == ("scan", "scan", None)
    assert route.parsed == UsageProblem(None, Problem.UNKNOWN, {"given": "scan chekc"}, "check")


def test_the_bots_own_commands_are_found_behind_an_applications_word_too() -> None:
    route = ROUTER.route(said("!scan ping", ChatKind.GROUP))
    assert route is not None
    assert (route.app, route.command) == ("", PING)


def test_without_any_help_an_application_alone_is_an_unknown_command() -> None:
    route = Router((CHECK,)).route(said("!scan"))
    assert route is not None
    assert isinstance(route.parsed, UsageProblem)


def test_a_command_about_a_message_is_given_by_replying_to_it() -> None:
    alone, reply = ROUTER.route(said("!scan explain")), ROUTER.route(said("!scan explain", answers="look"))
    assert alone is not None
    assert reply is not None
    assert isinstance(alone.parsed, UsageProblem)
    assert isinstance(reply.parsed, Arguments)
    assert reply.name == "scan explain"


def test_formatting_inside_the_arguments_stays() -> None:
    assert link_of("!scan check *.example*") == "*.example*"


def test_a_prefix_may_be_a_word_or_a_character_of_formatting() -> None:
    assert Router(COMMANDS, prefix="/wb ").route(said("/wb ping")) is not None
    assert Router(COMMANDS, prefix="~").route(said("~ping")) is not None


@pytest.mark.parametrize("clash", [Command("ping"), Command("pong", aliases=("help",)), Command("scan")])
def test_two_commands_cannot_share_a_word(clash: Command) -> None:
    with pytest.raises(ValueError, match="command"):
        Router((*COMMANDS, clash))


@given(
    st.sampled_from(["", "!", "!scan ", "@1 ", "!scan check ", "*!help"]),
    st.text(max_size=100),
    st.sampled_from(ChatKind),
    st.booleans(),
)
def test_any_message_is_routed_without_an_error(head: str, text: str, kind: ChatKind, mentions_me: bool) -> None:
    route = ROUTER.route(said(head + text, kind, mentions_me=mentions_me))
    assert route is None or route.command in COMMANDS or isinstance(route.parsed, UsageProblem)
