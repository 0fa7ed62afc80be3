"""The web client through a proxy: of each kind, with and without a password, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from tests.support.certificates import authority
from tests.support.socks import Socks, pump
from tests.support.whatsapp.proxy import Proxy

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits
from whinchat.infra.http import AiohttpClient

pytestmark = pytest.mark.skipif(find_spec("aiohttp_socks") is None, reason="needs the extra `linked`")
NAME = "files.example"  # a name that only the proxy knows
LIMITS = HttpLimits(most_bytes=1000, most_decoded=1000, connect=5, total=20)


@pytest.fixture
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of `https://files.example/`, which the machine trusts."""
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority().certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    async def answer(request: web.Request) -> web.Response:
        assert "Proxy-Authorization" not in request.headers
        return web.Response(body=b"a file", headers={"X-Name": request.host})

    app = web.Application()
    app.router.add_get("/file", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority().server(tmp_path, NAME)).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def read(proxy: str, name: str = NAME, limits: HttpLimits = LIMITS) -> bytes:
    from whinchat.infra.proxied import through

    client = AiohttpClient("test", through(proxy))
    try:
        async with client.get(f"https://{name}/file", {}, limits) as response:
            return b"".join([chunk async for chunk in response.chunks()])
    finally:
        await client.close()


async def failure(proxy: str, name: str = NAME, limits: HttpLimits = LIMITS) -> str:
    with pytest.raises(HttpError) as error:
        await read(proxy, name, limits)
    assert name not in str(error.value)
    assert "word" not in str(error.value)
    return error.value.code


@asynccontextmanager
async def connecting(port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    proxy.lead(NAME, port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@asynccontextmanager
async def behind_tls(port: int, certificate: ssl.SSLContext) -> AsyncIterator[int]:
    """A server on loopback in front of another, which speaks TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(onward, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_proxy_of_the_web_is_given_the_name(port: int) -> None:
    async with connecting(port) as proxy:
        assert await read(f"http://127.0.0.1:{proxy.port}") == b"a file"
        assert proxy.asked == [f"{NAME}:443"]


async def test_a_proxy_that_is_spoken_to_in_secret_is_trusted_as_any_server(port: int, tmp_path: Path) -> None:
    async with (
        connecting(port) as proxy,
        behind_tls(proxy.port, authority().server(tmp_path, "localhost")) as secure,
        behind_tls(proxy.port, authority().server(tmp_path, "other.example")) as wrong,
    ):
        assert await read(f"https://localhost:{secure}") == b"a file"
        assert await failure(f"https://localhost:{wrong}") == "unreachable"
        assert proxy.asked == [f"{NAME}:443"]


@pytest.mark.parametrize("login", [(), ("user", "pass:word")])
async def test_a_socks_proxy_is_given_the_name_and_the_password(port: int, login: tuple[str, ...]) -> None:
    proxy = Socks(*login)
    proxy.lead(NAME, port)
    async with proxy.serving():
        shown = "user:pass%3Aword@" if login else ""
        assert await read(f"socks5://{shown}127.0.0.1:{proxy.port}") == b"a file"
        assert proxy.asked == [f"{NAME}:443"]


async def test_a_proxy_that_does_not_lead_there_is_an_error(port: int) -> None:
    locked = Socks("user", "word")
    locked.lead(NAME, port)
    async with connecting(port) as proxy, Socks().serving() as socks, locked.serving():
        assert await failure(f"http://127.0.0.1:{proxy.port}", "other.example") == "unreachable"
        assert await failure(f"socks5://127.0.0.1:{socks}", "other.example") == "unreachable"
        assert await failure(f"socks5://user:sword@127.0.0.1:{locked.port}") == "unreachable"
        assert await failure(f"socks5://127.0.0.1:{locked.port}") == "unreachable"
        assert locked.asked == []


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_is_not_there_or_speaks_another_language_is_an_error(scheme: str) -> None:
    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x05\x63 what?\r\n\r\n" * 10)
        writer.close()

    assert await failure(f"{scheme}://127.0.0.1:1") == "unreachable"
    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await failure(f"{scheme}://127.0.0.1:{port}") == "unreachable"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_silent_is_not_waited_for_for_ever(scheme: str) -> None:
    silence = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silence.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        short = HttpLimits(most_bytes=1000, most_decoded=1000, connect=0.05, total=20)
        assert await failure(f"{scheme}://127.0.0.1:{port}", limits=short) in {"unreachable", "timeout"}
        silence.set()
