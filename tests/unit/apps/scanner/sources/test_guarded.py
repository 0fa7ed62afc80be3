from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from tests.support.evidence import link
from tests.support.sources.scripted import LINK, ScriptedSource, World

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources import guarded as metrics
from whinchat.apps.scanner.sources.about import Quota
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Skip, State
from whinchat.apps.scanner.sources.guarded import Guarded
from whinchat.core.ports import Limit

LISTED = Listed(Threat.PHISHING)
TIMEOUT = NoAnswer(Missing.TIMEOUT)
REFUSED = NoAnswer(Missing.REFUSED)


def page(number: int) -> str:
    return f"https://shop.example.net/{number}"


@pytest.fixture
def world() -> World:
    return World()


async def ask_often(world: World, guarded: Guarded, times: int) -> list[Answer | Skip]:
    return [await world.ask(guarded, link(page(number))) for number in range(times)]


# --- answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"), [(LISTED, "listed"), (NotListed(), "not_listed"), (Facts(registered_at=7), "facts")]
)
async def test_an_answer_is_passed_on_and_counted(world: World, answer: Answer, kind: str) -> None:
    guarded = world.guarded(world.source(answer, delay=0.3))
    assert await world.ask(guarded) == answer
    assert world.metrics.value(metrics.ANSWERS, source="one", kind=kind) == 1
    assert world.metrics.observed(metrics.SECONDS, source="one") == [pytest.approx(0.3)]


async def test_a_second_question_is_answered_from_memory(world: World) -> None:
    source = world.source(LISTED)
    guarded = world.guarded(source)
    assert [await world.ask(guarded) for _ in range(3)] == [LISTED] * 3
    assert len(source.asked) == 1
    assert world.metrics.value(metrics.REMEMBERED, source="one") == 2


async def test_anew_passes_over_what_is_remembered(world: World) -> None:
    guarded = world.guarded(world.source(NotListed(), LISTED))
    await world.ask(guarded)
    assert await world.ask(guarded, anew=True) == LISTED
    assert await world.ask(guarded) == LISTED


async def test_many_chats_with_the_same_link_ask_once(world: World) -> None:
    source = world.source(LISTED, delay=0.5)
    guarded = world.guarded(source)
    asking = [asyncio.ensure_future(guarded.ask(LINK)) for _ in range(50)]
    await world.clock.advance(0.6)
    assert [await each for each in asking] == [LISTED] * 50
    assert len(source.asked) == 1


async def test_what_came_by_another_way_is_remembered(world: World) -> None:
    source = world.source(NotListed())
    guarded = world.guarded(source)
    await guarded.learn(LINK, LISTED)
    assert await world.ask(guarded) == LISTED
    assert source.asked == []


# --- outages -----------------------------------------------------------------------------------------------------


async def test_a_source_that_takes_too_long_gives_no_answer(world: World) -> None:
    guarded = world.guarded(world.source(LISTED, delay=60.0))
    assert await world.ask(guarded) == TIMEOUT
    assert world.clock.monotonic() < 2.1
    assert world.metrics.value(metrics.ANSWERS, source="one", kind="timeout") == 1


async def test_no_answer_is_not_remembered(world: World) -> None:
    guarded = world.guarded(world.source(NoAnswer(Missing.GARBLED), LISTED))
    assert await world.ask(guarded) == NoAnswer(Missing.GARBLED)
    assert await world.ask(guarded) == LISTED


@pytest.mark.parametrize("bad_luck", [Missing.UNREACHABLE, Missing.FAILED])
async def test_bad_luck_is_worth_another_attempt(world: World, bad_luck: Missing) -> None:
    source = world.source(NoAnswer(bad_luck), LISTED)
    assert await world.ask(world.guarded(source)) == LISTED
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    "answer", [TIMEOUT, REFUSED, NoAnswer(Missing.QUOTA), NoAnswer(Missing.GARBLED), NoAnswer(Missing.FAILED, 5.0)]
)
async def test_what_will_not_get_better_at_once_is_not_asked_again_at_once(world: World, answer: NoAnswer) -> None:
    source = world.source(answer, LISTED)
    assert await world.ask(world.guarded(source)) == answer
    assert len(source.asked) == 1


async def test_attempts_stay_within_the_time_of_one_answer(world: World) -> None:
    source = world.source(NoAnswer(Missing.FAILED), delay=1.95)
    assert await world.ask(world.guarded(source)) == NoAnswer(Missing.FAILED)
    assert len(source.asked) == 1
    assert world.clock.monotonic() <= 2.05


async def test_another_attempt_that_may_not_be_made_leaves_the_first_answer(world: World) -> None:
    source = world.source(NoAnswer(Missing.FAILED), LISTED, quotas=(Quota(1, 60),))
    assert await world.ask(world.guarded(source)) == NoAnswer(Missing.FAILED)
    assert len(source.asked) == 1


