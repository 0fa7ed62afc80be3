"""A fake of the whole network on loopback, which an unmodified client pairs with, logs in to and talks through.

async with WhatsApp() as whatsapp:
    bot, ana = whatsapp.account("bot"), whatsapp.person("ana")
    ...  # start the client with whatsapp.proxy_url, whatsapp.ca_file and whatsapp.root_key
    await whatsapp.scan(bot, qr)
    await ana.say("hello")
    (await whatsapp.received.first()).text
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web
from pyaileys.auth.creds import KeyPair
from tests.support.whatsapp import chores, group_requests, keys, messages, root_key, tls, usync
from tests.support.whatsapp.accounts import Account, Device
from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.endpoint import Endpoint
from tests.support.whatsapp.faults import Faults
from tests.support.whatsapp.group_messages import Someone
from tests.support.whatsapp.groups import Group, Groups
from tests.support.whatsapp.handlers import Handlers
from tests.support.whatsapp.log import Log
from tests.support.whatsapp.media import Media
from tests.support.whatsapp.messages import Receipt, Sent, Typing
from tests.support.whatsapp.nodes import Node, bare, server_of, user_of
from tests.support.whatsapp.noise import Authority
from tests.support.whatsapp.pairing import Pairing
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proxy import Proxy
from tests.support.whatsapp.state import State

REVISION = 1047769893
"""Of the web client, which some ask for before they connect."""
Resender = Callable[[Person, Device, Node], Awaitable[None]]


class Founding(msgspec.Struct):
    """What the server's own identity is made of."""

    authority: bytes
    server: bytes
    pairs: list[tuple[bytes, bytes]]


class About(msgspec.Struct):
    """Of an account or a person."""

    phone: str
    lid: str
    by_lid: bool = True


