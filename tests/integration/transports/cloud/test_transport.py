"""The Cloud API end to end, with everything going wrong: nothing is lost or doubled, and it says how sure it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.graph.bot import Bot
from tests.support.graph.faults import At, Fault, Kind
from tests.support.graph.graph import TOKEN, Graph
from tests.support.graph.people import Person
from tests.support.graph.rushed import RushedClock
from tests.support.graph.server import graphing
from tests.support.stages import until

from whinchat.core.types import (
    Answer,
    ChatKind,
    ChatRef,
    ConnectionState,
    MessageReceived,
    NoticeKind,
    OnUnknown,
    SendText,
)

DAY = 24 * 3600


@pytest.fixture
def clock() -> RushedClock:
    return RushedClock()


@pytest.fixture
async def graph(clock: RushedClock) -> AsyncIterator[Graph]:
    async with graphing(clock) as graph:
        graph.templates.add("notice", "News: {{1}}")
        yield graph


@pytest.fixture
def ana(graph: Graph) -> Person:
    return graph.person("Ana")


@pytest.fixture
def bot(graph: Graph, tmp_path: Path, clock: RushedClock) -> Bot:
    return Bot(graph, tmp_path, clock)


def chat_with(person: Person) -> ChatRef:
    return ChatRef(person.user_id, ChatKind.DIRECT)


async def test_who_writes_is_answered_and_the_answer_is_followed_until_it_is_read(bot: Bot, ana: Person) -> None:
    async with bot.running():
        said = await ana.say("hi")
        await bot.until("sent delivered")
        assert ana.screen == ["heard hi"]
        assert ana.marked == [said]
        await ana.read()
        await bot.until("sent read")
    assert bot.states == [ConnectionState.CONNECTING, ConnectionState.ONLINE, ConnectionState.STOPPED]


async def test_what_is_told_again_is_answered_once(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        graph.webhooks.duplicate(20)
        await ana.say("hi")
        await graph.webhooks.quiet()
        await bot.until("sent delivered")
    async with bot.running():
        for delivery in list(graph.webhooks.deliveries):
            graph.webhooks.post(delivery.business, "messages", delivery.change["value"])
        await graph.webhooks.quiet()
    assert (len(bot.events), ana.screen) == (1, ["heard hi"])


# --- nobody knows whether it was sent ---


@pytest.mark.parametrize("kind", [Kind.DROP_ACCEPTED, Kind.BROKEN_ACCEPTED, Kind.GARBAGE])
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
async def test_a_send_whose_answer_was_lost_is_settled_by_its_status(
    graph: Graph, tmp_path: Path, clock: RushedClock, ana: Person, kind: Kind, on_unknown: OnUnknown
) -> None:
    bot = Bot(graph, tmp_path, clock, on_unknown=on_unknown)
    async with bot.running():
        graph.fault(kind)
        await ana.say("hi")
        await bot.until("sent delivered")
        assert ana.screen == ["heard hi"]


@pytest.mark.parametrize("on_unknown", list(OnUnknown))
async def test_a_status_that_comes_before_the_answer_settles_it_too(
    graph: Graph, tmp_path: Path, clock: RushedClock, ana: Person, on_unknown: OnUnknown
) -> None:
    bot = Bot(graph, tmp_path, clock, on_unknown=on_unknown)
    async with bot.running():
        graph.fault(Kind.HANG_ACCEPTED, seconds=0.3)
        await ana.say("hi")
        while (await bot.fates())[0].split()[0] not in {"sent", "unknown"}:
            await asyncio.sleep(0.005)
    assert (await bot.fates(), ana.screen) == (["sent delivered"], ["heard hi"])


@pytest.mark.parametrize("kind", [Kind.DROP_ACCEPTED, Kind.BROKEN_ACCEPTED, Kind.GARBAGE])
async def test_a_status_settles_it_however_late_it_comes(graph: Graph, bot: Bot, ana: Person, kind: Kind) -> None:
    async with bot.running():
        await ana.say("hi")
        await bot.until("sent delivered")
        graph.fault(kind)
        graph.webhooks.hold()
        await bot.send(chat_with(ana), SendText("hello"))
        await until(lambda: len(graph.sent) == 2)
        while (await bot.fates())[1].split()[0] != "unknown":
            await asyncio.sleep(0.005)
    graph.webhooks.release(backwards=True)
    async with bot.running():
        await bot.until("sent delivered", "sent delivered")
    assert ana.screen == ["heard hi", "hello"]


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.HANG, Kind.BROKEN])
async def test_a_send_that_did_not_leave_and_cannot_be_known_to_have_not_is_repeated_once_where_that_was_asked(
    graph: Graph, tmp_path: Path, clock: RushedClock, ana: Person, kind: Kind
) -> None:
    bot = Bot(graph, tmp_path, clock, on_unknown=OnUnknown.RESEND_ONCE)
    async with bot.running():
        graph.fault(kind, seconds=0.05)
        await ana.say("hi")
        await bot.until("sent delivered")
        graph.fault(kind, seconds=0.05, times=2)
        await ana.say("there?")
        while not (await bot.fates())[-1].startswith("unknown"):
            await asyncio.sleep(0.005)
    assert ana.screen == ["heard hi"]


# --- Graph says no ---


@pytest.mark.parametrize("code", [2, 4, 80007, 130429, 131000, 131016, 131057, 135000])
async def test_what_passes_is_waited_for(graph: Graph, bot: Bot, ana: Person, code: int) -> None:
    async with bot.running():
        graph.fail(code, times=2)
        await ana.say("hi")
        await bot.until("sent delivered")
    assert ana.screen == ["heard hi"]


@pytest.mark.parametrize("code", [131026, 131021, 131030, 130472, 131008, 131009, 100, 132001])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
async def test_what_does_not_pass_is_given_up(graph: Graph, bot: Bot, ana: Person, code: int, late: bool) -> None:
    async with bot.running():
        graph.fail(code, late=late)
        await ana.say("hi")
        refused = f"sent failed|failed {code} failed" if late else f"failed {code}"
        await bot.until(refused)
        await ana.say("still there?")
        await bot.until(refused, "sent delivered")
    assert ana.screen == ["heard still there?"]


async def test_one_whom_too_much_is_sent_waits_and_the_others_do_not(graph: Graph, bot: Bot, ana: Person) -> None:
    bob = graph.person("Bob")
    async with bot.running():
        await bob.say("hi")
        graph.fail(131056, ana, times=2)
        await ana.say("hi")
        await bot.until("sent delivered", "sent delivered")
    assert (ana.screen, bob.screen) == (["heard hi"], ["heard hi"])


async def test_more_than_the_pair_may_have_arrives_whole_and_in_order(graph: Graph, bot: Bot, ana: Person) -> None:
    """Sixty messages: the last fifteen have to wait for six seconds each."""
    async with bot.running():
        await ana.say("hi")
        await bot.send(chat_with(ana), *(SendText(str(number)) for number in range(60)))
        await bot.until(*["sent delivered"] * 61)
    assert ana.screen == ["heard hi", *map(str, range(60))]
    assert all(sent.bubble.status == "delivered" for sent in graph.sent)


async def test_an_account_that_is_shut_out_says_so(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running() as transport:
        graph.fail(368)
        await ana.say("hi")
        await until(lambda: transport.state is ConnectionState.BANNED)
    assert [notice.kind for notice in bot.notices] == [NoticeKind.RESTRICTED]
    assert ana.screen == []


async def test_a_number_that_people_block_is_pointed_out(graph: Graph, bot: Bot) -> None:
    async with bot.running() as transport:
        await until(lambda: transport.state is ConnectionState.ONLINE)
        await graph.rate("RED")
        await until(lambda: len(bot.notices) == 2)
    assert {notice.kind for notice in bot.notices} == {NoticeKind.QUALITY}


# --- the service window ---


async def test_after_a_day_only_the_template_goes_out(
    graph: Graph, tmp_path: Path, clock: RushedClock, ana: Person
) -> None:
    bot = Bot(graph, tmp_path, clock, template="notice")
    async with bot.running():
        await ana.say("hi")
        await bot.until("sent delivered")
        clock.move(DAY)
        await bot.send(chat_with(ana), SendText("it rains\nand rains"))
        await bot.until("sent delivered", "sent delivered")
        assert ana.screen[1:] == ["News: it rains and rains"]
        await ana.say("thanks")
        await bot.until(*["sent delivered"] * 3)
    assert ana.screen[2:] == ["heard thanks"]


async def test_without_a_template_it_is_not_sent_and_that_is_known(bot: Bot, ana: Person, clock: RushedClock) -> None:
    async with bot.running():
        await ana.say("hi")
        await bot.until("sent delivered")
        clock.move(DAY)
        await bot.send(chat_with(ana), SendText("it rains"))
        await bot.until("sent delivered", "failed window_closed")
    assert ana.screen == ["heard hi"]


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
async def test_a_window_that_graph_thinks_closed_is_closed(
    graph: Graph, tmp_path: Path, clock: RushedClock, ana: Person, late: bool
) -> None:
    bot = Bot(graph, tmp_path, clock, template="notice")
    async with bot.running():
        await ana.say("hi")
        await bot.until("sent delivered")
        clock.move(3600)
        graph.fail(131047, late=late)
        await bot.send(chat_with(ana), SendText("it clouds over"))
        second = "sent failed|failed 131047 failed" if late else "sent delivered"
        await bot.until("sent delivered", second)
        await bot.send(chat_with(ana), SendText("it rains"))
        await bot.until("sent delivered", second, "sent delivered")
    assert ana.screen[1:] == (["News: it rains"] if late else ["News: it clouds over", "News: it rains"])


# --- tokens ---


async def test_a_new_token_is_taken_up_while_messages_come_and_go(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        for number in range(30):
            if number % 10 == 5:
                bot.client.write("token", f"token-{number}")
                graph.rotate(f"token-{number}")
            await ana.say(str(number))
        await bot.until(*["sent delivered"] * 30)
    assert ana.screen == [f"heard {number}" for number in range(30)]


async def test_with_a_token_that_has_ended_it_waits_for_a_new_one(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running() as transport:
        await until(lambda: transport.state is ConnectionState.ONLINE)
        graph.rotate("another")
        await ana.say("hi")
        await until(lambda: transport.state is ConnectionState.LOGGED_OUT)
        assert ana.screen == []
        bot.client.write("token", "another")
        await bot.until("sent delivered")
        assert transport.state is ConnectionState.ONLINE
    assert ana.screen == ["heard hi"]


async def test_a_new_app_secret_is_taken_up(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        graph.webhooks.secret = "a-new-secret"
        await ana.say("hi")
        assert (graph.webhooks.deliveries[-1].answers, bot.events) == ([403], [])
        bot.client.write("secret", "a-new-secret")
        await bot.until("sent delivered")
    assert ana.screen == ["heard hi"]


# --- restarts ---


async def test_what_comes_while_it_is_down_is_answered_when_it_is_up(graph: Graph, bot: Bot, ana: Person) -> None:
    for number in range(3):
        async with bot.running():
            await ana.say(f"{number}")
            await bot.until(*["sent delivered"] * (2 * number + 1))
        await ana.say(f"{number}, while it was down")
        async with bot.running():
            await bot.until(*["sent delivered"] * (2 * number + 2))
    assert len(ana.screen) == len(set(ana.screen)) == 6


async def test_what_it_cannot_take_comes_again(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        bot.closed = True
        for number in range(5):
            await ana.say(str(number))
        assert bot.events == []
        bot.closed = False
        await bot.until(*["sent delivered"] * 5)
    assert sorted(ana.screen) == [f"heard {number}" for number in range(5)]
    assert max(len(delivery.answers) for delivery in graph.webhooks.deliveries) > 1


async def test_graph_out_of_reach_at_the_start_is_tried_again(graph: Graph, bot: Bot, ana: Person) -> None:
    graph.faults.plan(Fault(Kind.BROKEN, At.OBJECT, times=3))
    async with bot.running() as transport:
        await ana.say("hi")
        assert transport.state is ConnectionState.CONNECTING
        await bot.until("sent delivered")
    assert ana.screen == ["heard hi"]


# --- forms ---


async def test_choices_can_be_tapped(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        await ana.say("pay")
        await bot.until("sent delivered")
        await bot.send(chat_with(ana), SendText("Pay?", choices=(Answer("Yes", "yes 7"), Answer("No", "no 7"))))
        await bot.until("sent delivered", "sent delivered")
        assert [choice.title for choice in ana.last.choices] == ["Yes", "No"]
        await ana.tap("Yes")
        rows = tuple(Answer(f"{number} of them", str(number)) for number in range(7))
        await bot.send(chat_with(ana), SendText("How many?", choices=rows))
        await until(lambda: len(ana.received) == 4 and ana.last.opens != "")
        await ana.tap("3 of them")
    said = [event.content.text for event in bot.events if isinstance(event, MessageReceived)]
    assert said == ["pay", "yes 7", "3"]


async def test_who_hides_the_number_is_answered_all_the_same(graph: Graph, bot: Bot, ana: Person) -> None:
    ana.hidden = True
    async with bot.running():
        await ana.say("hi")
        await bot.until("sent delivered")
    assert ana.screen == ["heard hi"]
    (event,) = bot.events
    assert event.sender.phone is None


async def test_who_has_no_user_id_is_known_by_the_number(graph: Graph, bot: Bot) -> None:
    bob = graph.person("Bob", user_id="")
    async with bot.running():
        await bob.say("hi")
        await bot.until("sent delivered")
    assert (bob.screen, bot.events[0].chat.id) == (["heard hi"], bob.phone)


async def test_no_secret_leaves_but_to_graph(
    graph: Graph, bot: Bot, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    graph.faults.plan(Fault(Kind.REDIRECT))
    async with bot.running():
        await ana.say("hi")
        await until(lambda: any(each.status == 302 for each in graph.asked))
    assert all(not each.path.startswith("/elsewhere") for each in graph.asked)
    assert TOKEN not in caplog.text
    assert ana.phone not in caplog.text
