"""Whether all is well, in one look."""

from __future__ import annotations

import dataclasses

from tests.support.pages import Desk, Job

from whinchat.admin.pages.overview import FRESH, Overview
from whinchat.core.app import Finding
from whinchat.core.pages import PageRequest


async def test_a_healthy_service_says_so(desk: Desk) -> None:
    shown = await desk.get("/")
    assert "All is well" in shown.text
    assert "58 MB" in shown.text
    assert "1.2.3" in shown.text
    assert "2 waiting, 0 running" in shown.text


async def test_what_is_not_as_it_should_be_comes_first_with_the_way_out(desk: Desk) -> None:
    desk.report["lists"] = Finding(ok=False, detail="lists are <old>", hint="whinchat feeds update")
    shown = await desk.get("/")
    assert "Works, with limits" in shown.text
    assert shown.text.index("lists are <old>") < shown.text.index("plenty")
    assert "whinchat feeds update" in shown.text
    desk.report["database"] = Finding(ok=False, detail="cannot be written", critical=True)
    assert "Not ready" in (await desk.get("/")).text


async def test_what_was_given_up_is_a_link_away(desk: Desk) -> None:
    assert "/admin/dead" in (await desk.get("/")).links
    desk.jobs.given_up = [Job(1), Job(2)]
    assert (await desk.get("/")).links.count("/admin/dead") == 2


async def test_it_looks_again_by_itself(desk: Desk) -> None:
    (overview,) = [page for _, page in desk.site._pages if isinstance(page, Overview)]
    request = PageRequest("en", 0, b"")
    assert await overview.mark(request) == await overview.mark(dataclasses.replace(request, now=FRESH - 1))
    assert await overview.mark(request) != await overview.mark(dataclasses.replace(request, now=FRESH))
    assert "data-live" in (await desk.get("/")).html


async def test_the_whole_page_in_every_language(desk: Desk) -> None:
    for language in ("ar", "de", "en", "es", "fr", "hi", "id", "pt"):
        for path in ("/", "/dead", "/audit", "/sessions", "/nothing"):
            shown = await desk.get(path, Accept_Language=language)
            html = next(given for tag, given in shown.tags if tag == "html")
            assert html == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
