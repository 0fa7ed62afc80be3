"""After a busy time on WhatsApp nothing that was said, and nobody's number, id, name, code or token, stands in the
clear in a log, a metric, a page for operators or a file of ours. The linked session itself is the library's, and is in
the clear: that is said, and it is for this user alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from tests.support.graph.faults import Fault, Kind
from tests.support.graph.graph import SECRET, TOKEN, VERIFY_TOKEN
from tests.support.graph.server import graphing
from tests.support.linked.accounts import enters, eventually
from tests.support.needles import everything_in, found_in
from tests.support.product import Product, cloud_product, linked_product
from tests.support.whatsapp import contents
from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.types import ConnectionState
from whinchat.infra.clock import SystemClock
from whinchat.transports.linked.transport import LinkedTransport

SAID = "zwiebeltaschengeld"
CAPTION = "mondscheinkaffee"
FILE = "nussknackerplan.png"
SUBJECT = "Wolpertingerfreunde"
LINK = "https://paypa1-login.pages.dev/lindwurmpfad"
ID = "3EB0QUASIMODORIA55AA"
PHONE, LID = "4915112345678", "123456789098765"
ADMIN_PHONE, ADMIN_LID = "4915187654321", "567890987654321"
BOT_PHONE, BOT_LID = "4915155555555", "998877665544332"
PASSWORD = "blumenladensonnenhof"
USER_ID = "DE.1234567890abcdef"
USERNAME = "bob_wolpertinger"

OF_THE_TEST = ("pyaileys", "tests", "aiohttp.access")
"""Loggers of the fakes, which run in this process."""
SESSION = ("main.db", "main.db-wal", "main.db-shm")


class Heard(logging.Handler):
    """Everything that is logged, with all that is handed along, before anything is redacted."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(OF_THE_TEST):
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.lines.append(f"{record.name} {record.getMessage()} {record.__dict__} {trace}")


