"""What was given up is listed, tried again or let go; whoever did it is noted."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.support.pages import Desk, Job

from whinchat.core.dispatch.audit import Via
from whinchat.core.dispatch.inbox import EventState


@pytest.fixture
async def aside(desk: Desk) -> int:
    """A message that was set aside."""
    inbox = desk.bot.engine.inbox
    stored = await inbox.store(desk.bot.message("ana", desk.bot.direct("ana"), "hello"))
    assert stored is not None
    await inbox.set_aside(stored.id, "deadline")
    return stored.id


async def test_nothing_was_given_up(desk: Desk) -> None:
    assert "Nothing was given up" in (await desk.get("/dead")).text


async def test_jobs_and_messages_are_listed_without_what_is_in_them(desk: Desk, aside: int) -> None:
    desk.jobs.given_up = [Job(12, "scanner.<b>", error="timeout")]
    shown = await desk.get("/dead")
    assert {"scanner.<b>", "timeout", "deadline"} <= set(shown.text.split())
    assert "hello" not in shown.html


@pytest.mark.parametrize("do", ["retry", "drop"])
async def test_a_message_is_tried_again_or_let_go(desk: Desk, aside: int, do: str) -> None:
    done = await desk.post("/dead", what="event", id=str(aside), do=do)
    notice = "It is tried again" if do == "retry" else "It is gone"
    assert notice in (await desk.follow(done)).text
    assert notice not in (await desk.get("/dead")).text
    depths = await desk.bot.engine.inbox.depths()
    assert depths == {EventState.WAITING: int(do == "retry"), EventState.ASIDE: 0}
    newest, *_ = await desk.bot.given.audit.page()
    assert (newest.action, newest.detail, newest.via) == (f"admin.event.{do}", str(aside), Via.PAGE)


@pytest.mark.parametrize("do", ["retry", "drop"])
async def test_a_job_is_tried_again_or_let_go(desk: Desk, do: str) -> None:
    desk.jobs.given_up = [Job(12)]
    assert (await desk.post("/dead", what="job", id="12", do=do)).status == 303
    newest, *_ = await desk.bot.given.audit.page()
    assert (newest.action, newest.detail) == (f"admin.job.{do}", "12")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"what": "job", "do": "retry", "id": ""},
        {"what": "job", "do": "retry", "id": "-1"},
        {"what": "job", "do": "retry", "id": "٣"},
        {"what": "job", "do": "explode", "id": "1"},
        {"what": "person", "do": "drop", "id": "1"},
    ],
)
async def test_what_no_button_says_is_not_done(desk: Desk, fields: Mapping[str, str]) -> None:
    assert (await desk.post("/dead", fields)).status == 404


async def test_a_number_beyond_all_rows_touches_nothing(desk: Desk, aside: int) -> None:
    assert (await desk.post("/dead", what="event", do="drop", id="9" * 30)).status == 303
    assert (await desk.bot.engine.inbox.depths())[EventState.ASIDE] == 1
