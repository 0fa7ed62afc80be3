"""Following links: how far at which level of privacy, how often, and what is remembered of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from tests.support.evidence import FakeLists, link

from whinchat.apps.scanner.expand import FAILED, FOUND, Expander, Expansion
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.core.ports import Batch, Certificate, FetchFault, Step
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.fetcher import FakeFetcher
from whinchat.testing.sealer import PlainSealer

SHORT, LONGER = link("https://tiny.example/a"), link("https://small.example/b")
EVIL = "https://evil.example/login"
LISTS = FakeLists(
    well_known=frozenset({"google.com"}),
    tagged={"tiny.example": SiteTag.SHORTENER, "small.example": SiteTag.SHORTENER, "out.example": SiteTag.REDIRECTOR},
)


@dataclass
class World:
    web: FakeFetcher = field(default_factory=FakeFetcher)
    clock: FakeClock = field(default_factory=FakeClock)
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(MIGRATIONS))

    def __post_init__(self) -> None:
        self.web.leads(SHORT.url, LONGER.url)
        self.web.leads(LONGER.url, EVIL, step=Step.REFRESH, status=200)
        self.web.page(EVIL, "<title>PayPal</title><input type=password>")

    @property
    def expander(self) -> Expander:
        """A new one each time, as after a restart."""
        return Expander(self.web, LISTS, self.database, PlainSealer(), self.clock)

    async def expand(self, url: str = SHORT.url, privacy: Privacy = Privacy.FULL, *, anew: bool = False) -> Expansion:
        expansion = await self.expander.expand(link(url), privacy, anew=anew)
        assert expansion is not None
        return expansion


@pytest.fixture
def world() -> World:
    return World()


async def test_a_short_link_is_followed_to_its_page(world: World) -> None:
    expansion = await world.expand()
    assert expansion.chain == (SHORT, LONGER)
    assert expansion.final == link(EVIL)
    assert expansion.page is not None
    assert (expansion.page.title, expansion.page.asks_password) == ("PayPal", True)
    assert (expansion.fault, expansion.expires_at) == (None, world.clock.now() + FOUND)


async def test_a_page_that_leads_nowhere_is_its_own_end(world: World) -> None:
    expansion = await world.expand(EVIL)
    assert (expansion.chain, expansion.final) == ((), link(EVIL))


# --- privacy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "privacy", "followed"),
    [
        (SHORT.url, Privacy.LOCAL, False),
        (SHORT.url, Privacy.HASH_ONLY, True),
        (SHORT.url, Privacy.FULL, True),
        ("https://out.example/?u=x", Privacy.HASH_ONLY, True),
        (EVIL, Privacy.LOCAL, False),
        (EVIL, Privacy.HASH_ONLY, False),
        (EVIL, Privacy.FULL, True),
        ("tg://resolve?domain=x", Privacy.FULL, False),
    ],
)
async def test_what_is_followed_at_which_level(world: World, url: str, privacy: Privacy, followed: bool) -> None:
    expansion = await world.expander.expand(link(url), privacy)
    assert (expansion is not None, bool(world.web.visited)) == (followed, followed)


async def test_without_full_privacy_the_page_itself_is_not_asked(world: World) -> None:
    expansion = await world.expand(privacy=Privacy.HASH_ONLY)
    assert (expansion.chain, expansion.final) == ((SHORT, LONGER), link(EVIL))
    assert (expansion.page, expansion.fault) == (None, None)


async def test_what_hides_in_a_redirector_is_read_without_asking_it(world: World) -> None:
    world.web.leads(LONGER.url, "https://www.google.com/url?q=https://evil.example/login")
    final = (await world.expand(privacy=Privacy.HASH_ONLY)).final
    assert final is not None
    assert (final.host, final.wrapper is not None) == ("evil.example", True)


async def test_an_app_that_is_opened_is_where_it_ends(world: World) -> None:
    world.web.leads(LONGER.url, "whatsapp://send?text=x")
    final = (await world.expand(privacy=Privacy.HASH_ONLY)).final
    assert final is not None
    assert final.scheme == "whatsapp"


async def test_what_is_no_link_at_all_has_no_end(world: World) -> None:
    world.web.leads(LONGER.url, "unheardof:thing")
    assert (await world.expand()).final is None


# --- memory --------------------------------------------------------------------------------------------------------


async def test_is_asked_once_a_day(world: World) -> None:
    first = await world.expand()
    assert await world.expand() == first
    assert await world.expand(privacy=Privacy.HASH_ONLY) == first
    assert world.web.visited == [SHORT.url]
    await world.clock.advance(FOUND / 1000)
    await world.expand()
    assert world.web.visited == [SHORT.url] * 2


@pytest.mark.parametrize("fault", list(FetchFault))
async def test_a_failure_is_tried_again_soon(world: World, fault: FetchFault) -> None:
    world.web.page(EVIL, fault=fault)
    expansion = await world.expand()
    assert (expansion.fault, expansion.final, expansion.page) == (fault, link(EVIL), None)
    assert expansion.expires_at == world.clock.now() + FAILED
    assert await world.expand() == expansion
    await world.clock.advance(FAILED / 1000)
    world.web.page(EVIL, "here again")
    assert (await world.expand()).fault is None


async def test_a_certificate_is_remembered_without_a_page(world: World) -> None:
    world.web.page(EVIL, fault=FetchFault.TLS, certificate=Certificate("Nobody", ("a.example",), 1, 2, trusted=False))
    await world.expand()
    page = (await world.expand()).page
    assert page is not None
    assert (page.status, page.certificate and page.certificate.issuer) == (None, "Nobody")


async def test_what_was_not_visited_to_its_end_is_when_that_is_allowed(world: World) -> None:
    await world.expand(privacy=Privacy.HASH_ONLY)
    assert (await world.expand(privacy=Privacy.FULL)).page is not None
    assert (await world.expand(privacy=Privacy.HASH_ONLY)).page is not None
    assert len(world.web.visited) == 2


async def test_on_request_it_is_asked_anew(world: World) -> None:
    await world.expand()
    world.web.leads(LONGER.url, "https://moved.example/")
    world.web.page("https://moved.example/")
    assert (await world.expand(anew=True)).final == link("https://moved.example/")
    assert (await world.expand()).final == link("https://moved.example/")


async def test_many_who_see_it_at_once_ask_once(world: World) -> None:
    expander = world.expander
    found = await asyncio.gather(*(expander.expand(SHORT, Privacy.FULL) for _ in range(100)))
    assert set(map(id, found)) == {id(found[0])}
    assert world.web.visited == [SHORT.url]


async def test_no_link_is_stored_in_the_open(world: World) -> None:
    await world.expand()
    ((url, body),) = await world.database.fetch("SELECT url, body FROM scanner_expansions")
    assert url == PlainSealer().digest("url", SHORT.key)
    assert PlainSealer().open("scanner_expansions", url, body)  # type: ignore[arg-type]


async def test_what_is_over_is_let_go(world: World) -> None:
    await world.expand(SHORT.url)
    await world.expand("https://nobody.example/")
    await world.clock.advance(FAILED / 1000)
    await world.database.commit(Batch((world.expander.retention(),)))
    assert await world.database.fetch("SELECT count(*) FROM scanner_expansions") == [(1,)]
