"""Every known list, in its real format, from a server on loopback that behaves and misbehaves as real ones do."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from tests.support.snapshots import link_to
from tests.support.updates import POPULAR, Desk
from tests.support.web_server import (
    Handler,
    WebServer,
    body,
    bomb,
    cut_off,
    drips,
    hangs_up,
    redirect,
    serving,
    silent,
    versioned,
)

from whinchat.apps.scanner.feeds import download
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.sources import Source, known_sources
from whinchat.core.ports import HttpLimits
from whinchat.core.secret import Secret
from whinchat.infra.clock import SystemClock
from whinchat.infra.http import AiohttpClient
from whinchat.infra.storage.opening import opened
from whinchat.testing.clock import FakeClock

COUNT = 150  # entries of a list, above the size up to which it may change as it likes
DAY = 86_400  # seconds


def urls(count: int = COUNT, host: str = "h{}.example") -> list[str]:
    return [f"https://{host.format(number)}/login?id={number}" for number in range(count)]


def openphish(names: list[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def domains(names: list[str]) -> bytes:
    """A byte order mark and line ends as CERT.PL has them."""
    return ("\ufeff" + "".join(f"{name.split('/')[2]}\r\n" for name in names)).encode()


def tweetfeed(names: list[str]) -> bytes:
    rows = []
    for number, name in enumerate(names):
        told = f"2026-01-01 00:00:{number % 60:02},reporter,{{}},{{}},#phishing #scam,https://x.com/reporter/status/{number}"
        rows += [told.format("url", name), told.format("sha256", f"{number:064x}")]
    return "".join(f"{row}\r\n" for row in [*rows, "", "2026-01-01 00:00:00,reporter,domain"]).encode()


def urlhaus(names: list[str]) -> bytes:
    head = [
        "#" * 64,
        "# abuse.ch URLhaus Database Dump (CSV - online URLs only)      #",
        "# Terms Of Use: https://urlhaus.abuse.ch/api/                  #",
        "#" * 64,
        "#",
        "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter",
    ]
    row = '"{0}","2026-01-01 12:00:00","{1}","{2}","2026-01-01","malware_download","elf,mirai","https://urlhaus.abuse.ch/url/{0}/","who"'
    rows = [row.format(number, name, "online") for number, name in enumerate(names)]
    return "\r\n".join([*head, *rows, row.format(999, "http://gone.example/x", "offline")]).encode()


FORMATS = {
    "openphish": openphish,
    "phishing_database": domains,
    "certpl": domains,
    "tweetfeed": tweetfeed,
    "urlhaus": urlhaus,
}


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient("whinchat/1.2.3")
    yield client
    await client.close()


def made(folder: Path, http: AiohttpClient | None, *sources: Source) -> Desk:
    """Over a database in a real file."""
    return Desk(
        folder,
        sources,
        http,
        open_database=partial(opened, clock=SystemClock()),
        auth_key=Secret("k3y"),
    )


@pytest.fixture(params=FORMATS)
def known(request: pytest.FixtureRequest, server: WebServer) -> Source:
    """A list as it is known, at an address of this machine."""
    source = known_sources()[request.param]
    query = "?auth-key={auth_key}" if source.needs_auth_key else ""
    return msgspec.structs.replace(source, url=f"{server.url}/list{query}", least=10, most=10_000, enabled=True)


def listing(known: Source, names: list[str]) -> bytes:
    return FORMATS[known.name](names)


async def test_a_known_list_is_read_as_its_publisher_writes_it(
    known: Source, server: WebServer, http: AiohttpClient, tmp_path: Path
) -> None:
    desk = made(tmp_path, http, known)
    server.on("/list", versioned(listing(known, urls()), '"1"', "Thu, 01 Jan 2026 00:00:00 GMT"))
    updated = await desk.update(known.name)

    assert updated.error is None
    assert updated.imported is not None
    feed = updated.imported.feed
    assert (feed.entries, feed.threat, feed.trust, updated.imported.demoted) == (
        COUNT,
        known.threat,
        known.trust,
        False,
    )
    (found,) = SnapshotLists(tmp_path / "feeds.snap", FakeClock()).listings(link_to("https://h7.example/login?id=7"))
    assert (found.feed, found.decisive) == (known.name, True)
    assert SnapshotLists(tmp_path / "feeds.snap", FakeClock()).listings(link_to("http://gone.example/x")) == ()

    desk.clock.move(3600)
    assert (await desk.update(known.name)).imported is None
    asked, again = server.asked
    assert asked.query_string == ("auth-key=k3y" if known.needs_auth_key else "")
    own = {"Host": server.url.removeprefix("http://"), "User-Agent": "whinchat/1.2.3", "Accept-Encoding": "gzip"}
    assert dict(asked.headers) == own | {"Accept": "*/*"}
    version = {"If-None-Match": '"1"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert dict(again.headers) == own | {"Accept": "*/*"} | version


FAULTS_OF_SERVERS: Mapping[str, tuple[Handler, str]] = {
    "drips": (drips(b"a.example\n" * 1000), "timeout"),
    "is silent": (silent(), "timeout"),
    "hangs up": (hangs_up(), "truncated"),
    "is cut off": (cut_off(b"a.example\n" * 50, 100_000), "truncated"),
    "is cut off in chunks": (cut_off(b"a.example\n" * 50), "truncated"),
    "is too many requests": (body(b"slow down", 429, Retry_After="7200"), "status_429"),
    "is an error": (body(b"oops", 500), "status_500"),
    "is unavailable": (body(b"", 503), "status_503"),
    "is gone": (body(b"not here", 404), "status_404"),
    "is half an encoding": (body(gzip.compress(openphish(urls()))[:-20], Content_Encoding="gzip"), "truncated"),
    "is a bomb": (body(bomb(4), Content_Encoding="gzip"), "too_large"),
    "is too long": (body(b"x" * 2_000_000), "too_large"),
    "redirects for ever": (redirect("/list"), "redirect"),
    "redirects to a file": (redirect("file:///etc/passwd"), "redirect"),
}
"""Noticed before anybody reads the list."""

FAULTS_OF_LISTS: Mapping[str, tuple[Handler, str]] = {
    "is a web page": (body(b"<!DOCTYPE html>\n<html><title>Just a moment...</title>"), "refused"),
    "is an error in JSON": (body(b'{"error": "rate limited"}'), "refused"),
    "is empty": (body(b""), "refused"),
    "is half a gzip": (body(gzip.compress(openphish(urls()))[:-20]), "refused"),
    "is a bomb of remarks": (body(bomb(4, b"# nothing\n")), "refused"),
    "is 100 times smaller": (body(openphish(urls(1))), "refused"),
    "is all popular sites": (body("".join(f"{name}\n" for name in sorted(POPULAR)).encode()), "suspicious_list"),
}


FAULTS = {**FAULTS_OF_SERVERS, **FAULTS_OF_LISTS}


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        *(("openphish", fault) for fault in FAULTS_OF_SERVERS),
        *((name, fault) for name in FORMATS for fault in FAULTS_OF_LISTS),
    ],
    indirect=["known"],
)
async def test_a_list_that_misbehaves_costs_nothing(
    known: Source,
    fault: str,
    server: WebServer,
    http: AiohttpClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "LIMITS", HttpLimits(most_bytes=1 << 20, most_decoded=2 << 20, total=0.3))
    monkeypatch.setattr("whinchat.apps.scanner.feeds.updater.MOST_BYTES", 2 << 20)
    desk = made(tmp_path, http, known)
    server.on("/list", body(listing(known, urls())))
    assert (await desk.update(known.name)).error is None
    good = await desk.feed(known.name)
    snapshot = (tmp_path / "feeds.snap").read_bytes()

    handler, code = FAULTS[fault]
    server.on("/list", handler)
    desk.clock.move(DAY)
    found = await desk.error(known.name)
    # What a line means depends on the format, and so does which of two reasons comes first.
    assert found == code or {found, code} <= {"refused", "suspicious_list"}
    after = await desk.feed(known.name)
    assert good is not None
    assert after is not None
    assert (after.sha256, after.entries, after.generation) == (good.sha256, good.entries, good.generation)
    assert (tmp_path / "feeds.snap").read_bytes() == snapshot
    assert not [path for path in tmp_path.iterdir() if path.name not in {"feeds.snap", "feeds.db", "feeds.db.lock"}]
    attempt = await desk.attempt(known.name)
    assert (attempt.failures, attempt.code) == (1, found)
    assert attempt.next_at > desk.clock.now()

    server.on("/list", body(listing(known, urls(COUNT + 1))))
    assert (await desk.update(known.name)).imported is not None
    assert (await desk.attempt(known.name)).failures == 0


@pytest.mark.parametrize("count", [15, 1_500])
async def test_a_list_that_is_far_smaller_or_larger_is_not_believed(
    known: Source, count: int, server: WebServer, http: AiohttpClient, tmp_path: Path
) -> None:
    desk = made(tmp_path, http, msgspec.structs.replace(known, most=20_000))
    server.on("/list", body(listing(known, urls())))
    await desk.update(known.name)
    server.on("/list", body(listing(known, urls(count))))
    assert await desk.error(known.name) == "suspicious_list"
    assert (await desk.update(known.name, force=True)).imported is not None


async def test_a_list_that_is_100_times_larger_is_left_early(
    server: WebServer, http: AiohttpClient, tmp_path: Path
) -> None:
    desk = made(tmp_path, http, Source(name="mine", url=f"{server.url}/list", most=3_000))
    server.on("/list", body(openphish(urls())))
    await desk.update()
    server.on("/list", body(openphish(urls(100 * COUNT))))
    assert "4,000 entries, expected are 1 to 3,000" in str((await desk.update()).error)


async def test_a_list_of_any_shape_by_address(server: WebServer, http: AiohttpClient, tmp_path: Path) -> None:
    certpl = [
        {"DomainAddress": "h1.example", "InsertDate": "2026-01-01T00:00:00+00:00", "DeleteDate": None},
        {"DomainAddress": "h2.example", "InsertDate": "2026-01-01T00:00:00+00:00", "DeleteDate": "2026-01-02T00:00:00"},
    ]
    reports = [
        {"date": "2026-01-01 00:00:00", "type": "url", "value": "http://h1.example/", "tags": ["phishing"]},
        {"date": "2026-01-01 00:00:00", "type": "md5", "value": "0" * 32, "tags": []},
    ]
    dump = {
        "1": [{"url": "http://h1.example/", "url_status": "online"}],
        "2": [{"url": "http://h2.example/", "url_status": "offline"}],
    }
    contents = {
        "hosts": b"0.0.0.0 h1.example\n",
        "certpl.json": json.dumps(certpl).encode(),
        "certpl.csv": b"RegisterPositionId\tDomainAddress\tInsertDate\tDeleteDate\n"
        b"1\th1.example\t2026-01-01T00:00:00\t\n2\th2.example\t2026-01-01T00:00:00\t2026-01-02T00:00:00\n",
        "reports.json": json.dumps(reports).encode(),
        "dump.json": json.dumps(dump).encode(),
        "dump.json.gz": gzip.compress(json.dumps(dump).encode()),
        "names.json": b'["h1.example"]',
    }
    for name, content in contents.items():
        url = server.on(f"/{name}", body(content))
        folder = tmp_path / name
        folder.mkdir()
        desk = made(folder, http, Source(name="mine", url=url))
        assert (await desk.update()).error is None, name
        assert (desk.listed("h1.example"), desk.listed("h2.example")) == (["mine"], []), name


async def test_of_two_processes_that_update_together_one_asks(
    server: WebServer, http: AiohttpClient, tmp_path: Path
) -> None:
    gate = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.Response(body=b"evil.example\n")

    source = Source(name="mine", url=server.on("/list", answer))
    first, second = (made(tmp_path, http, source) for _ in range(2))
    assert await first.feed() is None  # the database is there
    async with asyncio.TaskGroup() as group:
        winner = group.create_task(first.update())
        while not server.asked:
            await asyncio.sleep(0.001)
        assert await second.updater.update("mine", only_due=True) is None
        gate.set()
    assert winner.result().imported is not None
    assert len(server.asked) == 1


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.integration.apps.scanner.feeds import test_updates as test
from whinchat.apps.scanner.feeds import attempts, claim, download, store

folder, url, point = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def killed(when, function):
    async def wrapped(*arguments, **options):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await function(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    return wrapped

where, _, when = point.partition(" ")
owner, name = {
    "begin": (attempts.Attempts, "begin"),
    "save": (download.Downloader, "_save"),
    "import": (store.FeedStore, "import_feed"),
    "stage": (store.FeedStore, "_stage"),
    "swap": (store.FeedStore, "_swap"),
    "succeed": (attempts.Attempts, "succeed"),
}[where]
setattr(owner, name, killed(when, getattr(owner, name)))
asyncio.run(test.once(folder, url))
"""


