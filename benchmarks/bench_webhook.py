"""The Cloud API's webhook: how long Meta waits for an answer while handlers are slow, and whether it is the right one.

`python -m benchmarks.bench_webhook [--rounds N] [--handler SECONDS]` prints one JSON line. The service runs in a
process of its own, with its real database and sealing and an application that takes a second over every message; the
fake Graph that knows its number, and what posts, are in this one. Milliseconds from the first byte of a post to its
answer:

steady       50 webhooks a second at random moments, one message each
burst        100 at the same moment, one message each from as many people, a second apart
replays      the same bursts again: answered alike, and nothing is kept twice
unsigned     bursts of 100 without a signature, and with a wrong one
large        one at a time, 3 MB: `one`, a message among much that is not read; `thousand`, 1,000 messages, all kept
             before the answer; `forged`, 3 MB with a wrong signature; `larger`, 3 MB and a byte
slow_clients bursts of 100 while 200 other connections send a byte of theirs now and then
flood        100 connections, each of which posts as soon as it is answered: webhooks a second, and how long each waits

Counted afterwards: every answer has the status that it should, each message is kept once. `cpu_us` is processor time of
the service a message, its handling included, which other load on the machine changes least. Beside it `plain`, the same
bursts and flood against a server that checks nothing and keeps nothing, with the same client on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import uvloop
from aiohttp import web
from benchmarks.common import INTERPRETER, Service, free_port, machine, percentile, say, spread, tell, until
from tests.support.graph.errors import Json
from tests.support.graph.graph import SECRET, TOKEN, VERIFY_TOKEN, Graph
from tests.support.graph.server import graphing
from tests.support.graph.webhooks import encode, sign
from tests.support.web_server import listening

from whinchat.infra.clock import SystemClock

AT_ONCE = 100
BURSTS = 10
APART = 1.0  # seconds between them
STEADY = 10  # seconds
RATE = 50  # webhooks a second
FLOOD = 10  # webhooks of each connection
LARGE = 10  # of each kind
LIMIT = 3 * 1024 * 1024  # bytes
SLOW_CLIENTS = 200
DRIP = 0.5  # seconds between two bytes of theirs
FORGED = "sha256=" + "0" * 64


# --- what is posted ----------------------------------------------------------------------------------------------


@dataclass
class Posts:
    """Webhooks as Graph writes them; `messages` is how many different ones there were."""

    graph: Graph
    messages: int = 0

    def webhook(self, count: int = 1, letters: int = 40) -> bytes:
        changes = []
        for _ in range(count):
            self.messages += 1
            wa_id = f"999{self.messages:09}"
            message: Json = {"from": wa_id, "id": f"wamid.{self.messages:020}", "timestamp": str(int(time.time()))}
            message |= {"type": "text", "text": {"body": f"{self.messages} " + "x" * letters}}
            contact = {"profile": {"name": "Ana"}, "wa_id": wa_id, "user_id": f"DE.{self.messages}"}
            value = {"metadata": self.graph.number.metadata, "contacts": [contact], "messages": [message]}
            changes.append({"field": "messages", "value": {"messaging_product": "whatsapp", **value}})
        entry = {"id": self.graph.number.business, "changes": changes}
        return encode({"object": "whatsapp_business_account", "entry": [entry]})

    def large(self, count: int, size: int = LIMIT) -> bytes:
        """Of exactly that size: one message and padding, or as many messages as `count`."""
        letters = 2_600 if count > 1 else 40
        body = self.webhook(count, letters)
        if len(body) + 20 > size:
            raise SystemExit(f"{count} messages are more than {size} bytes")
        return body[:-1] + b',"padding":"' + b"x" * (size - len(body) - 13) + b'"}'


class Line(asyncio.Protocol):
    """A connection that stays open: one post after the other. As little of our own as can be, for it counts too."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, float]] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"\r\n\r\n" in self._received and self._answer is not None and not self._answer.done():
            self._answer.set_result((int(self._received[9:12]), time.perf_counter()))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, time.perf_counter()))

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> tuple[int, float]:
        """The status, 0 without an answer; and milliseconds."""
        assert self._transport is not None
        self._received, self._answer = b"", asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        status, ended = await self._answer
        return status, (ended - began) * 1000

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Caller:
    """Posts to one address over as many connections as it takes. `answers` counts the statuses, by kind."""

    def __init__(self, address: str) -> None:
        _, _, server, path = address.split("/", 3)
        self._host, port = server.split(":")
        self._port = int(port)
        self._path = path
        self._lines: list[Line] = []
        self.answers: Counter[str] = Counter()

    def request(self, body: bytes, signature: str | None = None) -> bytes:
        """`signature`: instead of the right one; empty: none."""
        signed = sign(SECRET, body) if signature is None else signature
        head = [f"POST /{self._path} HTTP/1.1", f"Host: {self._host}", "Content-Type: application/json"]
        head += [f"Content-Length: {len(body)}", *([f"X-Hub-Signature-256: {signed}"] if signed else []), "", ""]
        return "\r\n".join(head).encode() + body

    async def connect(self, count: int) -> None:
        """So many connections are open and free."""
        self._lines = [line for line in self._lines if line.open]
        loop = asyncio.get_running_loop()
        while len(self._lines) < count:
            _, line = await loop.create_connection(Line, self._host, self._port)
            self._lines.append(line)

    async def ask(self, kind: str, request: bytes) -> float:
        """Milliseconds."""
        while not self._lines or not self._lines[-1].open:
            await self.connect(max(1, len(self._lines)))
        line = self._lines.pop()
        status, took = await line.ask(request)
        self._lines.append(line)
        self.answers[f"{kind} {status}"] += 1
        return took

    async def one_by_one(self, kind: str, requests: Sequence[bytes]) -> list[float]:
        return [await self.ask(kind, request) for request in requests]

    async def bursts(self, kind: str, bodies: Sequence[Sequence[bytes]], signature: str | None = None) -> list[float]:
        took: list[float] = []
        for burst in bodies:
            requests = [self.request(body, signature) for body in burst]
            await self.connect(len(requests))
            began = time.perf_counter()
            took += await asyncio.gather(*(self.ask(kind, request) for request in requests))
            await asyncio.sleep(max(0.0, APART - (time.perf_counter() - began)))
        return took

    async def steady(self, kind: str, requests: Sequence[bytes], chance: random.Random) -> list[float]:
        await self.connect(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tasks = []
            for request in requests:
                tasks.append(group.create_task(self.ask(kind, request)))
                await asyncio.sleep(chance.expovariate(RATE))
        return [task.result() for task in tasks]

    async def flood(self, kind: str, requests: Sequence[bytes]) -> dict[str, float]:
        """The times, and webhooks a second."""
        await self.connect(AT_ONCE)
        waiting = iter(requests)

        async def work() -> list[float]:
            return [await self.ask(kind, request) for request in waiting]

        began = time.perf_counter()
        took = await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        rate = len(requests) / (time.perf_counter() - began)
        return {**times([each for found in took for each in found]), "a_second": rate}

    def close(self) -> None:
        for line in self._lines:
            line.close()


@asynccontextmanager
async def calling(address: str) -> AsyncIterator[Caller]:
    caller = Caller(address)
    try:
        yield caller
    finally:
        caller.close()


@asynccontextmanager
async def slow_clients(address: str) -> AsyncIterator[list[bytes]]:
    """Connections that send a byte at a time; yields what they were answered, as far as they were."""
    host, port = address.split("/")[2].split(":")
    answers: list[bytes] = []

    async def drip() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        signature = "sha256=" + "0" * 64
        head = (
            "POST /whatsapp HTTP/1.1",
            f"Host: {host}",
            "Content-Length: 100000",
            f"X-Hub-Signature-256: {signature}",
        )
        try:
            writer.write("\r\n".join((*head, "", "")).encode())
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                try:
                    answers.append(await asyncio.wait_for(reader.readline(), DRIP))
                except TimeoutError:
                    continue
                return
        except ConnectionError:
            answers.append(b"")
        finally:
            writer.close()

    tasks = [asyncio.create_task(drip()) for _ in range(SLOW_CLIENTS)]
    await asyncio.sleep(1)
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# --- whom it is posted to ----------------------------------------------------------------------------------------


class Webhook(Service):
    """The service with a number of the fake Graph's, and handlers that are slow."""

    def __init__(self, folder: Path, graph: Graph, http: aiohttp.ClientSession, seconds: float) -> None:
        super().__init__(folder, "embedded", http)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/whatsapp"
        self.command = (*INTERPRETER, "-m", "benchmarks.slow_handlers", str(seconds))
        self.settings = {
            "WHINCHAT_TRANSPORT__KIND": "whatsapp",
            "WHINCHAT_PUBLIC__PORT": str(self.port),
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        for name, secret in (("token", TOKEN), ("secret", SECRET), ("verify", VERIFY_TOKEN)):
            (folder / name).write_text(secret)
            (folder / name).chmod(0o600)
        (folder / "whinchat.toml").write_text(
            f"""[transport.cloud]
api = "{graph.url}"
[[transport.cloud.numbers]]
name = "main"
phone_number_id = "{graph.number.id}"
business_account_id = "{graph.number.business}"
token_file = "{folder}/token"
app_secret_file = "{folder}/secret"
verify_token_file = "{folder}/verify"
"""
        )

    @property
    def kept(self) -> int:
        """Messages that are on its disk."""
        ((count,),) = self.query("SELECT count(*) FROM events WHERE kind = 'message'")
        return int(count)


async def plain(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


# --- a round -----------------------------------------------------------------------------------------------------


def times(found: Sequence[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {"p50": statistics.median(ordered), "p95": percentile(ordered, 0.95), "worst": ordered[-1]}


async def one_round(folder: Path, seconds: float, seed: int) -> dict[str, dict[str, float]]:
    async with (
        graphing(SystemClock()) as graph,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as asking,
    ):
        posts = Posts(graph)
        service = Webhook(folder, graph, asking, seconds)
        try:
            await service.start()
            await until(lambda: any(asked.status == 200 for asked in graph.asked), "the number was looked at")
            async with calling(service.address) as caller:
                found = await measure(service, caller, posts, random.Random(seed))
            if service.kept != posts.messages:
                raise SystemExit(f"{service.kept} messages are kept of {posts.messages}")
        finally:
            await service.kill()
        app = web.Application()
        app.router.add_post("/", plain)
        async with listening(app) as address, calling(address + "/") as caller:
            found["plain_burst"] = times(await caller.bursts("plain", many(posts, 3)))
            found["plain_flood"] = await caller.flood("plain", crowd(caller, posts))
    return found


def many(posts: Posts, count: int = BURSTS) -> list[list[bytes]]:
    return [[posts.webhook() for _ in range(AT_ONCE)] for _ in range(count)]


def crowd(caller: Caller, posts: Posts, count: int = FLOOD * AT_ONCE) -> list[bytes]:
    """Requests that are ready."""
    return [caller.request(posts.webhook()) for _ in range(count)]


async def measure(service: Webhook, caller: Caller, posts: Posts, chance: random.Random) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    await caller.bursts("warm-up", many(posts, 2))
    bodies = many(posts)
    before = service.cpu_seconds()
    found["burst"] = times(await caller.bursts("burst", bodies))
    found["burst"]["cpu_us"] = (service.cpu_seconds() - before) / (BURSTS * AT_ONCE) * 1e6
    found["replays"] = times(await caller.bursts("replays", bodies[:3]))
    found["steady"] = times(await caller.steady("steady", crowd(caller, posts, STEADY * RATE), chance))
    small = [[b'{"object":"whatsapp_business_account"}'] * AT_ONCE] * 3
    found["unsigned"] = times(await caller.bursts("unsigned", small, ""))
    found["forged"] = times(await caller.bursts("forged", small, FORGED))
    large = {
        "large_one": [caller.request(posts.large(1)) for _ in range(LARGE)],
        "large_thousand": [caller.request(posts.large(1000))],
        "large_forged": [caller.request(b"x" * LIMIT, FORGED)] * LARGE,
        "larger": [caller.request(b"x" * (LIMIT + 1), FORGED)] * LARGE,
    }
    for kind, requests in large.items():
        found[kind] = times(await caller.one_by_one(kind, requests))
    async with slow_clients(service.address) as answers:
        found["slow_clients"] = times(await caller.bursts("slow_clients", many(posts, 8)))
        await until(lambda: len(answers) == SLOW_CLIENTS, "slow clients are sent away", 30)
    found["flood"] = await caller.flood("flood", crowd(caller, posts))
    check(caller.answers, [answer.split()[1:2] for answer in answers])
    return found


def check(answers: Counter[str], slow: Sequence[Sequence[bytes]]) -> None:
    """Ends with an error when something was answered with another status than it should."""
    right = {"unsigned": 401, "forged": 403, "large_forged": 403, "larger": 413}
    wrong = {each: count for each, count in answers.items() if int(each.split()[1]) != right.get(each.split()[0], 200)}
    if wrong or any(answer != [b"408"] for answer in slow):
        raise SystemExit(f"wrong answers: {wrong}, slow clients: {Counter(map(tuple, slow))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--handler", type=float, default=1.0, help="seconds that every message takes to be handled")
    options = parser.parse_args()
    about = machine()
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(uvloop.run(one_round(Path(folder), options.handler, number)))
        say(f"round {number + 1}: burst {rounds[-1]['burst']}")
    measured: dict[str, Any] = {
        kind: {name: spread((each[kind][name] for each in rounds), 1) for name in rounds[0][kind]} for kind in rounds[0]
    }
    told = {"benchmark": "webhook", "rounds": options.rounds, "handler_s": options.handler, "machine": about}
    tell({**told, "at_once": AT_ONCE, "ms": measured})


if __name__ == "__main__":
    main()
