"""Money is safe whatever people say, whenever processes die and however the backend misbehaves.

`make soak-money` plays the same for longer.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.support.wallet.histories import (
    ANSWERS,
    HOW,
    OTHERS,
    PEOPLE,
    PROFILES,
    PROPOSALS,
    WAITS,
    History,
    Step,
    history,
    play,
    spoken,
)
from tests.support.wallet.invariants import Violation

from whinchat.apps.wallet.backend import Sent, Unknown
from whinchat.apps.wallet.intent import Intent
from whinchat.apps.wallet.payments import Till
from whinchat.apps.wallet.settling import Settling
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.secret import Secret
from whinchat.sandbox.faults import Fault
from whinchat.sandbox.profiles import BLINK, Profile

ROOT = Path(__file__).parents[4]
SEEDED, FOUND = 80, 60
"""Histories that a seed makes, and that hypothesis looks for."""

people = st.sampled_from(PEOPLE)
ways = st.sampled_from([each for each, _ in HOW])
numbers = st.integers(0, 999)


class Money(RuleBasedStateMachine):
    """One history; the checks come after every step."""

    profile: Profile
    loop: asyncio.AbstractEventLoop
    happening: AbstractAsyncContextManager[History]
    it: History

    @initialize(profile=st.sampled_from(PROFILES))
    def begin(self, profile: Profile) -> None:
        self.loop = asyncio.new_event_loop()
        self.happening = history(profile, 1)
        self.it = self.loop.run_until_complete(self.happening.__aenter__())

    def take(self, step: Step) -> None:
        self.loop.run_until_complete(self.it.take(step))

    @rule(who=people, saying=st.sampled_from(PROPOSALS), how=ways, number=numbers)
    def propose(self, who: str, saying: tuple[str, float], how: str, number: int) -> None:
        self.take(spoken(how, who, saying[0], number))

    @rule(who=people, saying=st.sampled_from(ANSWERS), how=ways, number=numbers)
    def answer(self, who: str, saying: tuple[str, float], how: str, number: int) -> None:
        self.take(spoken(how, who, saying[0], number))

    @rule(who=people, saying=st.sampled_from(OTHERS), how=ways, number=numbers)
    def say(self, who: str, saying: tuple[str, float], how: str, number: int) -> None:
        self.take(spoken(how, who, saying[0], number))

    @rule(fault=st.sampled_from(list(Fault)), number=numbers)
    def go_wrong(self, fault: Fault, number: int) -> None:
        self.take(Step("fault", text=fault.value, number=number))

    @rule(seconds=st.sampled_from(WAITS))
    def wait(self, seconds: int) -> None:
        self.take(Step("wait", number=seconds))

    @rule(verb=st.sampled_from(("crash", "clear", "outside")))
    def happen(self, verb: str) -> None:
        self.take(Step(verb))

    def teardown(self) -> None:
        try:
            self.loop.run_until_complete(self.it.finish())
        finally:
            self.loop.run_until_complete(self.happening.__aexit__(None, None, None))
            self.loop.close()


@pytest.mark.unmeasured
def test_no_history_makes_money_unsafe() -> None:
    how = settings(max_examples=FOUND, stateful_step_count=12, suppress_health_check=[*HealthCheck])
    run_state_machine_as_test(Money, settings=how)


def test_no_seeded_history_makes_money_unsafe() -> None:
    """As `make soak-money` plays them, in a process that nothing measures: that is three times as fast."""
    command = [sys.executable, "-m", "scripts.soak_money", "--histories", str(SEEDED), "--processes", "1"]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"ok: {SEEDED} histories" in played.stdout


async def test_what_could_not_be_looked_at_for_a_day_is_found_when_its_person_links_again() -> None:
    """Found by `make soak-money`."""
    await play(PROFILES[16244 % len(PROFILES)], 16244, 20)


# --- the checks themselves ---


async def noticed() -> str:
    """What the checks say once the answer to a payment was lost."""
    story = (
        Step("fault", text=Fault.DROP_AFTER.value),
        Step("once", "ana", "send {amount} to @bob"),
        Step("once", "asked", "yes"),
    )
    async with history(BLINK, 1) as it:
        for step in story[:-1]:
            await it.take(step)
        with pytest.raises(Violation) as violation:
            await it.take(story[-1])
    return str(violation.value)


async def test_calling_what_is_unknown_failed_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hasty(self: Settling, intent: Intent, error: str, since: int) -> Outcome:
        return await self.failed(intent, error)

    monkeypatch.setattr(Settling, "unknown", hasty)
    assert "belongs to 0 confirmed payments" in await noticed()


async def test_sending_again_what_is_unknown_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    paying = Till.pay

    async def insisting(self: Till, intent: Intent, token: Secret) -> Sent:
        sent = await paying(self, intent, token)
        return await paying(self, intent, token) if isinstance(sent, Unknown) else sent

    monkeypatch.setattr(Till, "pay", insisting)
    assert "debited twice" in await noticed()
