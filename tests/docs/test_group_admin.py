"""What the how-to for group admins shows can be written just so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.opinions import EVIL, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.testing.harness import running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/howto/group-admin.md").read_text(encoding="utf-8")
COMMANDS = [
    inline or block
    for inline, block in re.findall(r"`(!(?:scan|language) [^`]+)`|^ {4}(!scan .+)$", PAGE, re.MULTILINE)
]
MISTAKES = re.compile(
    "^(There is no|I cannot|I do not speak|Send this|Who is meant|Which link|Only admins|Usage:)"  # a line begins so
    "|cannot contain|, not “",
    re.MULTILINE,
)


async def answer(command: str) -> str:
    """In a group in which Bob has just posted a dangerous link, and that has a rule."""
    async with running(BASICS, scanner(Opinions())) as bot:
        group = await bot.group("family", admin="ana", members=["bob"], bot_is_admin=True)
        await bot.say("ana", group, "!scan allow first.com")
        bad = await bot.say("bob", group, link(EVIL))
        bot.transport.performed.clear()
        about = bot.quoting(bad, link(EVIL)) if command.endswith(("explain", "report safe")) else None
        await bot.say("ana", group, command, quoted=about, mentions=("bob",) if "@Bob" in command else ())
        (text,) = bot.texts(group)
        return text


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
async def test_a_command_works_as_it_is_shown(command: str) -> None:
    text = await answer(command)
    assert not MISTAKES.search(text), text


@pytest.mark.parametrize(
    "command",
    [
        "!scan blah",
        "!scan mute soon",
        "!scan quiet 99",
        "!scan policy nonsense",
        "!scan policy malicious explode",
        "!scan pardon",
        "!scan explain why",
        "!scan allow ???",
        "!scan check",
        "!scan remove 7",
        "!language xx",
    ],
)
async def test_a_mistake_would_be_noticed(command: str) -> None:
    text = await answer(command)
    assert MISTAKES.search(text), text
