"""The guarded fetcher among servers that want its time, its memory or its trust."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.support.hostile_web import (
    OPEN,
    Request,
    Server,
    Speech,
    Web,
    connected,
    hostile_web,
    listening,
    moved,
    page,
    raw,
    says,
)
from tests.support.web_server import bomb

from whinchat.core.ports import FetchFault, Step, Visit, VisitLimits
from whinchat.infra.fetch import GuardedFetcher
from whinchat.infra.guard import Guard
from whinchat.testing.resolver import FakeResolver

__all__ = ["connected"]

LIMITS = VisitLimits(total=10.0, most_bytes=20_000, most_decoded=100_000)
SHORT = 0.25  # seconds, for who would be waited for all the time
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ENDLESS = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def web(connected: list[str]) -> AsyncIterator[Web]:
    async with hostile_web(connected) as web:
        yield web
        assert set(web.connected) <= {OPEN}


async def visited(web: Web, speech: Speech, total: float = LIMITS.total) -> Visit:
    """Whatever the server says, the visit ends and has read no more than it may. `total`: seconds that it may take."""
    web.server.on("/", speech)
    async with asyncio.timeout(2 * LIMITS.total):
        visit = await web.fetcher.visit(web.url(), replace(LIMITS, total=total))
    assert len(visit.body) <= LIMITS.most_decoded
    return visit


@pytest.mark.parametrize(
    ("speech", "fault"),
    [
        # nothing, or never the end
        (raw(close=True), FetchFault.PROTOCOL),
        (raw(close=False), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 200 O", close=False), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", pause=0.03, forever=True), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 200 OK\r\nX: ", b"y", pause=0.01, forever=True), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01, forever=True), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", pause=0.01, forever=True), FetchFault.TIMEOUT),
        # too much
        (raw(b"HTTP/1.1 200 " + b"O" * 100_000), FetchFault.PROTOCOL),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), FetchFault.PROTOCOL),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000), FetchFault.PROTOCOL),
        (
            raw(b"HTTP/1.1 200 OK\r\n", b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 1000, forever=True),
            FetchFault.PROTOCOL,
        ),
        (raw(b"x" * 100_000), FetchFault.PROTOCOL),
        # no HTTP
        (raw(b"\0" * 1000), FetchFault.PROTOCOL),
        (raw(b"<html>HTTP/0.9</html>"), FetchFault.PROTOCOL),
        (raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"), FetchFault.PROTOCOL),
        (raw(b"220 mail.example ESMTP\r\n"), FetchFault.PROTOCOL),
        (raw(b"\0\0\x12\x04\0\0\0\0\0"), FetchFault.PROTOCOL),
        (raw(b"HTTP/1.1 OK\r\n\r\n"), FetchFault.PROTOCOL),
        (raw(b"HTTP/1.1 99999 OK\r\n\r\n"), FetchFault.PROTOCOL),
        (raw(b"HTTP/1.1 -1 OK\r\n\r\n"), FetchFault.PROTOCOL),
        (raw(HTML + b"Content-Length: -5\r\n\r\nhello"), FetchFault.PROTOCOL),
        (raw(HTML + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), FetchFault.PROTOCOL),
        (raw(HTML + ENDLESS + b"5\r\nhello\r\nFFFFFFFFFFFFFFFFFFFF\r\n"), FetchFault.PROTOCOL),
        (raw(HTML + ENDLESS + b"zz\r\n"), FetchFault.PROTOCOL),
        (raw(HTML + b"No colon here\r\n\r\n"), FetchFault.PROTOCOL),
        (raw(HTML + b"Bad\0Name: x\r\n\r\n"), FetchFault.PROTOCOL),
    ],
)
async def test_who_does_not_answer_is_left(web: Web, speech: Speech, fault: FetchFault) -> None:
    visit = await visited(web, speech, SHORT if fault is FetchFault.TIMEOUT else LIMITS.total)
    assert (visit.fault, visit.status) == (fault, None)


@pytest.mark.parametrize(
    "speech",
    [
        raw(HTML + ENDLESS, b"5\r\nhello\r\n", forever=True),
        raw(HTML + ENDLESS, b"4000\r\n" + b"x" * 0x4000 + b"\r\n", forever=True),
        raw(HTML + b"\r\n", b"y" * 10_000, forever=True),
        raw(HTML + b"Content-Length: 99999999999999\r\n\r\n", b"z" * 10_000, forever=True),
        says(200, bomb(5), Content_Type="text/html", Content_Encoding="gzip"),
        says(200, gzip.compress(bomb(5)), Content_Type="text/html", Content_Encoding="gzip"),
        says(200, gzip.compress(b"") * 1000 + bomb(1), Content_Type="text/html", Content_Encoding="gzip"),
    ],
)
async def test_of_an_endless_page_the_beginning_is_read(web: Web, speech: Speech) -> None:
    visit = await visited(web, speech)
    assert (visit.fault, visit.status) == (None, 200)


async def test_a_bomb_goes_off_at_the_limit(web: Web) -> None:
    visit = await visited(web, says(200, bomb(50, b"ab"), Content_Type="text/html", Content_Encoding="gzip"))
    assert len(visit.body) == LIMITS.most_decoded


@pytest.mark.parametrize(
    ("speech", "begins"),
    [
        (says(200, gzip.compress(b"hello" * 99)[:-9], Content_Type="text/html", Content_Encoding="gzip"), b"hello"),
        (says(200, b"\x1f\x8bnonsense", Content_Type="text/html", Content_Encoding="gzip"), b""),
        (says(200, b"hello", Content_Type="text/html", Content_Encoding="br"), b""),
        (says(200, b"hello", Content_Type="text/html", Content_Encoding="gzip, gzip"), b""),
        (raw(HTML + b"Content-Length: 100\r\n\r\nhello"), b"hello"),
        (raw(HTML + ENDLESS + b"5\r\nhello\r\n"), b"hello"),
    ],
)
async def test_a_damaged_page_is_one_as_far_as_it_goes(web: Web, speech: Speech, begins: bytes) -> None:
    visit = await visited(web, speech)
    assert visit.status == 200
    assert visit.body.startswith(begins)


async def test_what_is_known_when_the_time_is_over_stays_known(web: Web) -> None:
    dripping = raw(HTML + b"Content-Length: 100000\r\n\r\n<title>Hello", b".", pause=0.03, forever=True)
    visit = await visited(web, dripping, SHORT)
    assert (visit.fault, visit.status, visit.headers["content-type"]) == (FetchFault.TIMEOUT, 200, "text/html")
    assert visit.body.startswith(b"<title>Hello.")


async def test_the_time_is_that_of_all_hops_together(web: Web) -> None:
    for number in range(10):
        web.server.on(f"/{number}", raw(b"", f"HTTP/1.1 302 X\r\nLocation: /{number + 1}\r\n\r\n".encode(), pause=0.04))
    visit = await web.visit("/0", replace(LIMITS, total=SHORT))
    assert visit.fault is FetchFault.TIMEOUT
    assert 0 < len(visit.hops) < 10


# --- HEAD and GET --------------------------------------------------------------------------------------------------


def unless_head(speech: Speech, head: Speech) -> Speech:
    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        await (head if request.method == "HEAD" else speech)(request, writer)

    return speak


@pytest.mark.parametrize("head", [says(405), says(403), says(404), says(501), raw(), raw(b"nonsense\r\n\r\n")])
async def test_who_does_not_like_head_is_asked_for_the_page(web: Web, head: Speech) -> None:
    visit = await visited(web, unless_head(page("<p>hello</p>"), head))
    assert (visit.fault, visit.status, visit.body) == (None, 200, b"<p>hello</p>")


async def test_who_shows_head_another_face_is_believed_by_the_page(web: Web) -> None:
    web.server.on("/evil", page("evil"))
    visit = await visited(web, unless_head(moved("/evil"), page("harmless")))
    assert (visit.url, visit.body) == (web.url("/evil"), b"evil")


async def test_who_sends_a_page_after_head_too_is_asked_again(web: Web) -> None:
    head = HTML + b"Content-Length: 5\r\n\r\n"

    async def twice(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await asyncio.sleep(0.005)
        writer.write(b"hello")

    visit = await visited(web, twice)
    assert (visit.fault, visit.status, visit.body) == (None, 200, b"hello")


async def test_a_redirect_needs_no_second_request(web: Web) -> None:
    web.server.on("/next", says(200, b"x", Content_Type="image/png"))
    await visited(web, moved("/next"))
    assert [request.method for request in web.server.asked] == ["HEAD", "HEAD"]
    assert web.server.connections == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "application/vnd.android.package-archive"},
        {"Content_Type": "application/octet-stream"},
        {"Content_Type": "image/svg+xml"},
        {"Content_Type": "text/html", "Content_Disposition": 'attachment; filename="bill.apk"'},
    ],
)
async def test_downloads_are_seen_and_not_fetched(web: Web, headers: dict[str, str]) -> None:
    visit = await visited(web, says(200, b"PK\x03\x04" * 100, **headers))
    assert (visit.fault, visit.status, visit.body) == (None, 200, b"")
    assert [request.method for request in web.server.asked] == ["HEAD"]
    visit = await visited(web, unless_head(says(200, b"PK\x03\x04" * 100, **headers), says(405)))
    assert visit.body == b""


async def test_a_part_that_we_asked_for_is_a_page(web: Web) -> None:
    partial = raw(b"HTTP/1.1 206 Partial\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
    visit = await visited(web, unless_head(partial, says(405)))
    assert (visit.status, visit.body) == (200, b"hello")


@pytest.mark.parametrize("status", [200, 404, 410, 451, 500, 503])
async def test_a_page_is_one_whatever_its_status(web: Web, status: int) -> None:
    visit = await visited(web, says(status, b"gone", Content_Type="text/html"))
    assert (visit.fault, visit.status, visit.body) == (None, status, b"gone")


# --- leading on ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("next", "/next"),
        ("//a.example:{port}/next", "/next"),
        ("\\next", "/next"),
        ("  /next  ", "/next"),
        ("?q=\u0645", "/?q=%D9%85"),
        ("/\u00fc", "/%C3%BC"),
        ("/next#part", "/next#part"),
        ("HTTP:\\\\A.example:{port}\\next", "/next"),
    ],
)
async def test_a_location_is_read_as_browsers_do(web: Web, location: str, to: str) -> None:
    encoding = "utf-8" if "\u0645" in location else "latin-1"
    said = location.format(port=web.server.port).encode(encoding).decode("latin-1")
    visit = await visited(web, moved(said))
    assert visit.url == web.url(to)


@pytest.mark.parametrize(
    "speech",
    [
        moved("http://"),
        moved("http://["),
        moved("//"),
        moved("http://a.example:x/"),
        moved("http://\x00/"),
        raw(b"HTTP/1.1 302 X\r\nLocation: /a\r\nLocation: /b\r\n\r\n"),
        moved("http://" + "a" * 5000 + "\xff.example/%"),
    ],
)
async def test_a_location_that_is_none_is_a_fault(web: Web, speech: Speech) -> None:
    visit = await visited(web, speech)
    assert visit.fault is not None
    assert len(web.server.asked) <= 2


@pytest.mark.parametrize("speech", [moved(""), says(302), says(304), says(300, Location="/next")])
async def test_a_redirect_to_nowhere_is_a_page(web: Web, speech: Speech) -> None:
    visit = await visited(web, speech)
    assert (visit.fault, visit.hops) == (None, ())


@pytest.mark.parametrize(
    ("speech", "step"),
    [
        (says(200, Refresh="0; url=/next"), Step.REFRESH),
        (says(404, b"gone", Content_Type="text/html", Refresh="1;url='/next'"), Step.REFRESH),
        (page("<META content='0; URL=/next' HTTP-EQUIV=Refresh>"), Step.REFRESH),
        (page("<base href='/folder/'><meta http-equiv=refresh content=0;url=../next>"), Step.REFRESH),
        (page("<script>window.location.href = '\\/next';</script>"), Step.SCRIPT),
        (
            says(200, "<meta http-equiv=refresh content='0;url=/next'>".encode("utf-16"), Content_Type="text/html"),
            Step.REFRESH,
        ),
        (says(200, b"<meta http-equiv=refresh content='0;url=/next'>"), Step.REFRESH),
    ],
)
async def test_pages_lead_on_as_well(web: Web, speech: Speech, step: Step) -> None:
    web.server.on("/next", page("<p>here</p>"))
    visit = await visited(web, speech)
    assert (visit.url, visit.body, [hop.step for hop in visit.hops]) == (web.url("/next"), b"<p>here</p>", [step])


async def test_where_a_page_leads_to_what_is_no_address_it_is_the_end(web: Web) -> None:
    visit = await visited(web, page("<meta http-equiv=refresh content='0;url=http://['>"))
    assert (visit.fault, visit.status, visit.hops) == (None, 200, ())


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["[::1]", "[0:0::1]", "six.example"])
async def test_ipv6_is_asked_as_well(connected: list[str], host: str) -> None:
    async with listening(Server(), "::1") as server:
        server.on("/", page("six"))
        resolver = FakeResolver()
        resolver.answer("six.example", ["::1"])
        guard = Guard(resolver, allowed=lambda _: True, ports=frozenset({server.port}))
        visit = await GuardedFetcher(guard, "test/1").visit(f"http://{host}:{server.port}/", LIMITS)
        assert (visit.fault, visit.body) == (None, b"six")
        assert connected == ["::1"]


async def test_where_nobody_is_nobody_answers(web: Web) -> None:
    web.server.on("/", page("hello"))
    url = web.url()
    await web.close()
    assert (await web.fetcher.visit(url, LIMITS)).fault is FetchFault.UNREACHABLE
