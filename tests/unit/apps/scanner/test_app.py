"""The scanner as it ships: its own lists, its own judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest
from tests.support.evidence import tables
from tests.support.opinions import Opinions

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner import files, pictures, reading
from whinchat.apps.scanner.app import APP, freshness, model_freshness
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.jobs import SCHEDULES
from whinchat.apps.scanner.model import file
from whinchat.core.ports import Claim
from whinchat.core.types import Content, MessageReceived, Role
from whinchat.testing.clock import START
from whinchat.testing.harness import BotHarness, running

MOST = 120  # days
DAY = 24 * 3600 * 1000  # milliseconds


@pytest.fixture
async def shipped(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BotHarness]:
    """With its tables read once for all tests."""
    loaded = tables()
    monkeypatch.setattr(Tables, "load", lambda _model: loaded)
    async with running(BASICS, APP) as bot:
        yield bot


async def test_the_first_thing_that_a_visitor_tries(shipped: BotHarness) -> None:
    family = await shipped.group("family", admin="ana", members=["eve"])
    message = await shipped.say("eve", family, "look Https://paypa1-login.pages.dev/verify")
    (warning,) = shipped.texts(family)
    assert "paypa1-login[.]pages[.]dev" in warning
    assert "It pretends to be PayPal." in warning
    assert shipped.quotes(family) == [message]
    await shipped.say("eve", family, "and https://www.wikipedia.org/")
    assert len(shipped.texts(family)) == 1


async def test_every_command_of_the_grammar_has_a_handler_and_every_schedule_a_job(shipped: BotHarness) -> None:
    (scanner,) = [app for app in shipped.apps if app.name == "scanner"]
    assert Counter(handler.spec for handler in scanner.commands) == Counter(APP.commands)
    kinds = {job.kind for job in scanner.jobs}
    assert {schedule.job.kind for schedule in SCHEDULES} <= kinds
    assert {pictures.Pictures.kind, reading.ReadLarge.kind, files.Files.kind} <= kinds
    for schedule in SCHEDULES:
        await shipped.run_job(schedule.job)
    assert await shipped.count("memory_jobs") == 0


async def test_help_knows_every_command(shipped: BotHarness) -> None:
    ana = shipped.direct("ana")
    await shipped.say("ana", ana, "scan help")
    (text,) = shipped.texts(ana)
    for command in APP.commands:
        usable = command.where.includes(ana.kind) and command.who.includes(Role.ADMIN)
        assert (f"!{command.path}" in text) is usable


@pytest.mark.parametrize(
    ("age", "ok", "detail"),
    [
        (None, False, "no lists are loaded"),
        (0.4, True, "lists of known scams are 0 days old"),
        (float(MOST), True, f"lists of known scams are {MOST} days old"),
        (MOST + 1.0, False, f"lists of known scams are {MOST + 1} days old"),
    ],
)
async def test_old_lists_are_noticed(age: float | None, ok: bool, detail: str) -> None:
    lists = Opinions()
    lists.age_days = age
    finding = await freshness(lists, MOST)
    assert (finding.ok, finding.detail, finding.critical) == (ok, detail, False)
    assert bool(finding.hint) is not ok


@pytest.mark.parametrize(("days", "ok"), [(0, True), (MOST, True), (MOST + 1, False)])
def test_an_old_model_is_noticed_but_stops_nothing(days: int, ok: bool) -> None:
    model = msgspec.structs.replace(file.blank(), version="7", trained="2026-01-01")
    finding = model_freshness(model, MOST, START + days * DAY)
    assert (finding.ok, finding.critical) == (ok, False)
    assert finding.detail == f"model 7 learned from links that are {days} days old"
    assert ("make train" in finding.hint) is not ok


def test_doctor_asks_for_the_shipped_model_without_a_service() -> None:
    learned = datetime.fromisoformat(file.shipped().trained).replace(tzinfo=UTC).timestamp() * 1000
    check = APP.checks["model"]
    assert check(int(learned)).ok
    assert not check(int(learned) + (MOST + 1) * DAY).ok


async def test_its_health_checks_are_about_what_it_knows(shipped: BotHarness) -> None:
    (scanner,) = [app for app in shipped.apps if app.name == "scanner"]
    lists, feeds, sources, model = scanner.health
    assert (lists.name, feeds.name, sources.name, model.name) == ("lists", "feeds", "sources", "model")
    assert (await sources.check()).ok
    assert "days old" in (await lists.check()).detail
    assert (await feeds.check()).detail == "kept up to date: tweetfeed, certpl"
    assert (await model.check()).ok, "the clock of the tests stands at the beginning of 2026"


async def test_a_picture_job_without_a_picture_is_done_at_once(shipped: BotHarness) -> None:
    message = shipped.message("eve", shipped.direct("eve"), Content(text="hello"))
    assert isinstance(message, MessageReceived)
    order = reading.Order(message, 1, b"c", b"u", "en")
    claim = Claim(1, "scanner.picture", "1", reading._encode(order), 1, 1, 1, 0)
    (job,) = [job for app in shipped.apps for job in app.jobs if job.kind == claim.kind]
    assert (await job.run(claim)).replies == ()
