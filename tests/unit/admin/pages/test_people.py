"""Who is signed in, and signing others out."""

from __future__ import annotations

import pytest
from tests.support.pages import Desk


@pytest.fixture
async def other(desk: Desk) -> dict[str, str]:
    """The cookies of another browser that is signed in."""
    own = dict(desk.cookies)
    await desk.sign_in()
    cookies = dict(desk.cookies)
    desk.cookies.clear()
    desk.cookies.update(own)
    desk._csrf = (await desk.get("/sessions")).fields["csrf"]
    return cookies


async def test_all_browsers_are_listed_and_this_one_is_marked(desk: Desk, other: dict[str, str]) -> None:
    shown = await desk.get("/sessions")
    assert shown.text.count("This one") == 1
    assert shown.html.count('name="session"') == 2


async def test_another_browser_is_signed_out(desk: Desk, other: dict[str, str]) -> None:
    ids = [given["value"] for _, given in (await desk.get("/sessions")).tags if given.get("name") == "session"]
    own = next(each.id.hex() for each in await desk.site._tools.sessions.all() if each.csrf == desk._csrf)
    (foreign,) = set(ids) - {own}
    done = await desk.post("/sessions", session=foreign)
    assert "is signed out" in (await desk.follow(done)).text
    desk.cookies.update(other)
    assert (await desk.get("/")).status == 303


@pytest.mark.parametrize("session", ["", "00" * 16, "zz"])
async def test_who_is_not_signed_in_cannot_be_signed_out(desk: Desk, session: str) -> None:
    assert (await desk.post("/sessions", session=session)).status == 404
