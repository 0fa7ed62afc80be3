from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
from tests.support.messages import said

from whinchat.apps.basics.app import APP, BasicsSettings
from whinchat.apps.basics.commands import COMMANDS, Help, Language, Ping
from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import CommandHandler, Outcome
from whinchat.core.dispatch.help import Guide
from whinchat.core.dispatch.roster import Roster
from whinchat.core.dispatch.router import Router
from whinchat.core.errors import TransportError
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch, Row, Value
from whinchat.core.types import ChatKind, ChatRef, Group, Role, SendText, UserRef
from whinchat.testing.clock import FakeClock

WORDS = Words([APP.catalogues])
CLOCK = FakeClock()


class NoDatabase:
    """The basics change things only through their outcome."""

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        raise AssertionError

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        raise AssertionError

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        raise AssertionError

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        raise AssertionError


async def group(account: str, chat: ChatRef) -> Group:
    return Group(chat, "family", (UserRef("ana"), UserRef("bob")), ("ana",))


async def nothing_to_ask(account: str, chat: ChatRef) -> Group:
    raise TransportError("offline")


class Bot:
    """The three commands behind their router, without an engine."""

    def __init__(self, roster: Roster | None = None) -> None:
        roster = roster or Roster(group, CLOCK, owners=["olga"])
        handlers: tuple[CommandHandler, ...] = (
            Help(Guide(COMMANDS, WORDS, "!"), roster),
            Ping(WORDS),
            Language(WORDS, Chats(NoDatabase(), CLOCK, "en"), roster, "!"),
        )
        self._handlers = {handler.spec: handler for handler in handlers}
        self._router = Router(COMMANDS)

    async def hears(
        self, text: str, *, by: str = "bob", kind: ChatKind = ChatKind.GROUP, language: str = "en"
    ) -> Outcome:
        message = said(text, kind, by=by)
        route = self._router.route(message)
        assert route is not None
        assert route.command is not None
        assert not isinstance(route.parsed, UsageProblem)
        call = Call(
            event=message,
            event_id=1,
            chat_key=b"chat",
            user_key=by.encode(),
            now=CLOCK.now(),
            language=language,
            message=message,
            args=route.parsed,
            role=Role.MEMBER,
        )
        return await self._handlers[route.command].handle(call)


@pytest.fixture
def bot() -> Bot:
    return Bot()


def text_of(outcome: Outcome) -> str:
    (reply,) = outcome.replies
    assert isinstance(reply.action, SendText)
    assert reply.action.quote is not None
    return reply.action.text


async def test_ping_is_answered_in_the_language_of_the_chat(bot: Bot) -> None:
    assert text_of(await bot.hears("!ping")) == "I am here."
    assert text_of(await bot.hears("!ping", language="de")) == "Ich bin da."


async def test_help_lists_the_commands(bot: Bot) -> None:
    assert text_of(await bot.hears("!help")).splitlines()[:3] == [
        "*What I can do*",
        "`!help [COMMAND]` – show what I can do, or explain one command",
        "`!ping` – see whether I am awake",
    ]


async def test_help_explains_one_command(bot: Bot) -> None:
    assert text_of(await bot.hears("help language", kind=ChatKind.DIRECT)).startswith("`!language [CODE]`\n")


async def test_help_comes_even_if_nobody_knows_who_is_an_admin() -> None:
    bot = Bot(Roster(nothing_to_ask, CLOCK))
    assert text_of(await bot.hears("!help")).startswith("*What I can do*")


async def test_anybody_may_ask_which_language_is_spoken(bot: Bot) -> None:
    text = text_of(await bot.hears("!language", language="pt-BR"))
    assert text.splitlines()[:2] == [
        "Nesta conversa uso este idioma: Português.",
        "Administradores podem mudá-lo: `!language CODE`",
    ]
    assert "`de` – Deutsch" in text
    assert "`ar` – \u2068العربية\u2069" in text


@pytest.mark.parametrize(("by", "kind"), [("ana", ChatKind.GROUP), ("olga", ChatKind.GROUP), ("bob", ChatKind.DIRECT)])
async def test_an_admin_chooses_the_language_and_is_answered_in_it(bot: Bot, by: str, kind: ChatKind) -> None:
    outcome = await bot.hears("!language DE-at", by=by, kind=kind)
    assert text_of(outcome) == "Ab jetzt spreche ich in diesem Chat Deutsch."
    (change,) = outcome.changes.statements
    assert (change.args["chat"], change.args["language"]) == (b"chat", "de")


async def test_a_member_does_not_choose_the_language(bot: Bot) -> None:
    outcome = await bot.hears("!language de", by="bob")
    assert text_of(outcome) == "Only admins of this group can use this command."
    assert outcome.changes.statements == ()


async def test_a_right_that_cannot_be_checked_is_not_granted() -> None:
    outcome = await Bot(Roster(nothing_to_ask, CLOCK)).hears("!language de", by="ana")
    assert "cannot see right now" in text_of(outcome)
    assert outcome.changes.statements == ()


async def test_an_unknown_language_is_answered_with_the_known_ones(bot: Bot) -> None:
    text = text_of(await bot.hears("!language *evil.com*", by="ana"))
    assert text.startswith("I do not speak “∗evil[.]com∗”.")
    assert "`en` – English" in text


def test_the_application_is_what_it_says() -> None:
    assert APP.commands == COMMANDS
    assert APP.settings is BasicsSettings
    WORDS.require(command.help for command in COMMANDS)
