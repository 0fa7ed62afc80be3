from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.messages import said

from whinchat.core.dispatch.arguments import (
    LONGEST_WORD,
    MINUTE,
    Choice,
    Duration,
    Integer,
    Optional,
    Rest,
    Text,
    Url,
    Word,
)
from whinchat.core.dispatch.command import Command, Limit, Where, Who
from whinchat.core.dispatch.help import Guide, reference, refusal
from whinchat.core.dispatch.router import Router
from whinchat.core.formatting.i18n import Words
from whinchat.core.types import ChatKind, Role

HELP = Command("help", args=(Optional(Rest("topic")),), help="app.help")
PING = Command("ping", help="app.ping")
CHECK = Command(
    "check", app="scan", args=(Url("link"),), help="app.check", aliases=("look",), examples=("example.com",)
)
MUTE = Command(
    "mute",
    app="scan",
    args=(Optional(Duration("duration", least=MINUTE)),),
    help="app.mute",
    who=Who.CHAT_ADMIN,
    where=Where.GROUP,
    limit=Limit(times=3, seconds=60),
    examples=("", "2h"),
)
LEVEL = Command("level", app="scan", args=(Choice("level", ("low", "high")),), help="app.level", who=Who.OWNER)
EXPLAIN = Command("explain", app="scan", help="app.explain", needs_reply=True)
PAY = Command(
    "pay", app="purse", args=(Integer("amount", least=1, most=9), Word("to"), Text("payee", at_most=10)), help="app.pay"
)
COMMANDS = (HELP, PING, CHECK, MUTE, LEVEL, EXPLAIN, PAY)


@pytest.fixture
def words(tmp_path: Path) -> Words:
    lines = [f'{command.help.removeprefix("app.")} = "about {command.name}"' for command in COMMANDS]
    (tmp_path / "en.toml").write_text("\n".join(["[app]", *lines]), encoding="utf-8")
    return Words([tmp_path])


@pytest.fixture
def guide(words: Words) -> Guide:
    return Guide(COMMANDS, words, "!")


def test_the_overview_lists_what_this_person_can_use_here(guide: Guide) -> None:
    member = guide.overview("en", Role.MEMBER, ChatKind.GROUP)
    assert member.splitlines() == [
        "*What I can do*",
        "`!help [TOPIC]` – about help",
        "`!ping` – about ping",
        "`!scan help` – check and explain",
        "`!purse help` – pay",
        "Details of a command: `!help purse pay`",
    ]
    assert "check, mute and explain" in guide.overview("en", Role.ADMIN, ChatKind.GROUP)
    assert "mute" not in guide.overview("en", Role.ADMIN, ChatKind.DIRECT)
    assert "check, mute, level and explain" in guide.overview("en", Role.OWNER, ChatKind.GROUP)


def test_the_overview_of_nothing_is_short(words: Words) -> None:
    assert Guide((), words, "!").overview("en", Role.OWNER, ChatKind.GROUP) == "*What I can do*"


@pytest.mark.parametrize("asked", ["scan", "!SCAN", " *Scan* "])
def test_an_application_is_explained_command_by_command(guide: Guide, asked: str) -> None:
    assert guide.topic(asked, "en", Role.MEMBER, ChatKind.GROUP).splitlines() == [
        "*Commands that begin with !scan*",
        "`!scan check LINK` – about check",
        "`!scan explain` – about explain",
        "Details of a command: `!help scan check`",
    ]


def test_an_application_without_anything_for_this_person_has_only_a_title(words: Words) -> None:
    guide = Guide((LEVEL,), words, "!")
    assert guide.topic("scan", "en", Role.MEMBER, ChatKind.GROUP) == "*Commands that begin with !scan*"


@pytest.mark.parametrize("asked", ["scan mute", "!scan mute", "mute", "Scan  MUTE"])
def test_a_command_is_explained_whole(guide: Guide, asked: str) -> None:
    assert guide.topic(asked, "en", Role.MEMBER, ChatKind.DIRECT).splitlines() == [
        "`!scan mute [DURATION]`",
        "about mute",
        "Only admins of this group can use this command.",
        "This command works in groups only.",
        "At most 3 times per person (every 1 minute).",
        "Examples:",
        "`!scan mute`",
        "`!scan mute 2h`",
    ]


def test_a_command_tells_its_other_names_and_that_it_is_a_reply(guide: Guide) -> None:
    assert "Also: `!scan look`" in guide.topic("look", "en", Role.MEMBER, ChatKind.GROUP)
    assert "as a reply to the message" in guide.topic("explain", "en", Role.MEMBER, ChatKind.GROUP)


