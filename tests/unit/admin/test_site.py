"""Who may come in, where forms come from, and what becomes of errors."""

from __future__ import annotations

import dataclasses
import re

import pytest
from tests.support.pages import HOST, Desk, Shown
from tests.support.pages import Job as Dead

from whinchat.admin.sessions import IDLE, LINK_LIVES
from whinchat.core.errors import Conflict
from whinchat.core.pages import Done, PageRequest, Redirect

OTHER = "http://evil.example"
PAGES = ["/", "/accounts", "/dead", "/audit", "/sessions"]


def refused(shown: Shown) -> bool:
    return shown.status == 303 and shown.headers["Location"].startswith("/admin/sign-in")


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/dead/nothing"])
async def test_without_a_session_there_is_no_page_and_no_hint_of_one(stranger: Desk, path: str) -> None:
    assert refused(await stranger.get(path))
    assert (await stranger.get(path, Accept="application/json")).status == 401
    assert (await stranger.get(path, Accept="text/event-stream")).status == 401
    assert (await stranger.post(path, csrf=False, what="job")).status == 401


@pytest.mark.parametrize("path", PAGES)
async def test_with_a_session_there_is(desk: Desk, path: str) -> None:
    shown = await desk.get(path)
    assert shown.status == 200
    assert "Sign out" in shown.text
    assert [given["href"] for tag, given in shown.tags if given.get("aria-current")] == [f"/admin{path}"]


async def test_a_link_that_is_only_looked_at_is_not_used_up(stranger: Desk) -> None:
    path = (await stranger.entry.sign_in_path()).removeprefix("/admin")
    for _ in range(2):
        assert "Welcome" in (await stranger.get(path)).text
    shown = await stranger.get(path)
    assert stranger.cookies == {}
    assert (await stranger.post("/sign-in", shown.fields, csrf=False)).headers["Location"] == "/admin/"
    assert (await stranger.get("/")).status == 200


async def test_a_link_that_was_used_lets_nobody_else_in(desk: Desk) -> None:
    token = (await desk.entry.sign_in_path()).partition("token=")[2]
    desk.cookies.clear()
    await desk.post("/sign-in", csrf=False, token=token)
    desk.cookies.clear()
    again = await desk.post("/sign-in", csrf=False, token=token)
    assert (again.status, desk.cookies) == (403, {})
    assert "used already" in again.text
    assert "whinchat admin link" in again.text
    assert "used already" in (await desk.get(f"/sign-in?token={token}")).text


async def test_an_old_link_says_that_it_is_old(stranger: Desk) -> None:
    path = (await stranger.entry.sign_in_path()).removeprefix("/admin")
    stranger.bot.clock.move(LINK_LIVES / 1000)
    assert "half hour is over" in (await stranger.get(path)).text


async def test_who_is_signed_in_needs_no_link(desk: Desk) -> None:
    shown = await desk.get("/sign-in?to=/audit")
    assert (shown.status, shown.headers["Location"]) == (303, "/admin/audit")


async def test_after_signing_in_one_gets_where_one_wanted(stranger: Desk) -> None:
    asked = await stranger.get("/audit?before=7")
    link = (await stranger.entry.sign_in_path()).removeprefix("/admin")
    shown = await stranger.get(link + "&" + asked.headers["Location"].partition("?")[2])
    signed_in = await stranger.post("/sign-in", shown.fields, csrf=False)
    assert signed_in.headers["Location"] == "/admin/audit?before=7"