async def test_a_mistake_in_a_source_is_no_answer_and_does_not_give_the_link_away(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = world.guarded(world.source(ValueError(LINK.url)))
    with caplog.at_level(logging.WARNING):
        assert await world.ask(guarded) == NoAnswer(Missing.GARBLED)
    assert "a source failed unexpectedly" in caplog.messages
    assert "example" not in caplog.text


async def test_a_source_that_keeps_failing_is_left_alone_for_a_while(world: World) -> None:
    source = world.source(NoAnswer(Missing.GARBLED))
    guarded = world.guarded(source)
    assert await ask_often(world, guarded, 7) == [NoAnswer(Missing.GARBLED)] * 5 + [Skip.RESTING] * 2
    assert world.metrics.value(metrics.BREAKER, source="one") == 2
    assert world.metrics.value(metrics.SKIPPED, source="one", why="resting") == 2
    source.answers = [LISTED]
    world.clock.move(46)
    assert await world.ask(guarded) == LISTED
    assert world.metrics.value(metrics.BREAKER, source="one") == 0


async def test_only_one_question_goes_to_a_source_that_may_work_again(world: World) -> None:
    source = world.source(NoAnswer(Missing.GARBLED))
    guarded = world.guarded(source)
    await ask_often(world, guarded, 5)
    source.answers, source.delay = [LISTED], 0.5
    world.clock.move(46)
    first = asyncio.ensure_future(guarded.ask(LINK))
    await world.clock.advance(0.1)
    assert await world.ask(guarded, link(page(9)), seconds=0.1) == Skip.RESTING
    await world.clock.advance(0.5)
    assert await first == LISTED


# --- what we may ---------------------------------------------------------------------------------------------------


async def test_a_rate_is_kept_by_waiting_as_long_as_there_is_time(world: World) -> None:
    source = world.source(NotListed(), limit=Limit(rate=1.0, burst=1))
    guarded = world.guarded(source)
    asking = [asyncio.ensure_future(guarded.ask(link(page(number)))) for number in range(5)]
    await world.clock.advance(10.0)
    outcomes = [await each for each in asking]
    assert outcomes.count(NotListed()) == 2
    assert outcomes.count(Skip.BUSY) == 3


async def test_what_is_left_of_a_quota_is_kept_for_uncertain_links(world: World) -> None:
    guarded = world.guarded(world.source(NotListed(), quotas=(Quota(2, 60),)))
    answers = [await world.ask(guarded, link(page(number)), uncertainty=0.0) for number in range(2)]
    assert answers == [NotListed(), Skip.QUOTA]
    assert await world.ask(guarded, LINK, uncertainty=1.0) == NotListed()
    assert world.metrics.value(metrics.QUOTA_LEFT, source="one", window="60") == 0
    assert world.metrics.value(metrics.SKIPPED, source="one", why="quota") == 1


@pytest.mark.parametrize(("told", "rests"), [(30.0, 30.0), (None, 60.0)])
async def test_a_source_that_was_asked_too_much_is_left_alone_as_long_as_it_says(
    world: World, told: float | None, rests: float
) -> None:
    guarded = world.guarded(world.source(NoAnswer(Missing.QUOTA, told), LISTED))
    await world.ask(guarded)
    world.clock.move(rests - 1)
    assert await world.ask(guarded) == Skip.RESTING
    world.clock.move(1.1)
    assert await world.ask(guarded) == LISTED


async def test_an_outage_with_an_end_is_waited_for(world: World) -> None:
    guarded = world.guarded(world.source(NoAnswer(Missing.FAILED, 120.0), LISTED))
    await world.ask(guarded)
    world.clock.move(119)
    assert await world.ask(guarded) == Skip.RESTING


# --- a wrong key ---------------------------------------------------------------------------------------------------


async def test_a_refused_key_is_a_fault_of_the_configuration_and_never_clean(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    source = world.source(REFUSED, needs=("sources.one.key",))
    guarded = world.guarded(source)
    with caplog.at_level(logging.WARNING):
        assert await world.ask(guarded) == REFUSED
        assert await world.ask(guarded) == Skip.MISCONFIGURED
    (record,) = caplog.records
    assert record.getMessage() == "a source refuses us: a setting is wrong"
    assert record.__dict__["remedy"] == "Correct apps.scanner.sources.one.key."
    assert len(source.asked) == 1
    assert (await guarded.standing()).state is State.MISCONFIGURED
    assert world.metrics.value(metrics.MISCONFIGURED, source="one") == 1


async def test_a_key_that_was_refused_may_have_been_set_right_at_the_provider(world: World) -> None:
    guarded = world.guarded(world.source(REFUSED, REFUSED, LISTED))
    await world.ask(guarded)
    world.clock.move(901)
    assert await world.ask(guarded) == REFUSED
    world.clock.move(901)
    assert await world.ask(guarded) == LISTED
    assert (await guarded.standing()).state is State.UP
    assert world.metrics.value(metrics.MISCONFIGURED, source="one") == 0


# --- how it stands -------------------------------------------------------------------------------------------------


async def test_a_source_that_was_never_asked_is_thought_to_work(world: World) -> None:
    standing = await world.guarded(world.source()).standing()
    assert (standing.state, standing.answered_at, standing.trouble) == (State.UP, None, "")


async def test_its_standing_says_when_it_last_answered_and_what_is_left(world: World) -> None:
    guarded = world.guarded(world.source(NotListed(), quotas=(Quota(5, 60),)))
    await world.ask(guarded)
    standing = await guarded.standing()
    assert standing.answered_at == world.clock.now()
    assert [each.left for each in standing.quotas] == [4]


async def test_trouble_is_said_once_and_so_is_its_end(world: World, caplog: pytest.LogCaptureFixture) -> None:
    guarded = world.guarded(world.source(TIMEOUT, TIMEOUT, LISTED))
    with caplog.at_level(logging.INFO):
        await ask_often(world, guarded, 2)
        assert (await guarded.standing()).trouble == "timeout"
        await world.ask(guarded)
    assert caplog.messages == ["a source gives no answer", "a source answers again"]


@pytest.mark.parametrize("answer", [NoAnswer(Missing.GARBLED), NoAnswer(Missing.QUOTA)])
async def test_a_source_that_is_left_alone_is_down(world: World, answer: NoAnswer) -> None:
    guarded = world.guarded(world.source(answer))
    await ask_often(world, guarded, 5)
    assert (await guarded.standing()).state is State.DOWN


def test_scripted_sources_are_sources(world: World) -> None:
    make: Callable[[ScriptedSource], Guarded] = world.guarded
    assert make(world.source()).about.name == "one"