class WhatsApp:
    """`state`: a file that lets another process take over after this one was killed; `port`: of the proxy."""

    def __init__(self, state: Path | None = None, port: int = 0) -> None:
        self.state = State(state)
        founding = self._found()
        self.credentials = tls.Credentials(founding.authority, founding.server)
        root, intermediate, static = (KeyPair(public, private) for public, private in founding.pairs)
        self.authority = Authority(root, intermediate, static)
        self.proxy = Proxy()
        self.handlers = Handlers()
        self.pairing = Pairing()
        self.faults = Faults(self)
        self.groups = Groups(self)
        self.media = Media(self.state)
        self.resenders: dict[str, Resender] = {"g.us": self.groups.resend}
        """Who sends a message again that could not be read, by the server in the chat's id."""
        self.received: Log[Sent] = Log()
        """What bots sent, decrypted, once each."""
        self.receipts: Log[Receipt] = Log()
        self.typing: Log[Typing] = Log()
        self.asked: Log[Sent] = Log()
        """What bots asked their phones for."""
        self.connected: Log[Device] = Log()
        self.presence: list[Node] = []
        self.refused: list[Node] = []
        """Acknowledgements by which a bot refused what it was sent."""
        self.unread: list[Node] = []
        """Copies that a bot's own phone could not read."""
        self.unknown: list[Node] = []
        """What bots sent that nobody here answers."""
        self.failures: list[BaseException] = []
        self._port = port
        self._numbers = 0
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self._addresses: dict[str, Person] = {}
        self.people: dict[str, Person] = {}
        self.accounts: dict[str, Account] = {}
        for module in (chores, group_requests, keys, messages, usync, self.pairing, self.media):
            module.register(self.handlers)
        self._recall()

    # --- life ---

    async def __aenter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self.credentials.authority)
        self.tls = self.credentials.context(folder)
        self.state.save()
        self.proxy.lead(tls.CHAT, await self._listen())
        self.proxy.lead(tls.MEDIA, await self._stack.enter_async_context(self.media.serving(self.tls)))
        await self.proxy.start(self._port)
        self._stack.push_async_callback(self.proxy.stop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()
        self.state.close()
        if error is None and self.failures:
            raise BaseExceptionGroup("the fake network failed", self.failures)

    async def _listen(self) -> int:
        app = web.Application()
        app.router.add_get("/ws/chat", self._chat)
        app.router.add_get("/sw.js", self._worker)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        return int(runner.addresses[0][1])

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if self.faults.status:
            return web.Response(status=self.faults.status)
        socket = web.WebSocketResponse(compress=False, max_msg_size=0, timeout=0.2)
        await socket.prepare(request)
        assert request.transport is not None
        connection = Connection(self, socket, request.transport)
        self._connections.add(connection)
        try:
            await connection.run()
        except Exception as error:
            self.failures.append(error)
            raise
        finally:
            self._connections.discard(connection)
        return socket

    async def _worker(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text=f'{{"client_revision":{REVISION},}}', content_type="text/javascript")

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Something that goes on by itself; what goes wrong in it fails the test."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(error)

    # --- what a client needs ---

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"

    @property
    def authority_pem(self) -> bytes:
        """What `ca_file` holds."""
        return self.credentials.authority

    @property
    def root_key(self) -> bytes:
        """What a client has to take for the one that it pins."""
        return self.authority.root.public

    @property
    def prepare(self) -> tuple[str, str]:
        """A Python file, and the argument of its `prepare`, to be called in a process that has loaded the library."""
        return root_key.__file__, self.root_key.hex()

    # --- who is there ---

    def account(self, name: str = "bot", *, phone: str | None = None, lid: str | None = None) -> Account:
        """An account that a bot can be linked to; made at the first call. `phone`, `lid`: digits, else made up."""
        if name not in self.accounts:
            about = self._about(phone, lid)
            self.accounts[name] = Account(self, name, about.phone, about.lid)
            self.state.put("account", name, msgspec.msgpack.encode(about))
        return self.accounts[name]

    def person(self, name: str, *, phone: str | None = None, lid: str | None = None, by_lid: bool = True) -> Person:
        """Made at the first call. `phone`, `lid`: digits, else made up; empty where there is none."""
        if name not in self.people:
            about = self._about(phone, lid, by_lid=by_lid)
            self.people[name] = Person(self, name, about.phone, about.lid, by_lid=by_lid)
            self.keep(self.people[name])
        return self.people[name]

    def group(
        self, subject: str, *, admins: Sequence[Someone], members: Sequence[Someone] = (), bot_admin: bool = False
    ) -> Group:
        """With all accounts in it that there are and are not named. The first of `admins` made it."""
        bots = [account for account in self.accounts.values() if account not in {*admins, *members}]
        if bot_admin:
            return self.groups.create(subject, [*admins, *bots], members)
        return self.groups.create(subject, admins, [*members, *bots])

    def keep(self, person: Person) -> None:
        """What a person is has changed."""
        self._addresses.update(dict.fromkeys(person.addresses(), person))
        about = About(user_of(person.jid), user_of(person.lid), person.by_lid)
        self.state.put("person", person.name, msgspec.msgpack.encode(about))

    def only_account(self) -> Account:
        (account,) = self.accounts.values()
        return account

    async def scan(self, account: Account, qr: str) -> None:
        """Link the device that shows this QR code. Returns when it has confirmed."""
        await self.pairing.scan(account, qr)

    async def enter(self, account: Account, code: str) -> None:
        """Link the device that shows this code of eight characters. Returns when it has confirmed."""
        await self.pairing.enter(account, code)

    # --- what the handlers need ---

    def connections(self) -> list[Connection]:
        return list(self._connections)

    def person_at(self, jid: str) -> Person | None:
        return self._addresses.get(bare(jid))

    def account_at(self, jid: str) -> Account | None:
        return next((account for account in self.accounts.values() if account.owns(jid)), None)

    def device_at(self, phone: str, number: int) -> Device | None:
        account = self.account_at(f"{phone}@s.whatsapp.net")
        return account.devices.get(number) if account is not None else None

    def endpoint_at(self, jid: str) -> Endpoint | None:
        """Of somebody's phone."""
        if (account := self.account_at(jid)) is not None:
            return account.primary
        person = self.person_at(jid)
        return person.endpoint if person is not None else None

    def device_numbers(self, jid: str) -> list[int]:
        """Of a user's devices; a phone is number 0."""
        account = self.account_at(jid)
        if account is not None:
            return [0, *account.devices]
        return [0] if self.person_at(jid) is not None else []

    def lid_of(self, jid: str) -> str:
        """The LID of a user; empty where there is none."""
        if server_of(jid) == "lid":
            return bare(jid)
        if (account := self.account_at(jid)) is not None:
            return account.lid
        person = self.person_at(jid)
        return person.lid if person is not None else ""

    def is_new(self, account: Account, stanza: Node) -> bool:
        """Whether nobody has read this message of a bot's: it sends again what was not acknowledged."""
        return self.state.get(f"received/{account.name}", stanza.attrs["id"]) is None

    def take(self, sent: Sent) -> None:
        """A message of a bot's was read; told before it is noted, so that none is lost when this process dies."""
        self.received.add(sent)
        self.state.put(f"received/{sent.account}", sent.id, b"")

    def _about(self, phone: str | None, lid: str | None, *, by_lid: bool = True) -> About:
        self._numbers = max(self._numbers, len(self.people) + len(self.accounts)) + 1
        made_up = f"{self._numbers:06}"
        return About(
            f"1555{made_up}" if phone is None else phone.lstrip("+"),
            f"99900000{made_up}" if lid is None else lid,
            by_lid,
        )

    def _found(self) -> Founding:
        raw = self.state.get("server", "founding")
        if raw is not None:
            return msgspec.msgpack.decode(raw, type=Founding)
        credentials, authority = tls.issue(), Authority.new()
        pairs = [(pair.public, pair.private) for pair in (authority.root, authority.intermediate, authority.static)]
        founding = Founding(credentials.authority, credentials.server, pairs)
        self.state.put("server", "founding", msgspec.msgpack.encode(founding))
        return founding

    def _recall(self) -> None:
        """Everybody whom the process before this one knew."""
        for name, raw in self.state.all("account").items():
            about = msgspec.msgpack.decode(raw, type=About)
            self.accounts[name] = Account(self, name, about.phone, about.lid)
        for name, raw in self.state.all("person").items():
            about = msgspec.msgpack.decode(raw, type=About)
            self.people[name] = Person(self, name, about.phone, about.lid, by_lid=about.by_lid)
            self.keep(self.people[name])
