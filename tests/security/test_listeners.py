"""What listens: who may ask, under which name, from which page, and how much. Over running processes, byte by byte."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from tests.support.live import TOKEN, Child, World, until, world_process

IDLE = 15.0  # seconds that a connection without a whole request may stay
EVIL = "http://evil.example"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def code(self) -> str:
        """Of an error of the API."""
        return str(json.loads(self.body)["code"])


@dataclass(frozen=True)
class Listener:
    """`prefix`: where the simulator is. `token`: of its API, where it is known."""

    port: int
    prefix: str = ""
    token: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b"") -> Answer:
        """One request, as it is given; `Host` is ours unless another is given."""
        given = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if body:
            given.setdefault("Content-Length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return self.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)

    def send(self, data: bytes) -> Answer:
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):  # a refusal need not wait for all of it
                connection.sendall(data)
            received = b""
            with contextlib.suppress(ConnectionError):
                while chunk := connection.recv(65_536):
                    received += chunk
        head, _, rest = received.partition(b"\r\n\r\n")
        line, _, fields = head.decode("latin-1").partition("\r\n")
        assert line, "no answer"
        return Answer(int(line.split()[1]), Parser().parsestr(fields), rest)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("listeners")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Child]:
    """The service with the simulator in its private listener."""
    child = Child(["whinchat", "demo", "--quiet", "--port", "0"], folder, "demo", {})
    try:
        until(lambda: "Ctrl-C" in child.output() or not child.running, "the demo is up")
        assert child.running, child.output()
        yield child
    finally:
        child.kill()


@pytest.fixture(scope="module")
def link(demo: Child) -> str:
    """Path and query of the link that opens the page once."""
    found = re.search(r"http://127\.0\.0\.1:\d+(/\S+\?token=\S+)", demo.output())
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def private(demo: Child) -> Listener:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/readyz", demo.output())
    assert found is not None
    return Listener(int(found[1]), "/simulator")


@pytest.fixture(scope="module")
def worlds(folder: Path) -> Iterator[World]:
    with world_process(folder) as world:
        yield world


@pytest.fixture(scope="module")
def world(worlds: World) -> Listener:
    return Listener(int(worlds.address.rpartition(":")[2]), "", TOKEN)


@pytest.fixture(scope="module", autouse=True)
def loris(private: Listener) -> Iterator[list[socket.socket]]:
    """Fifty connections that say a word and then no more, from before the first test on."""
    slow = [private.connect() for _ in range(50)]
    for number, connection in enumerate(slow):
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "[: 5 + number])
    yield slow
    for connection in slow:
        connection.close()


# --- names and origins -------------------------------------------------------------------------------------------

FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example@localhost.evil.example",
    "[::1",
    "",
    "\xff\xfe",
]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("target", ["/", "/readyz", "/healthz", "/metrics", "/simulator/", "/simulator/api/state"])
def test_a_foreign_name_reaches_nothing_of_the_service(private: Listener, target: str, host: str) -> None:
    """Else a page elsewhere could point its own name here (DNS rebinding)."""
    assert private.ask(target, {"Host": host}).status in {400, 403}


@pytest.mark.parametrize("host", [*FOREIGN, "192.0.2.1"])
def test_a_foreign_name_reaches_nothing_of_a_world_not_even_with_the_token(world: Listener, host: str) -> None:
    assert world.ask("/api/state", {**world.bearer, "Host": host}).status in {400, 403}


def test_our_own_names_are_known(private: Listener, world: Listener) -> None:
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        assert private.ask("/readyz", {"Host": f"{name}:{private.port}"}).status == 200
        assert world.ask("/api/state", {**world.bearer, "Host": f"{name}:{world.port}"}).status == 200


@pytest.mark.parametrize("origin", [EVIL, "null", "http://127.0.0.1:1", "http://localhost.evil.example", "", "\xff"])
@pytest.mark.parametrize("target", ["/api/state", "/api/post", "/api/live", "/api/link", "/"])
def test_another_sites_page_may_not_ask_even_with_the_token(world: Listener, target: str, origin: str) -> None:
    method = "POST" if target == "/api/post" else "GET"
    answer = world.ask(target, {**world.bearer, "Origin": origin}, method)
    assert (answer.status, answer.code) == (403, "wrong_origin")


def test_no_answer_ever_invites_other_sites(private: Listener, world: Listener) -> None:
    for answer in (
        private.ask("/metrics", {"Origin": EVIL}),
        private.ask("/readyz", {"Origin": EVIL}, "OPTIONS"),
        world.ask("/api/state", world.bearer),
        world.ask("/api/post", {"Origin": EVIL, "Access-Control-Request-Method": "POST"}, "OPTIONS"),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


# --- tokens ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Basic {b64encode(TOKEN.encode()).decode()}",
        TOKEN,
        "Bearer \xff\xfe",
        "Bearer null",
    ],
)
def test_without_the_token_a_world_says_nothing(world: Listener, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for target in ("/api/state", "/api/transcript", "/api/media/x", "/api/link", "/api/live", "/", "/main.js", "/nope"):
        answer = world.ask(target, headers)
        assert (answer.status, answer.code) == (401, "unauthorized"), target
    assert world.ask("/api/reset", headers, "POST", b"{}").status == 401


@pytest.mark.parametrize("target", ["/api/state?token=", "/?token=", "/api/reset?token="])
def test_the_token_does_not_belong_into_an_address(world: Listener, target: str) -> None:
    assert world.ask(target + TOKEN).status == 401
    assert world.ask(target + TOKEN, method="POST", body=b"{}").status == 401


def test_the_token_is_said_nowhere(world: Listener, worlds: World) -> None:
    for target in ("/api/state", "/api/transcript", "/api/nothing"):
        assert TOKEN.encode() not in world.ask(target, world.bearer).body
    assert worlds.child.output().count(TOKEN) == 1, "once, at the start, to whoever started it"


# --- the page's link ---------------------------------------------------------------------------------------------


def test_the_page_opens_once_by_its_link_and_then_by_its_cookie(private: Listener, link: str) -> None:
    assert private.ask("/simulator/").status == 401
    opened = private.ask(link)
    assert opened.status == 303
    assert opened.headers["Location"] == "/simulator/", "the address that stays in the history opens nothing"
    cookie = opened.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in cookie.split(";")}
    assert private.ask(link).status == 401
    browser = {"Cookie": cookie.partition(";")[0]}
    assert private.ask("/simulator/", browser).status == 200
    assert private.ask("/simulator/api/state", browser).status == 200
    assert private.ask("/simulator/api/state", {**browser, "Origin": EVIL}).status == 403
    assert private.ask("/simulator/api/state", {"Cookie": f"{browser['Cookie'][:-1]}x"}).status == 401
    assert (
        private.ask("/simulator/api/state", {"Cookie": browser["Cookie"].partition("=")[0] + "=\xff\xfe"}).status == 401
    )
    page = private.ask("/simulator/", browser)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


# --- paths and media ---------------------------------------------------------------------------------------------

OUTWARD = [
    "../api.py",
    "%2e%2e/api.py",
    "..%2fapi.py",
    "..%5capi.py",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "//etc/passwd",
    "/etc/passwd",
    "api/media/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "api/media/%00",
    "./././../live.py",
    "~root/.bashrc",
]


@pytest.mark.parametrize("path", OUTWARD)
def test_no_path_leads_out_of_the_pages_folder(world: Listener, path: str) -> None:
    answer = world.ask(f"/{path}", world.bearer)
    assert answer.status in {400, 403, 404}
    assert b"root:" not in answer.body
    assert b"import " not in answer.body


@pytest.mark.parametrize("path", OUTWARD)
def test_no_path_leads_anywhere_in_the_private_listener(private: Listener, path: str) -> None:
    assert private.ask(f"/{path}").status in {400, 403, 404}


@pytest.mark.parametrize(
    ("mime", "shown"),
    [("text/html", False), ("image/svg+xml", False), ("application/pdf", False), ("image/png", True), ("x", False)],
)
def test_media_of_strangers_does_nothing_in_a_browser(world: Listener, worlds: World, mime: str, shown: bool) -> None:
    chat = worlds.call("direct", people=["Ana", "Bob"])["id"]
    data = b64encode(b"<script>alert(1)</script>").decode()
    posted = worlds.call("post", chat=chat, sender="Bob", media={"kind": "document", "mime": mime, "data": data})
    answer = world.ask(f"/api/media/{posted['content']['media']['handle']}", world.bearer)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == (mime if shown else "application/octet-stream")
    assert ("attachment" in answer.headers.get("Content-Disposition", "")) is not shown
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- too much ----------------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_and_not_kept(world: Listener) -> None:
    body = b'{"chat": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    assert world.ask("/api/post", {**world.bearer, "Content-Type": "application/json"}, "POST", body).status == 413
    assert world.ask("/api/state", world.bearer).status == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(5_000)) + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA\0B: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ],
    ids=[
        "long target",
        "long header",
        "many headers",
        "two framings",
        "negative length",
        "two lengths",
        "version",
        "HTTP/0.9",
        "TLS",
        "NULs",
        "NUL in a name",
        "blank before the colon",
    ],
)
def test_what_is_no_request_is_refused(private: Listener, world: Listener, request_: bytes) -> None:
    for listener in (private, world):
        answer = listener.send(request_ + b"\r\n\r\n")
        assert 400 <= answer.status < 500
        assert b"Traceback" not in answer.body
    assert private.ask("/readyz").status == 200


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "POST", "CONNECT", "GETT"])
def test_health_and_metrics_are_for_reading_only(private: Listener, method: str) -> None:
    answer = private.ask("/readyz", method=method)
    assert answer.status in {400, 404, 405}
    assert b"status" not in answer.body


# --- what is given away ------------------------------------------------------------------------------------------


def test_answers_do_not_say_what_made_them(private: Listener, world: Listener, demo: Child) -> None:
    answers = [private.ask(target) for target in ("/readyz", "/metrics", "/nope", "/simulator/api/state")]
    answers += [world.ask(target, world.bearer) for target in ("/api/state", "/api/nope", "/")]
    for answer in answers:
        assert "Server" not in answer.headers
        assert b"aiohttp" not in answer.body.lower().replace(b"aiohttp_", b"")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert "Traceback" not in demo.output()


def test_what_strangers_send_is_not_written_into_the_log(private: Listener, demo: Child) -> None:
    for request in (
        b"GET /whisper HTTP/1.1\r\nHost: localhost\r\nAuthorization : whisper\r\n\r\n",
        b"GET /whisper?token=whisper HTTP/1.1\r\nHost: whisper.example\r\nCookie: whisper\r\n\r\n",
        b"whisper /whisper HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /simulator/api/whisper HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer whisper\r\n\r\n",
    ):
        assert 400 <= private.send(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).status < 500
    assert "whisper" not in demo.output()


def test_nothing_listens_beyond_loopback(private: Listener, world: Listener) -> None:
    """Read from the kernel: the listening sockets with these ports are bound to 127.0.0.1 alone."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("only Linux tells")
    rows = [line.split()[1:4] for line in table.read_text().splitlines()[1:]]
    for listener in (private, world):
        bound = {
            local.split(":")[0] for local, _, state in rows if state == "0A" and int(local[-4:], 16) == listener.port
        }
        assert bound == {"0100007F"}


# --- patience ----------------------------------------------------------------------------------------------------


def test_slow_ones_hold_nobody_up_and_are_not_waited_for(private: Listener, loris: list[socket.socket]) -> None:
    """Last in the file: it waits for what began with the first test."""
    started = time.monotonic()
    assert private.ask("/readyz").status == 200
    assert time.monotonic() - started < 5
    deadline = time.monotonic() + IDLE + 10
    for connection in loris:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ConnectionError):
            while connection.recv(4096):  # perhaps an answer that says why
                pass
