from __future__ import annotations

from dataclasses import dataclass

import pytest

from whinchat.core.events import EventBus, Fact


@dataclass(frozen=True, slots=True)
class Opened(Fact):
    name: str


@dataclass(frozen=True, slots=True)
class Closed(Fact):
    name: str


async def test_a_fact_reaches_those_who_asked_for_its_kind_in_their_order() -> None:
    bus, heard = EventBus(), list[str]()

    async def first(fact: Opened) -> None:
        heard.append(f"first {fact.name}")

    async def second(fact: Opened) -> None:
        heard.append(f"second {fact.name}")

    bus.subscribe(Opened, first)
    bus.subscribe(Opened, second)
    await bus.publish(Opened("door"))
    await bus.publish(Closed("window"))
    assert heard == ["first door", "second door"]


async def test_a_subscriber_that_fails_does_not_disturb_the_others(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = EventBus(), list[str]()

    async def fail(_: Opened) -> None:
        raise ValueError("broken")

    async def hear(fact: Opened) -> None:
        heard.append(fact.name)

    bus.subscribe(Opened, fail)
    bus.subscribe(Opened, hear)
    await bus.publish(Opened("door"))
    assert heard == ["door"]
    assert "a subscriber of Opened failed" in caplog.text
