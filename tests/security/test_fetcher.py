"""The guarded fetcher against people who would have it ask what it must not: no socket ever goes there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import ResolveResult
from tests.support.dns_server import AAAA, SERVFAIL, A, Reply
from tests.support.forbidden import HOSTS, UNREADABLE, V4, V6
from tests.support.hostile_web import OPEN, SECRET, Web, connected, hostile_web, moved, page, says

from whinchat.bootstrap import web_fetcher
from whinchat.core.ports import FetchFault, Step, Visit, VisitLimits
from whinchat.testing.resolver import FakeResolver

__all__ = ["connected"]

LIMITS = VisitLimits(total=2.0)


@pytest.fixture
async def web(connected: list[str]) -> AsyncIterator[Web]:
    async with hostile_web(connected) as web:
        yield web
        assert set(web.connected) <= {OPEN}
        assert web.secret.connections == 0


async def led_to(web: Web, url: str) -> Visit:
    """By a page that is allowed."""
    web.server.on("/", moved(url.encode().decode("latin-1")))
    return await web.visit("/")


# --- where to ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
async def test_a_forbidden_address_is_not_connected_to_however_it_is_written(web: Web, host: str) -> None:
    visit = await web.fetcher.visit(web.url(host=host), LIMITS)
    assert (visit.fault, visit.status) == (FetchFault.ADDRESS, None)
    assert web.connected == []


@pytest.mark.parametrize("host", HOSTS)
async def test_nor_is_it_by_a_redirect(web: Web, host: str) -> None:
    visit = await led_to(web, web.url(host=host))
    assert (visit.fault, visit.status) == (FetchFault.ADDRESS, None)
    assert [hop.status for hop in visit.hops] == [302]


@pytest.mark.parametrize("address", [*V4, *V6])
async def test_nor_by_a_name(web: Web, address: str) -> None:
    web.names.on("inside.example", address)
    visit = await web.fetcher.visit(web.url(host="inside.example"), LIMITS)
    assert visit.fault is FetchFault.ADDRESS
    assert web.connected == []


async def test_the_fetcher_of_the_service_refuses_them_all(connected: list[str]) -> None:
    resolver = FakeResolver()
    fetcher = web_fetcher(resolver)
    for host in (*HOSTS, OPEN, "localhost"):
        resolver.answer("inside.example", [host.strip("[]")])
        for url in (f"http://{host}/", f"https://{host}:8443/", "http://inside.example/"):
            visit = await fetcher.visit(url, LIMITS)
            assert visit.fault in {FetchFault.ADDRESS, FetchFault.UNRESOLVED}, url
    assert connected == []


@pytest.mark.parametrize("host", UNREADABLE)
async def test_what_no_browser_reads_is_not_guessed(web: Web, host: str) -> None:
    visit = await web.fetcher.visit(f"http://{host}/", LIMITS)
    assert visit.fault is FetchFault.PROTOCOL
    web.server.on("/", moved(f"http://{host}/"))
    visit = await web.visit("/")
    assert (visit.fault, visit.status) == (FetchFault.PROTOCOL, 302)


@pytest.mark.parametrize(
    "lead",
    [
        lambda url: says(301, Location=url),
        lambda url: says(307, Location=url),
        lambda url: says(200, Refresh=f"0; url={url}"),
        lambda url: page(f'<meta http-equiv="refresh" content="0;url={url}">'),
        lambda url: page(f"<script>location.replace('{url}')</script>"),
    ],
)
@pytest.mark.parametrize("host", [SECRET, "[::1]", "inside.example"])
async def test_every_way_of_leading_on_is_guarded(web: Web, lead: object, host: str) -> None:
    web.names.on("inside.example", SECRET)
    assert callable(lead)
    web.server.on("/", lead(web.url(host=host)))
    visit = await web.visit("/")
    assert (visit.fault, len(visit.hops), visit.url) == (FetchFault.ADDRESS, 1, web.url(host=host))


# --- names ---------------------------------------------------------------------------------------------------------


async def test_a_name_that_moves_between_two_looks_is_connected_to_where_it_was_looked_at(web: Web) -> None:
    web.names.on("moving.example", OPEN, SECRET)
    web.server.on("/", page("<p>here</p>"))
    visit = await web.fetcher.visit(web.url(host="moving.example"), LIMITS)
    assert (visit.fault, visit.body) == (None, b"<p>here</p>")
    assert [request.method for request in web.server.asked] == ["HEAD", "GET"]
    assert web.names.asked.count(("moving.example", A)) == 1


async def test_a_name_that_moved_is_looked_at_again_at_the_next_hop(web: Web) -> None:
    web.names.on("moving.example", OPEN, SECRET)
    web.server.on("/", moved("/next"))
    visit = await web.fetcher.visit(web.url(host="moving.example"), LIMITS)
    assert (visit.fault, visit.url) == (FetchFault.ADDRESS, web.url("/next", "moving.example"))


@pytest.mark.parametrize("addresses", [(OPEN, SECRET), (SECRET, OPEN), (OPEN, "::1"), ("93.184.216.34", "10.0.0.1")])
async def test_one_forbidden_address_spoils_a_name(web: Web, addresses: tuple[str, ...]) -> None:
    web.names.on("mixed.example", Reply(addresses))
    visit = await web.fetcher.visit(web.url(host="mixed.example"), LIMITS)
    assert visit.fault is FetchFault.ADDRESS
    assert web.connected == []


async def test_an_alias_counts_for_what_it_stands_for(web: Web) -> None:
    web.names.on("alias.example", Reply((SECRET,), alias="localhost"))
    assert (await web.fetcher.visit(web.url(host="alias.example"), LIMITS)).fault is FetchFault.ADDRESS


async def test_ipv6_alone_is_looked_at_too(web: Web) -> None:
    web.names.on("six.example", Reply())
    web.names.only("six.example", AAAA, Reply(("::1",)))
    assert (await web.fetcher.visit(web.url(host="six.example"), LIMITS)).fault is FetchFault.ADDRESS


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST", "a.localhost", "printer", "router.local"])
async def test_names_of_ones_own_network_are_asked_of_the_name_servers_alone(web: Web, host: str) -> None:
    assert (await web.fetcher.visit(web.url(host=host), LIMITS)).fault is FetchFault.UNRESOLVED
    assert web.connected == []


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(code=3), FetchFault.UNRESOLVED),
        (Reply(), FetchFault.UNRESOLVED),
        (Reply(code=SERVFAIL), FetchFault.UNRESOLVED),
        (Reply(silent=True), FetchFault.TIMEOUT),
        (Reply(garbage=b"\0" * 40), FetchFault.TIMEOUT),
    ],
)
async def test_a_name_that_cannot_be_looked_up_is_not_asked(web: Web, reply: Reply, fault: FetchFault) -> None:
    web.names.on("lost.example", reply)
    assert (await web.fetcher.visit(web.url(host="lost.example"), LIMITS)).fault is fault
    assert web.connected == []


async def test_whatever_chooses_another_machine_the_socket_is_refused(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def elsewhere(_: object, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=SECRET, port=port, family=family, proto=6, flags=0)]

    monkeypatch.setattr("whinchat.infra.pinned._Checked.resolve", elsewhere)
    assert (await web.visit("/")).fault is FetchFault.UNREACHABLE
    assert web.connected == []


# --- schemes, ports, users -----------------------------------------------------------------------------------------

SCHEMES = (
    "file:///etc/passwd",
    "file://127.0.0.2/etc/passwd",
    "gopher://127.0.0.2:6379/_FLUSHALL",
    "ftp://127.0.0.2/",
    "dict://127.0.0.2:11211/stats",
    "ldap://127.0.0.2/",
    "ws://127.0.0.2/",
    "data:text/html,<script>location='http://127.0.0.2/'</script>",
    "javascript:fetch('http://127.0.0.2/')",
    "blob:http://127.0.0.2/x",
    "about:blank",
    "view-source:http://127.0.0.2/",
    "jar:http://127.0.0.2!/",
    "intent://127.0.0.2/#Intent;scheme=http;end",
    "whatsapp://send?text=x",
)


@pytest.mark.parametrize("url", SCHEMES)
async def test_only_the_web_is_asked(web: Web, url: str) -> None:
    visit = await web.fetcher.visit(url, LIMITS)
    assert (visit.fault, visit.hops) == (FetchFault.SCHEME, ())
    visit = await led_to(web, url)
    assert (visit.fault, visit.status, len(visit.hops)) == (FetchFault.SCHEME, None, 1)


@pytest.mark.parametrize("user", ["ana:secret@", "ana@", ":secret@", "paypal.com@", "%61na:x@", "a.example%20@"])
async def test_nobody_is_given_a_name_or_password(web: Web, user: str) -> None:
    url = f"http://{user}a.example:{web.server.port}/"
    assert (await web.fetcher.visit(url, LIMITS)).fault is FetchFault.CREDENTIALS
    assert web.connected == []
    assert (await led_to(web, url)).fault is FetchFault.CREDENTIALS
    assert len(web.server.asked) == 1


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 445, 3306, 6379, 9200, 11211, 65535])
async def test_other_services_are_not_spoken_to(web: Web, port: int) -> None:
    url = f"http://a.example:{port}/"
    assert (await web.fetcher.visit(url, LIMITS)).fault is FetchFault.PORT
    assert web.connected == []
    assert (await led_to(web, url)).fault is FetchFault.PORT


# --- how far -------------------------------------------------------------------------------------------------------


async def test_ten_redirects_are_followed_and_the_eleventh_is_not(web: Web) -> None:
    for number in range(11):
        web.server.on(f"/{number}", moved(f"/{number + 1}"))
    web.server.on("/11", page("far away"))
    visit = await web.visit("/1")
    assert (visit.fault, len(visit.hops), visit.body) == (None, 10, b"far away")
    visit = await web.visit("/0")
    assert (visit.fault, len(visit.hops), visit.url) == (FetchFault.HOPS, 10, web.url("/10"))


@pytest.mark.parametrize("way", [["/"], ["/", "/a"], ["/", "/a", "/b"]])
async def test_a_circle_is_left_at_once(web: Web, way: list[str]) -> None:
    for here, there in zip(way, [*way[1:], way[0]], strict=True):
        web.server.on(here, moved(there))
    visit = await web.visit("/")
    assert (visit.fault, visit.url, visit.status) == (FetchFault.HOPS, web.url(way[-1]), 302)
    assert [request.path for request in web.server.asked] == way


async def test_a_page_that_always_leads_to_a_new_one_is_left(web: Web) -> None:
    for number in range(30):
        web.server.on(f"/{number}", page(f'<meta http-equiv=refresh content="0;url=/{number + 1}">'))
    visit = await web.visit("/0")
    assert (visit.fault, len(visit.hops)) == (FetchFault.HOPS, 10)


async def test_where_it_is_not_to_be_followed_nothing_is_asked(web: Web) -> None:
    web.server.on("/", moved(web.url("/page", "b.example")))
    visit = await web.fetcher.visit(web.url(), LIMITS, lambda url: "b.example" not in url)
    assert (visit.url, visit.status, visit.fault) == (web.url("/page", "b.example"), None, None)
    assert [hop.step for hop in visit.hops] == [Step.LOCATION]
    assert len(web.server.asked) == 1
    assert ("b.example", A) not in web.names.asked


# --- what we give away ---------------------------------------------------------------------------------------------


async def test_says_what_it_is_and_nothing_else(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("default login ana password secret\n")
    proxy = f"http://{SECRET}:{web.server.port}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    web.server.on("/", says(302, Location="/page", Set_Cookie="who=ana"))
    web.server.on("/page", page("<p>hello</p>", Set_Cookie="who=ana"))
    await web.visit("/")
    usual = {
        "host": f"a.example:{web.server.port}",
        "user-agent": "test/1",
        "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
        "accept-language": "en",
        "accept-encoding": "gzip",
    }
    head, redirected, get = web.server.asked
    assert (head.headers, redirected.headers) == (usual, usual)
    assert (get.method, get.headers) == ("GET", {**usual, "range": "bytes=0-131071"})
