"""Who sees what: commands, answers to questions, and everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.echo import Faults, NoSettings, echo
from tests.support.invocations import invocation

from whinchat.core.app import App, AppContext, AppSpec, Subscription
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.router import Router
from whinchat.core.engine import Accounts
from whinchat.core.errors import TransportError
from whinchat.core.events import Fact
from whinchat.core.pipeline import Handlers, Pipeline
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef, Content, Event, LinkPreview, Media, MediaKind, MessageReceived
from whinchat.testing.harness import BotHarness, running

OPEN = ChatRef("open@g", ChatKind.GROUP)
CLOSED = ChatRef("closed@g", ChatKind.GROUP)
PICTURE = Media(MediaKind.IMAGE, "handle")


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def bot(faults: Faults) -> AsyncIterator[BotHarness]:
    async with running(echo(faults)) as bot:
        yield bot


@pytest.mark.parametrize(
    "text", ["!echo sayy https://evil.example", "!echo admin https://evil.example", "!echo groups and more"]
)
async def test_a_command_that_is_not_carried_out_hides_nothing(bot: BotHarness, faults: Faults, text: str) -> None:
    await bot.group("open", admin="ana", members=["eve"], consent=False)
    await bot.say("eve", OPEN, text)
    assert faults.handled[-1] == text


async def test_a_command_hides_its_text_and_the_card_of_its_link_but_no_picture(
    bot: BotHarness, faults: Faults
) -> None:
    card = LinkPreview(url="https://example.org/")
    await bot.say("eve", OPEN, Content(text="!echo say https://example.org/", preview=card))
    assert faults.handled == []
    await bot.say("eve", OPEN, Content(text="!echo say https://example.org/", preview=card, media=PICTURE))
    assert faults.handled == [""]
    assert bot.texts() == ["https://example.org/", "https://example.org/", "heard "]


async def test_a_command_that_answers_a_message_hides_what_it_quotes(bot: BotHarness, faults: Faults) -> None:
    message = await bot.say("eve", CLOSED, "look")
    await bot.say("ana", OPEN, "!echo say yes", quoted=bot.quoting(message, "look"))
    assert faults.handled == []


async def test_an_edited_command_is_a_message_like_any_other_where_messages_are_read(
    bot: BotHarness, faults: Faults
) -> None:
    for chat in (OPEN, CLOSED):
        command = await bot.say("ana", chat, "!echo say one")
        await bot.edit("ana", command, "!echo say https://evil.example")
    assert faults.handled == ["!echo say https://evil.example"]
    assert await bot.count("events") == 3


async def test_an_answer_that_was_taken_is_no_message_to_its_application(bot: BotHarness, faults: Faults) -> None:
    await bot.say("ana", OPEN, "!echo ask")
    await bot.say("ana", OPEN, Content(media=PICTURE))  # no answer: the question stays open
    await bot.say("bob", OPEN, "not asked")
    await bot.say("ana", OPEN, "green")
    await bot.say("ana", OPEN, "red")
    assert bot.texts() == ["which?", "heard ", "heard not asked", "colour: green", "heard red"]


async def test_a_question_that_nobody_asks_any_more_takes_no_answer(bot: BotHarness, faults: Faults) -> None:
    await bot.say("ana", OPEN, "!echo ask")
    await bot.database.commit(Batch((Statement("UPDATE conversations SET topic = 'gone.app'", {}),)))
    await bot.say("ana", OPEN, "green")
    assert bot.texts() == ["which?", "heard green"]


async def test_a_permission_that_ends_before_the_handling_counts(
    bot: BotHarness, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def admits(_self: object, _event: Event) -> bool:
        nonlocal asked
        asked += 1
        return asked == 1

    monkeypatch.setattr("tests.support.echo.Listen.admits", admits)
    await bot.say("ana", OPEN, "too late")
    assert (asked, faults.handled) == (2, [])
    assert await bot.count("events", "state = 'done'") == 1


async def test_a_command_that_cannot_be_carried_out_must_be_stopped_by_a_middleware(bot: BotHarness) -> None:
    engine = bot.engine
    pipeline = Pipeline(
        Handlers((), (), ()),
        Router([]),
        (),
        inbox=engine.inbox,
        settlement=engine.settlement,
        chats=None,  # type: ignore[arg-type]  # not asked for
        conversations=None,  # type: ignore[arg-type]  # not asked for
        sealer=bot.sealer,
        clock=bot.clock,
        deadline=1,
    )
    with pytest.raises(TypeError):
        await pipeline._call(invocation(None))


async def test_an_account_that_is_not_here_cannot_be_asked() -> None:
    accounts = Accounts([])
    assert accounts.capabilities("gone") is None
    with pytest.raises(TransportError) as refused:
        await accounts.group("gone", OPEN)
    assert refused.value.code == "no_such_account"
    with pytest.raises(TransportError):
        await accounts.download("gone", PICTURE, 1)


@dataclass(frozen=True, slots=True)
class Heard(Fact):
    text: str


class Tell:
    """An observer that tells of what it heard."""

    events = (MessageReceived,)

    async def admits(self, event: Event) -> bool:
        return True

    async def observe(self, context: Context) -> Outcome:
        event = context.event
        return Outcome(facts=(Heard(event.content.text),) if isinstance(event, MessageReceived) else ())


async def test_who_subscribed_to_a_kind_of_fact_is_told() -> None:
    told: list[str] = []

    async def note(fact: Heard) -> None:
        told.append(fact.text)

    def build(_given: AppContext, _settings: NoSettings) -> App:
        return App("tell", observers=(Tell(),), subscriptions=(Subscription(Heard, note),))

    spec = AppSpec(name="tell", settings=NoSettings, build=build, catalogues=Path(__file__).parent)
    async with running(spec) as bot:
        await bot.say("ana", OPEN, "hello")
    assert told == ["hello"]
