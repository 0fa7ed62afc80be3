"""The guarded fetcher and TLS: who is not trusted is looked at, and told nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.certificates import authority
from tests.support.hostile_web import (
    OPEN,
    SECRET,
    Request,
    Speech,
    Web,
    connected,
    hostile_web,
    moved,
    page,
    raw,
)

from whinchat.core.ports import FetchFault, Visit, VisitLimits

__all__ = ["connected"]

LIMITS = VisitLimits(total=2.0)
DAY = timedelta(days=1)


@asynccontextmanager
async def secure(
    connected: list[str],
    folder: Path,
    *names: str,
    begins: timedelta = -DAY,
    ends: timedelta = 30 * DAY,
    own: bool = False,
) -> AsyncIterator[Web]:
    """A web whose servers have a certificate for these names, valid from and to that long from now."""
    context = authority().server(folder, *names, begins=begins, ends=ends, own=own)
    async with hostile_web(connected, context) as web:
        web.server.on("/", page("<title>safe</title>"))
        yield web
        assert set(web.connected) <= {OPEN}


async def visited(web: Web, host: str = "a.example") -> Visit:
    return await web.fetcher.visit(web.url(host=host, scheme="https"), LIMITS)


async def test_a_trusted_page_is_read_and_its_certificate_noted(connected: list[str], tmp_path: Path) -> None:
    async with secure(connected, tmp_path, "a.example", "*.b.example", OPEN) as web:
        now = time.time() * 1000
        visit = await visited(web)
        assert (visit.fault, visit.status, visit.body) == (None, 200, b"<title>safe</title>")
        assert visit.certificate is not None
        assert visit.certificate.trusted
        assert visit.certificate.issuer == "Test Authority"
        assert visit.certificate.names == ("a.example", "*.b.example", OPEN)
        assert visit.certificate.not_before == pytest.approx(now - 86_400_000, abs=60_000)
        assert visit.certificate.not_after == pytest.approx(now + 30 * 86_400_000, abs=60_000)


async def test_an_address_may_have_a_certificate_of_its_own(connected: list[str], tmp_path: Path) -> None:
    async with secure(connected, tmp_path, OPEN) as web:
        assert (await visited(web, OPEN)).fault is None


@pytest.mark.parametrize(
    ("name", "begins", "ends", "own"),
    [
        ("a.example", -DAY, DAY, True),
        ("paypal.example", -DAY, DAY, False),
        ("*.example", -30 * DAY, -DAY, False),
        ("a.example", DAY, 30 * DAY, False),
        ("a.example.evil.example", -DAY, DAY, False),
        (SECRET, -DAY, DAY, False),
    ],
)
async def test_who_is_not_trusted_is_looked_at_and_told_nothing(
    connected: list[str], tmp_path: Path, name: str, begins: timedelta, ends: timedelta, own: bool
) -> None:
    async with secure(connected, tmp_path, name, begins=begins, ends=ends, own=own) as web:
        visit = await visited(web)
        assert (visit.fault, visit.status, visit.body) == (FetchFault.TLS, None, b"")
        assert visit.certificate is not None
        assert not visit.certificate.trusted
        assert visit.certificate.names == (name,)
        assert visit.certificate.issuer == ("Somebody" if own else "Test Authority")
        assert web.server.asked == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (raw(close=False), FetchFault.TIMEOUT),
        (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FetchFault.TLS),
        (raw(b"\x16\x03\x01\xff\xff" + b"\0" * 70_000), FetchFault.TLS),
        (raw(b"\x15\x03\x03\0\x02\x01\0", forever=True), FetchFault.TLS),
    ],
)
async def test_who_does_not_speak_tls_is_left(connected: list[str], said: Speech, fault: FetchFault) -> None:
    async with hostile_web(connected) as web:
        web.server.greeting = said
        limits = VisitLimits(total=0.3 if fault is FetchFault.TIMEOUT else 10.0)
        visit = await web.fetcher.visit(web.url(scheme="https"), limits)
        assert (visit.fault, visit.certificate) == (fault, None)


async def test_who_keeps_the_handshake_waiting_does_not_get_all_the_time(
    connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop's time is moved, from when there is nothing to come but a timeout: a second at each of its turns."""
    total, passed, reached = 50_000.0, 0.0, asyncio.Event()
    loop = asyncio.get_running_loop()
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + passed)

    async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await writer.wait_closed()

    async with hostile_web(connected) as web:
        web.server.greeting = silent
        visiting = asyncio.create_task(web.fetcher.visit(web.url(scheme="https"), VisitLimits(total=total)))
        await reached.wait()
        while not visiting.done():
            passed += 1
            await asyncio.sleep(0)
        assert (await visiting).fault is FetchFault.TIMEOUT
        assert passed < total / 2


@pytest.mark.parametrize("host", [SECRET, "[::1]", "2130706434", "inside.example"])
async def test_tls_leads_nowhere_else_either(connected: list[str], tmp_path: Path, host: str) -> None:
    async with secure(connected, tmp_path, "a.example", SECRET) as web:
        web.names.on("inside.example", SECRET)
        assert (await visited(web, host)).fault is FetchFault.ADDRESS
        web.server.on("/", moved(web.url(host=host, scheme="https")))
        assert (await visited(web)).fault is FetchFault.ADDRESS
        assert web.secret.connections == 0


async def test_a_name_that_moves_before_the_second_look_at_a_certificate_gains_nothing(
    connected: list[str], tmp_path: Path
) -> None:
    async with secure(connected, tmp_path, "other.example") as web:
        web.names.on("moving.example", OPEN, SECRET)
        assert (await visited(web, "moving.example")).fault is FetchFault.TLS
        assert web.connected == [OPEN, OPEN]
        assert web.secret.connections == 0


async def test_leaving_tls_is_allowed_and_seen(connected: list[str], tmp_path: Path) -> None:
    async with secure(connected, tmp_path, "a.example") as web:
        web.server.on("/", moved("http://a.example/plain"))
        visit = await visited(web)
        assert [hop.url for hop in visit.hops] == [web.url(scheme="https")]
        assert visit.url == "http://a.example/plain"


async def test_a_machine_that_is_gone_at_the_second_look_showed_nothing(
    connected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: object) -> bytes | None:
        raise ConnectionRefusedError

    monkeypatch.setattr("whinchat.infra.hop.shown_certificate", gone)
    async with secure(connected, tmp_path, "other.example") as web:
        visit = await visited(web)
        assert (visit.fault, visit.certificate) == (FetchFault.TLS, None)