@pytest.mark.parametrize(
    "to", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
async def test_nobody_is_sent_away_after_signing_in(stranger: Desk, to: str) -> None:
    token = (await stranger.entry.sign_in_path()).partition("token=")[2]
    signed_in = await stranger.post("/sign-in", csrf=False, token=token, to=to)
    assert signed_in.headers["Location"] == "/admin/"


async def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(stranger: Desk) -> None:
    cookie = (await stranger.sign_in()).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/admin"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_over_https_the_cookie_stays_there(stranger: Desk) -> None:
    token = (await stranger.entry.sign_in_path()).partition("token=")[2]
    shown = await stranger._ask(
        "POST",
        "/sign-in",
        {"Origin": f"https://{HOST}", "X-Forwarded-Proto": "https"},
        f"token={token}".encode(),
    )
    assert "Secure" in shown.headers["Set-Cookie"].split("; ")


async def test_attempts_to_sign_in_are_slowed_down(stranger: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stranger.bot.given.limiter, "take", lambda _key, _limit: 3.2)
    shown = await stranger.sign_in()
    assert (shown.status, shown.headers["Retry-After"]) == (429, "4")
    assert "Too many attempts" in shown.text


@pytest.mark.parametrize("origin", ["", "null", OTHER, f"http://{HOST}.evil.example", "http://127.0.0.1:1"])
async def test_a_form_of_another_site_changes_nothing(desk: Desk, origin: str) -> None:
    fields = {"csrf": (await desk.get("/dead")).fields["csrf"], "what": "job", "id": "1", "do": "drop"}
    shown = await desk.post("/dead", fields, origin=origin)
    assert shown.status == 403
    assert "another site" in shown.text
    assert [entry.action for entry in await desk.bot.given.audit.page()] == ["admin.sign_in"]


@pytest.mark.parametrize("csrf", ["", "0" * 32, "\udc80"])
async def test_a_form_that_was_not_made_for_this_session_changes_nothing(desk: Desk, csrf: str) -> None:
    fields = {"what": "job", "id": "1", "do": "drop", "csrf": csrf.encode("utf-8", "replace").decode()}
    shown = await desk.post("/dead", fields)
    assert shown.status == 403
    assert "too old" in shown.text


async def test_signing_out_needs_a_form_of_ours_too(desk: Desk) -> None:
    assert (await desk.post("/sign-out", csrf=False)).status == 403
    assert (await desk.post("/sign-out")).headers["Location"] == "/admin/sign-in"
    assert desk.cookies == {}
    assert [entry.action for entry in await desk.bot.given.audit.page()] == ["admin.sign_out", "admin.sign_in"]


async def test_a_session_that_was_ended_elsewhere_is_over_at_once(desk: Desk) -> None:
    cookies = dict(desk.cookies)
    await desk.post("/sign-out")
    desk.cookies.update(cookies)
    assert refused(await desk.get("/"))


async def test_a_session_that_nobody_used_is_over(desk: Desk) -> None:
    desk.bot.clock.move(IDLE / 1000)
    assert refused(await desk.get("/"))
    assert (await desk.post("/dead", csrf=False, what="job")).status == 401


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/static/base.css", "/static/nothing"])
async def test_every_answer_is_hardened(desk: Desk, path: str) -> None:
    headers = (await desk.get(path)).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


async def test_no_page_brings_scripts_or_styles_in_itself(desk: Desk) -> None:
    desk.jobs.given_up = [Dead(1)]
    for path in PAGES:
        for tag, given in (await desk.get(path)).tags:
            assert tag != "style"
            assert tag != "script" or given["src"].startswith("/admin/static/")
            assert not [name for name in given if name == "style" or name.startswith("on")]


async def test_what_is_not_there_is_not_there(desk: Desk) -> None:
    shown = await desk.get("/nothing")
    assert shown.status == 404
    assert "There is nothing here" in shown.text
    assert "Sign out" in shown.text
    assert (await desk.get("/static/../site.py")).status == 404
    assert (await desk.get("/dead", Accept="text/event-stream")).status == 404


async def test_what_cannot_be_done_is_not_done(desk: Desk) -> None:
    assert (await desk.post("/audit", what="x")).status == 405
    assert (await desk.get("/dead", method="DELETE")).status == 405
    assert (await desk.get("/dead", method="HEAD")).status == 200


async def test_a_form_that_is_too_large_is_refused(desk: Desk) -> None:
    shown = await desk.post("/dead", {"what": "x" * 70_000})
    assert shown.status == 413
    assert "too much at once" in shown.text


async def test_a_broken_page_says_so_and_shows_nothing_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret of ours")

    monkeypatch.setattr(desk.bot.given.audit, "page", broken)
    shown = await desk.get("/audit")
    assert shown.status == 500
    assert "Something broke on our side" in shown.text
    assert "secret" not in shown.html


async def test_a_refusal_says_the_way_out(desk: Desk) -> None:
    desk.bot.database.fail_next("disk_full")
    fields = {"csrf": (await desk.get("/dead")).fields["csrf"], "what": "event", "id": "1", "do": "drop"}
    shown = await desk.post("/dead", fields)
    assert shown.status == 409
    assert "Make room on it" in shown.text


class Counter:
    """A form whose change meets a newer state, as often as the test says."""

    path = "/counter"
    title = "admin.title"
    nav = None

    def __init__(self, conflicts: int) -> None:
        self.left = conflicts
        self.acted = 0

    async def show(self, _request: PageRequest) -> Redirect:
        return Redirect("/")

    async def act(self, _request: PageRequest) -> Done:
        self.acted += 1
        return Done("counter.up", "", Redirect("/"))


@pytest.mark.parametrize(("conflicts", "status"), [(0, 303), (4, 303), (5, 409)])
async def test_a_form_acts_again_on_a_newer_state(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, conflicts: int, status: int
) -> None:
    site, page = desk.site, Counter(conflicts)
    settle = site._tools.settle

    async def meets(*given: object) -> None:
        if page.left:
            page.left -= 1
            raise Conflict(0, 1, 0)
        await settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(site, "_pages", [*site._pages, (re.compile("/counter"), page)])
    monkeypatch.setattr(site, "_tools", dataclasses.replace(site._tools, settle=meets))
    assert (await desk.post("/counter")).status == status
    assert page.acted == min(conflicts + 1, 5)
    noted = [entry.action for entry in await desk.bot.given.audit.page()]
    assert noted.count("counter.up") == (status == 303)


async def test_a_damaged_notice_is_no_notice(desk: Desk) -> None:
    name = next(iter(desk.cookies))
    for damaged in ("zz", "00", "ff" * 40):
        desk.cookies[f"{name}_notice"] = damaged
        assert (await desk.get("/")).status == 200
