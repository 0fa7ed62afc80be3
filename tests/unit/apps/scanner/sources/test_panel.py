from __future__ import annotations

import asyncio

import pytest
from tests.support.evidence import link
from tests.support.sources.scripted import LINK, World, about

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.about import Covers, Privacy, Sends
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip, State
from whinchat.apps.scanner.sources.jobs import CHECK, CheckSources
from whinchat.apps.scanner.sources.panel import uncertainty
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.ports import Batch, Claim

LISTED = Listed(Threat.PHISHING)
TIMEOUT = NoAnswer(Missing.TIMEOUT)
FULL = Privacy.FULL


@pytest.fixture
def world() -> World:
    return World()


# --- asking --------------------------------------------------------------------------------------------------------


async def test_all_are_asked_and_each_answers_for_itself(world: World) -> None:
    panel = world.panel(world.source(LISTED, name="one"), world.source(NoAnswer(Missing.GARBLED), name="two"))
    asked = await world.ask_all(panel, LINK, FULL)
    assert asked == Asked({"one": LISTED, "two": NoAnswer(Missing.GARBLED)}, {})
    assert (asked.heard, asked.failed) == (("one",), ("two",))


async def test_without_sources_nobody_is_asked_and_nothing_waits(world: World) -> None:
    assert await world.panel().ask(LINK, FULL) == Asked()


async def test_they_are_asked_at_the_same_time_and_the_last_answer_is_the_end(world: World) -> None:
    panel = world.panel(*(world.source(delay=delay, name=str(delay)) for delay in (0.2, 0.5, 1.0)))
    asked = await world.ask_all(panel, LINK, FULL)
    assert len(asked.heard) == 3
    assert world.clock.monotonic() == pytest.approx(1.0, abs=0.06)


async def test_the_slowest_cannot_hold_the_verdict_back(world: World) -> None:
    slow = world.source(LISTED, delay=8.0, name="slow", timeout=10.0)
    panel = world.panel(world.source(LISTED, name="quick"), slow)
    asked = await world.ask_all(panel, LINK, FULL)
    assert asked.answers == {"quick": LISTED, "slow": TIMEOUT}
    assert world.clock.monotonic() == pytest.approx(4.0, abs=0.06)


async def test_an_answer_that_comes_late_is_there_the_next_time(world: World) -> None:
    slow = world.source(LISTED, delay=8.0, timeout=10.0)
    panel = world.panel(slow)
    await world.ask_all(panel, LINK, FULL)
    await world.clock.advance(5.0)
    assert (await world.ask_all(panel, LINK, FULL)).answers == {"one": LISTED}
    assert len(slow.asked) == 1


async def test_who_stops_waiting_does_not_stop_the_answer(world: World) -> None:
    panel = world.panel(world.source(LISTED, delay=1.0))
    waiting = asyncio.ensure_future(panel.ask(LINK, FULL))
    await world.clock.advance(0.5)
    waiting.cancel()
    await world.clock.advance(1.0)
    assert (await world.ask_all(panel, LINK, FULL, seconds=0.1)).answers == {"one": LISTED}


async def test_a_stop_ends_what_is_under_way(world: World) -> None:
    panel = world.panel(world.source(LISTED, delay=8.0, timeout=10.0))
    await world.ask_all(panel, LINK, FULL)
    panel.close()
    await world.clock.advance(5.0)
    assert await world.remembered.get(world.remembered.subject(about(), LINK)) is None


# --- who is asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("privacy", "asked"),
    [
        (Privacy.LOCAL, ["nothing"]),
        (Privacy.HASH_ONLY, ["nothing", "hash_prefix"]),
        (Privacy.FULL, ["nothing", "hash_prefix", "host", "url"]),
    ],
)
async def test_a_chat_decides_who_may_see_its_links(world: World, privacy: Privacy, asked: list[str]) -> None:
    sources = [world.source(name=sends.value, sends=sends) for sends in Sends]
    result = await world.ask_all(world.panel(*sources), LINK, privacy)
    assert list(result.answers) == asked
    assert set(result.skipped.values()) <= {Skip.PRIVACY}
    assert [source.about.name for source in sources if source.asked] == asked