async def once(folder: Path, url: str) -> None:
    client = AiohttpClient("test/1")
    await made(folder, client, Source(name="mine", url=url)).update()
    await client.close()


POINTS = [
    f"{where} {when}"
    for where in ("begin", "save", "import", "stage", "swap", "succeed")
    for when in ("before", "after")
]


@pytest.mark.parametrize("point", POINTS)
async def test_an_update_killed_anywhere_happens_whole_or_not_at_all(
    point: str, server: WebServer, http: AiohttpClient, tmp_path: Path
) -> None:
    url = server.on("/list", versioned(b"".join(b"old%d.example\n" % number for number in range(2_500)), '"1"'))
    desk = made(tmp_path, http, Source(name="mine", url=url))
    await desk.update()
    server.on("/list", versioned(b"".join(b"new%d.example\n" % number for number in range(2_500)), '"2"'))
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CHILD, str(tmp_path), url, point],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    desk.clock.move(SystemClock().now() / 1000 - desk.clock.now() / 1000 + 60)
    done = point in {"swap after", "import after", "succeed before", "succeed after"}
    async with desk.open_store() as (store, _):
        (feed,) = await store.feeds()
        assert feed.etag == ('"2"' if done else '"1"')
    assert (bool(desk.listed("new7.example")), bool(desk.listed("old7.example"))) == (done, not done)

    await desk.update()
    assert (desk.listed("new7.example"), desk.listed("old7.example")) == (["mine"], [])
    async with desk.open_store() as (_, database):
        assert await database.fetch("SELECT COUNT(*) FROM entries") == [(2_500,)]
    assert desk.leftovers() == []