@contextmanager
def listening() -> Iterator[Heard]:
    heard, root = Heard(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(before)


@pytest.fixture
def heard() -> Iterator[Heard]:
    with listening() as handler:
        yield handler


async def pages(made: Product) -> dict[str, bytes]:
    """What the private listener shows without an admin's sign-in."""
    async with aiohttp.ClientSession(made.service.listeners.private_url) as session:
        found = {}
        for path in ("/metrics", "/readyz", "/healthz", "/admin/accounts"):
            async with session.get(path, allow_redirects=False) as answer:
                found[path] = await answer.read() + str(answer.headers).encode()
        return found


def assert_private(places: dict[str, bytes], secrets: set[str]) -> None:
    assert {place: found for place, content in places.items() if (found := found_in(content, secrets))} == {}


def written(folder: Path, *but: str) -> dict[str, bytes]:
    return {str(path): content for path, content in everything_in(folder / "data") if path.name not in but}


def shown(linked: LinkedTransport) -> str:
    """The code to link it with."""
    return "" if linked.pairing is None else linked.pairing.code


# --- a linked device --------------------------------------------------------------------------------------------------


def children() -> Iterator[int]:
    """The library's processes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command, status = path.read_bytes(), (path.parent / "stat").read_text()
        except OSError:
            continue
        if b"linked.child" in command and status.rpartition(")")[2].split()[1] == str(os.getpid()):
            yield int(path.parent.name)


async def be_busy_on_a_linked_device(whatsapp: WhatsApp, linked: LinkedTransport) -> set[str]:
    """Everything that people and the network do, some of it wrong; the ids of it."""
    ana, bob = whatsapp.people["ana"], whatsapp.people["bob"]
    group = whatsapp.group(SUBJECT, admins=[ana], members=[bob], bot_admin=True)
    await group.say(ana, "!scan consent")
    await eventually(lambda: bool(group.received), within=15)
    await group.say(ana, "!scan policy malicious warn,delete")
    said = await group.say(bob, f"{SAID} {LINK}", identity=ID)
    await eventually(lambda: any(each.kind == "delete" for each in group.received), within=15)
    await group.react(said, "👍", by=ana)
    await group.edit(said, f"{SAID} again {LINK}")
    await group.say(bob, f"{SAID} that must be asked for again", keyless=True)
    await group.withhold(bob)
    stored = await whatsapp.media.store(SAID.encode() * 99, "image")
    await group.say(bob, contents.media("image", stored, "image/png", caption=CAPTION))
    stored = await whatsapp.media.store(SAID.encode() * 99, "document")
    await group.say(bob, contents.media("document", stored, "application/pdf", fileName=FILE))
    await group.change("subject", by=ana, subject=f"{SUBJECT} 2")
    await bob.say(f"!{SAID}")
    await eventually(lambda: bool(whatsapp.received), within=15)
    whatsapp.faults.corrupt()
    await bob.say(f"{SAID} that cannot be read")
    whatsapp.faults.repeat()
    await bob.say(contents.contact(USERNAME, PHONE))
    await bob.call()
    await bob.withhold()
    for fault in (SendFault(error=463), SendFault(error=479), SendFault(silent=True), SendFault(cuts=True)):
        whatsapp.faults.on_send(fault)
        await bob.say("!ping")
        await asyncio.sleep(0.3)
    whatsapp.faults.clear()
    for process in children():
        os.kill(process, signal.SIGKILL)
    await asyncio.sleep(0.5)
    await enters(linked, ConnectionState.ONLINE, within=30)
    whatsapp.faults.drop()
    await bob.say(f"!{SAID} {SAID}")
    await enters(linked, ConnectionState.ONLINE, within=30)
    return {group.jid.partition("@")[0]}


@pytest.fixture
async def whatsapp() -> AsyncIterator[WhatsApp]:
    async with WhatsApp() as network:
        network.account("main", phone=BOT_PHONE, lid=BOT_LID)
        network.person("ana", phone=ADMIN_PHONE, lid=ADMIN_LID)
        network.person("bob", phone=PHONE, lid=LID).push_name = USERNAME
        yield network


async def test_a_linked_device_keeps_everything_to_itself(
    tmp_path: Path, heard: Heard, whatsapp: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[str] = []
    scan = whatsapp.scan

    async def scanned(account: Account, qr: str) -> None:
        codes.append(qr)
        await scan(account, qr)

    monkeypatch.setattr(whatsapp, "scan", scanned)
    proxy = whatsapp.proxy_url.replace("//", f"//somebody:{PASSWORD}@")
    settings = {"WHINCHAT_TRANSPORT__LINKED__PROXY": proxy, "WHINCHAT_LOG__LEVEL": "debug"}
    async with linked_product(tmp_path, whatsapp, "main", settings=settings) as made:
        linked = made.transport("main")
        assert isinstance(linked, LinkedTransport)
        secrets = {SAID, CAPTION, FILE, SUBJECT, LINK, ID, PHONE, LID, ADMIN_PHONE, ADMIN_LID, BOT_PHONE, BOT_LID}
        secrets |= {PASSWORD, USERNAME, *(part for qr in codes for part in qr.split(",") if len(part) > 8)}
        assert linked.pairing is None  # what links an account is shown no longer than it is good for
        secrets |= await be_busy_on_a_linked_device(whatsapp, linked)
        assert_private(await pages(made), secrets)
        assert_private(written(tmp_path, *SESSION), secrets)
        sessions = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data" / "linked").iterdir()}
        assert set(sessions.values()) == {0o600}
        assert stat.S_IMODE((tmp_path / "data" / "linked").stat().st_mode) == 0o700
    assert_private(written(tmp_path, *SESSION), secrets)
    assert_private({"log": "\n".join(heard.lines).encode()}, secrets)
    assert found_in((tmp_path / "data" / "linked" / "main.db").read_bytes(), {BOT_PHONE})  # as the docs say
    assert len(secrets) > 16
    assert any("told something by its network" in line for line in heard.lines)  # it was a busy time
    assert any("the library" in line for line in heard.lines)


async def test_a_code_to_link_with_is_told_to_nobody_but_who_asked(
    tmp_path: Path, heard: Heard, whatsapp: WhatsApp
) -> None:
    async with linked_product(tmp_path, whatsapp, "main") as made:
        linked = made.transport("main")
        assert isinstance(linked, LinkedTransport)
        await linked.logout()
        await enters(linked, ConnectionState.LOGGED_OUT)
        await linked.pair(f"+{BOT_PHONE}")
        code = shown(linked)
        assert len(code) == 9
        assert_private(await pages(made), {code, BOT_PHONE})
        await whatsapp.enter(whatsapp.account("main"), code)
        await enters(linked, ConnectionState.ONLINE, within=30)
        assert shown(linked) == ""
        secrets = {code, code.replace("-", ""), BOT_PHONE}
        assert_private(await pages(made), secrets)
    assert_private(written(tmp_path, *SESSION), secrets)
    assert_private({"log": "\n".join(heard.lines).encode()}, secrets)


# --- the Cloud API ----------------------------------------------------------------------------------------------------


async def test_the_cloud_api_keeps_everything_to_itself(tmp_path: Path, heard: Heard) -> None:
    secrets = {SAID, CAPTION, FILE, LINK, PHONE, USER_ID, USERNAME, TOKEN, SECRET, VERIFY_TOKEN}
    async with graphing(SystemClock()) as graph:
        bob = graph.person(USERNAME, phone=PHONE, user_id=USER_ID)
        async with cloud_product(tmp_path, graph) as made:
            await bob.say(f"{SAID} {LINK}")
            await eventually(lambda: bool(bob.screen), within=15)
            graph.webhooks.duplicate(3)
            secrets.add(await bob.say(f"!{SAID}"))
            await bob.send("image", SAID.encode(), "image/png", caption=CAPTION)
            await bob.send("document", SAID.encode(), "application/pdf", caption=CAPTION, file_name=FILE)
            for code in (131056, 131026, 131051, 130429, 368, 190):
                graph.faults.plan(Fault(Kind.ERROR, code=code))
                await bob.say("ping")
                await asyncio.sleep(0.2)
            for kind in (Kind.DROP_ACCEPTED, Kind.GARBAGE, Kind.BROKEN):
                graph.faults.plan(Fault(kind))
                await bob.say("ping")
            async with aiohttp.ClientSession() as session:
                for query in (f"?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}x&hub.challenge=1", ""):
                    async with session.get(graph.webhooks.callback + query) as answer:
                        assert answer.status == 403
                forged = {"X-Hub-Signature-256": f"sha256={'0' * 64}"}
                async with session.post(graph.webhooks.callback, data=SAID.encode(), headers=forged) as answer:
                    assert answer.status == 403
            assert_private(await pages(made), secrets)
            assert_private(written(tmp_path), secrets)
            assert_private({"repr": repr(made.transport("shop")).encode()}, secrets)
        secrets |= {sent.bubble.id for sent in graph.sent}
    assert_private(written(tmp_path), secrets)
    assert_private({"log": "\n".join(heard.lines).encode()}, secrets)
    assert any("told something by its network" in line for line in heard.lines)  # it was a busy time