async def test_a_chat_that_allows_less_gets_no_answer_that_another_chat_paid_for(world: World) -> None:
    panel = world.panel(world.source(LISTED))
    await world.ask_all(panel, LINK, FULL)
    assert await world.ask_all(panel, LINK, Privacy.LOCAL) == Asked({}, {"one": Skip.PRIVACY})


async def test_every_source_is_accounted_for_with_the_reason_it_was_not_asked(world: World) -> None:
    panel = world.panel(about("off"), world.source(name="domains", covers=Covers.OWN_DOMAINS), world.source(name="on"))
    asked = await world.ask_all(panel, link("http://198.51.100.7/"), FULL)
    assert asked == Asked({"on": NotListed()}, {"off": Skip.NOT_CONFIGURED, "domains": Skip.NOT_COVERED})


async def test_a_source_that_is_left_alone_is_skipped_and_said_to_be(world: World) -> None:
    panel = world.panel(world.source(NoAnswer(Missing.QUOTA)))
    await world.ask_all(panel, LINK, FULL)
    assert await world.ask_all(panel, LINK, FULL) == Asked({}, {"one": Skip.RESTING})


async def test_what_came_by_another_way_is_an_answer_too(world: World) -> None:
    panel = world.panel(world.source(), about("off"))
    await panel.learn("one", LINK, LISTED)
    await panel.learn("off", LINK, LISTED)
    assert (await world.ask_all(panel, LINK, FULL)).answers == {"one": LISTED}


# --- how they stand --------------------------------------------------------------------------------------------------


async def test_the_overview_asks_nobody_and_names_what_is_missing(world: World) -> None:
    source = world.source()
    panel = world.panel(source, about("off"))
    on, off = await panel.overview()
    assert (on.state, off.state, off.missing) == (State.UP, State.OFF, ("apps.scanner.key",))
    assert source.asked == []
    assert list(panel.abouts) == ["one", "off"]


async def test_a_check_finds_out_which_keys_are_refused(world: World) -> None:
    keyed = world.source(NoAnswer(Missing.REFUSED), name="keyed", needs=("sources.keyed.key",))
    keyless = world.source(name="keyless")
    panel = world.panel(keyed, keyless, about("off"))
    standings = {each.about.name: each.state for each in await panel.check()}
    assert standings == {"keyed": State.MISCONFIGURED, "keyless": State.UP, "off": State.OFF}
    assert (keyed.asked, keyless.asked) == (["https://example.com/"], [])
    await panel.check(keyless=True)
    assert keyless.asked == ["https://example.com/"]


async def test_the_check_is_a_job(world: World) -> None:
    source = world.source(needs=("sources.one.key",))
    claim = Claim(1, CHECK.kind, CHECK.key, b"", 1, 1, 1, 0)
    assert await CheckSources(world.panel(source)).run(claim) == NOTHING
    assert source.asked == ["https://example.com/"]


async def test_a_wrong_key_degrades_health_and_names_the_setting(world: World) -> None:
    panel = world.panel(world.source(NoAnswer(Missing.REFUSED), needs=("sources.one.key",)))
    await panel.check()
    finding = await panel.health()
    assert (finding.ok, finding.critical) == (False, False)
    assert finding.detail == "we are refused by One"
    assert finding.hint == "Correct apps.scanner.sources.one.key."


async def test_an_outage_degrades_health(world: World) -> None:
    panel = world.panel(world.source(NoAnswer(Missing.QUOTA)))
    await world.ask_all(panel, LINK, FULL)
    finding = await panel.health()
    assert (finding.ok, finding.critical, finding.detail) == (False, False, "no answers from One")


async def test_sources_that_work_are_healthy_and_so_is_having_none(world: World) -> None:
    assert (await world.panel(world.source(), about("off")).health()).detail == "1 of 2 external sources in use"
    assert (await world.panel().health()).ok


async def test_retention_covers_answers_and_quotas(world: World) -> None:
    await world.database.commit(Batch(world.panel().retention()))


@pytest.mark.parametrize(("probability", "value"), [(0.0, 0.0), (0.5, 1.0), (1.0, 0.0), (0.1, 0.36)])
def test_an_even_chance_is_the_most_uncertain(probability: float, value: float) -> None:
    assert uncertainty(probability) == pytest.approx(value)
