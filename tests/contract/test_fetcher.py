"""What every `ports.Fetcher` does, the fake included."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.hostile_web import hostile_web, moved, page, says

from whinchat.core.ports import Fetcher, FetchFault, FetchHop, Step, VisitLimits
from whinchat.testing.fetcher import FakeFetcher

LIMITS = VisitLimits(hops=2)


@pytest.fixture(params=["fake", "guarded"])
async def web(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Fetcher, str]]:
    """A fetcher, and where its world is."""
    if request.param == "fake":
        fake, url = FakeFetcher(), "http://a.example"
        fake.page(f"{url}/page", "<p>hello</p>", Content_Type="text/html", X_Thing="x")
        fake.page(f"{url}/gone", "gone", status=404, Content_Type="text/html")
        fake.leads(f"{url}/moved", f"{url}/page", status=302)
        fake.leads(f"{url}/twice", f"{url}/moved")
        fake.leads(f"{url}/far", f"{url}/twice")
        fake.leads(f"{url}/refresh", f"{url}/page", status=200, step=Step.REFRESH)
        fake.page(f"{url}/refresh", "<meta http-equiv=refresh content='0;/page'>")
        fake.page(f"{url}/data", '{"a": 1}', Content_Type="application/json")
        fake.leads(f"{url}/old-data", f"{url}/data")
        fake.leads(f"{url}/app", "intent://x/")
        fake.page("intent://x/", fault=FetchFault.SCHEME)
        yield fake, url
        return
    async with hostile_web([]) as real:
        real.server.on("/page", page("<p>hello</p>", X_Thing="x"))
        real.server.on("/gone", says(404, "gone", Content_Type="text/html"))
        real.server.on("/moved", moved("/page"))
        real.server.on("/twice", moved("/moved", 301))
        real.server.on("/far", moved("/twice", 301))
        real.server.on("/refresh", page("<meta http-equiv=refresh content='0;/page'>"))
        real.server.on("/data", says(200, '{"a": 1}', Content_Type="application/json"))
        real.server.on("/old-data", moved("/data", 301))
        real.server.on("/app", moved("intent://x/"))
        yield real.fetcher, real.url("")


async def test_a_page(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.visit(f"{url}/page", LIMITS)
    assert (visit.hops, visit.url, visit.status, visit.fault) == ((), f"{url}/page", 200, None)
    assert (visit.body, visit.headers["content-type"], visit.headers["x-thing"]) == (b"<p>hello</p>", "text/html", "x")
    assert visit.certificate is None


async def test_a_page_that_is_not_there_is_a_page(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.visit(f"{url}/gone", LIMITS)
    assert (visit.status, visit.fault) == (404, None)


async def test_what_leads_on_is_told_in_order(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.visit(f"{url}/twice", LIMITS)
    assert visit.hops == (
        FetchHop(f"{url}/twice", 301, Step.LOCATION),
        FetchHop(f"{url}/moved", 302, Step.LOCATION),
    )
    assert (visit.url, visit.status) == (f"{url}/page", 200)
    assert (await fetcher.visit(f"{url}/refresh", LIMITS)).hops == (FetchHop(f"{url}/refresh", 200, Step.REFRESH),)


async def test_too_far_is_a_fault(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.visit(f"{url}/far", LIMITS)
    assert (visit.fault, len(visit.hops), visit.url) == (FetchFault.HOPS, 2, f"{url}/moved")


async def test_what_is_not_to_be_followed_is_not_asked(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    asked: list[str] = []

    def follow(to: str) -> bool:
        asked.append(to)
        return "/page" not in to

    visit = await fetcher.visit(f"{url}/twice", LIMITS, follow)
    assert (visit.url, visit.status, visit.fault, len(visit.hops)) == (f"{url}/page", None, None, 2)
    assert asked == [f"{url}/moved", f"{url}/page"]


async def test_what_is_no_address_of_the_web_is_a_fault(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.visit(f"{url}/app", LIMITS)
    assert (visit.fault, visit.url, visit.status) == (FetchFault.SCHEME, "intent://x/", None)


async def test_where_nobody_is(web: tuple[Fetcher, str]) -> None:
    fetcher, _ = web
    visit = await fetcher.visit("http://nobody.example/", LIMITS)
    assert visit.status is None
    assert visit.fault is not None


async def test_what_a_program_reads_comes_whatever_its_type(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.get(f"{url}/old-data", LIMITS)
    assert (visit.url, visit.status, visit.body) == (f"{url}/data", 200, b'{"a": 1}')
    assert visit.hops == (FetchHop(f"{url}/old-data", 301, Step.LOCATION),)


async def test_only_redirects_lead_a_program_on(web: tuple[Fetcher, str]) -> None:
    fetcher, url = web
    visit = await fetcher.get(f"{url}/refresh", LIMITS)
    assert (visit.url, visit.hops, visit.status) == (f"{url}/refresh", (), 200)
    assert b"refresh" in visit.body


async def test_what_a_program_asks_is_asked_once() -> None:
    async with hostile_web([]) as real:
        real.server.on("/invoice", says(500, "no", Content_Type="application/json"))
        visit = await real.fetcher.get(real.url("/invoice"), LIMITS)
        assert (visit.status, visit.body) == (500, b"no")
        assert [(asked.method, asked.headers["accept"]) for asked in real.server.asked] == [("GET", "application/json")]


async def test_of_what_a_program_reads_no_more_is_read_than_it_wants() -> None:
    async with hostile_web([]) as real:
        real.server.on("/long", says(200, "x" * 5000, Content_Type="application/json"))
        visit = await real.fetcher.get(real.url("/long"), VisitLimits(most_bytes=100))
        assert visit.body == b"x" * 100
