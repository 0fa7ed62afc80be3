from __future__ import annotations

import asyncio

import pytest

from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.feed import Disconnected
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.transcript import Entry


async def test_who_waits_for_the_transcript_is_answered_by_the_next_entry() -> None:
    host = Host(FakeClock(), seed=1)
    last = host.world.transcript.last
    waiting = asyncio.create_task(host.transcript(last, 10, wait=60))
    await asyncio.sleep(0)
    host.world.person("Ana")
    page = await waiting
    assert [entry.position for entry in page.entries] == [last + 1]
    assert (await host.transcript(last, 10, wait=60)).entries == page.entries


async def test_nothing_new_is_an_empty_page_after_the_wait() -> None:
    host = Host(FakeClock(), seed=1)
    last = host.world.transcript.last
    assert (await host.transcript(last, 10, wait=0)).entries == ()
    assert (await host.transcript(last, 10, wait=0.001)).entries == ()


async def test_a_reset_makes_a_new_world_with_its_bots_and_ends_old_sessions() -> None:
    host = Host(FakeClock(), seed=1, accounts=("one", "two"))
    heard: list[Entry | None] = []
    end = host.subscribe(heard.append)
    old = host.world
    bot = old.bot("one")
    session = old.attach(bot, lambda: None)
    host.reset(seed=2)
    assert heard[-1] is None
    assert old.realm.nonce != host.world.realm.nonce
    assert [found.account for found in host.world.people.bots()] == ["one", "two"]
    with pytest.raises(Disconnected):
        old.take(bot, session, 1, 1)
    end()
    known = len(heard)
    host.world.person("Ana")
    assert len(heard) == known


def test_a_world_without_a_seed_is_like_no_other() -> None:
    assert len({Host(FakeClock()).world.realm.nonce for _ in range(5)}) > 1