def test_an_unknown_topic_is_said_back_harmlessly_with_the_nearest_one(guide: Guide) -> None:
    assert guide.topic("chekc", "en", Role.MEMBER, ChatKind.GROUP).splitlines() == [
        "There is no help on “chekc”.",
        "Did you mean `!help check`?",
        "All commands: `!help`",
    ]
    strange = guide.topic("https://evil.com/*x* " + "y" * 100, "en", Role.MEMBER, ChatKind.GROUP)
    assert strange.splitlines()[0] == "There is no help on “hxxps://evil[.]com/∗x∗ yyyyyyyyyyyyyyyy…”."
    assert "mean" not in strange


def refused(words: Words, text: str) -> list[str]:
    route = Router(COMMANDS).route(said(text))
    assert route is not None
    return refusal(route, words, "en", "!").splitlines()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("!scan check", ["LINK is missing.", "Usage: `!scan check LINK`", "Example: `!scan check example.com`"]),
        (
            "!scan mute soon",
            [
                "“soon” is not a length of time. Write it like 30m, 2h, 1d or 1w.",
                "Usage: `!scan mute [DURATION]`",
                "Example: `!scan mute 2h`",
            ],
        ),
        (
            "!scan mute 1s",
            ["DURATION must be from 1m to 52w.", "Usage: `!scan mute [DURATION]`", "Example: `!scan mute 2h`"],
        ),
        (
            "!scan level hihg",
            ["“hihg” is not one of these: low, high.", "Did you mean `high`?", "Usage: `!scan level low|high`"],
        ),
        (
            "!scan chekc",
            ["There is no command “scan chekc”.", "Did you mean `!scan check`?", "All commands: `!scan help`"],
        ),
        ("!scan qqq", ["There is no command “scan qqq”.", "All commands: `!scan help`"]),
        ("!scan explain", ["Send this command as a reply to the message it is about."]),
        ("!ping evil.com", ["I do not know what to do with “evil[.]com”.", "Usage: `!ping`"]),
        ("!purse pay x", ["“x” is not a whole number from 1 to 9.", "Usage: `!purse pay AMOUNT to PAYEE`"]),
        ("!purse pay 3 at", ["I expected “to” instead of “at”.", "Usage: `!purse pay AMOUNT to PAYEE`"]),
        ('!purse pay 3 to "a', ["A closing quotation mark is missing.", "Usage: `!purse pay AMOUNT to PAYEE`"]),
        (
            "!purse pay 3 to " + "a" * 20,
            ["PAYEE is too long: at most 10 characters.", "Usage: `!purse pay AMOUNT to PAYEE`"],
        ),
        ("!ping " + "a" * 5000, ["The command is too long: at most 4096 characters.", "Usage: `!ping`"]),
    ],
)
def test_a_refusal_says_what_was_wrong_and_how_it_goes(words: Words, text: str, lines: list[str]) -> None:
    assert refused(words, text) == lines


def test_a_refusal_stays_short_whatever_was_typed(words: Words) -> None:
    (first, *_) = refused(words, f"!scan {'c' * 3000}")
    assert len(first) < LONGEST_WORD + 40


def test_nothing_wrong_cannot_be_refused(words: Words) -> None:
    route = Router(COMMANDS).route(said("!ping"))
    assert route is not None
    with pytest.raises(TypeError):
        refusal(route, words, "en", "!")


def test_the_reference_is_a_table_for_the_bot_and_each_application(words: Words) -> None:
    page = reference(COMMANDS, words, "en")
    assert page.startswith("# Commands\n\nIn groups, commands begin with `!`")
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## The bot itself",
        "## `!scan`",
        "## `!purse`",
    ]
    assert (
        "| `!scan check LINK`, also `!scan look` | anyone | anywhere | about check | `!scan check example.com` |  |"
        in page
    )
    assert (
        "| `!scan mute [DURATION]` | admins | groups | about mute | `!scan mute`<br>`!scan mute 2h` "
        "| 3 in 1 minute per person |" in page
    )
    assert "| `!scan level low\\|high` | owner of the bot | anywhere |" in page
    assert "| anyone | anywhere, as a reply to a message |" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}


def test_the_reference_leaves_out_what_is_not_there(words: Words) -> None:
    assert "The bot itself" not in reference((PAY,), words, "en")
