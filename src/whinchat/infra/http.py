"""Asks the web servers that the operator named. Addresses that come from chats are not for this client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from io import BytesIO

import aiohttp
from yarl import URL

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits, WebSocket
from whinchat.infra.gunzip import NAMES, Gunzip
from whinchat.infra.websocket import AiohttpSockets

MOST_REDIRECTS = 5
CARRIED = frozenset({"accept", "if-none-match", "if-modified-since"})
"""Headers that go to another origin with a redirect; a key among the others is for the server that was asked."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECTIONS = 256  # at once
PER_HOST = 64  # of these: a server that hangs must not keep the others from being asked
LARGE = 256 * 1024  # bytes of a body


class AiohttpClient:
    """`ports.Peer`. Sends no cookies and no credentials, and asks no proxy that the environment names.

    `connector` makes what opens its connections, once; web sockets open theirs themselves.
    """

    def __init__(self, user_agent: str, connector: Callable[..., aiohttp.BaseConnector] = aiohttp.TCPConnector) -> None:
        self._user_agent = user_agent
        self._connector = connector
        self._session: aiohttp.ClientSession | None = None
        self._sockets = AiohttpSockets(user_agent)

    async def close(self) -> None:
        await self._sockets.close()
        if self._session is not None:
            await self._session.close()

    def connect(
        self, url: str, headers: Mapping[str, str], protocol: str, *, most_bytes: int, timeout: float
    ) -> AbstractAsyncContextManager[WebSocket]:
        return self._sockets.connect(url, headers, protocol, most_bytes=most_bytes, within=timeout)

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str], limits: HttpLimits) -> AsyncIterator[_Response]:
        with _http_errors():
            async with asyncio.timeout(limits.total), self._followed(_address(url), headers, limits) as response:
                yield _Response(response, limits)

    @asynccontextmanager
    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AsyncIterator[_Response]:
        with _http_errors():
            async with (
                asyncio.timeout(limits.total),
                self._asked("POST", _address(url), headers, limits, body) as response,
            ):
                yield _Response(response, limits)

    @asynccontextmanager
    async def _followed(
        self, url: URL, headers: Mapping[str, str], limits: HttpLimits
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The first answer that is no redirect."""
        for _ in range(MOST_REDIRECTS + 1):
            async with self._asked("GET", url, headers, limits) as response:
                target = response.headers.get("Location")
                if response.status not in REDIRECTS or target is None:
                    yield response
                    return
            before, url = url, _redirected(url, target)
            if url.origin() != before.origin():
                headers = {name: value for name, value in headers.items() if name.lower() in CARRIED}
        raise HttpError(f"it redirects more than {MOST_REDIRECTS} times", code="redirect")

    def _asked(
        self, method: str, url: URL, headers: Mapping[str, str], limits: HttpLimits, body: bytes | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=None, connect=limits.connect)
        # A large body leaves in pieces, so that others have their turn.
        data = BytesIO(body) if body is not None and len(body) > LARGE else body
        return self._opened().request(method, url, headers=headers, data=data, timeout=timeout, allow_redirects=False)

    def _opened(self) -> aiohttp.ClientSession:
        """Made when first needed: a service that asks nothing pays nothing."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(limit=CONNECTIONS, limit_per_host=PER_HOST),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class _Response:
    def __init__(self, response: aiohttp.ClientResponse, limits: HttpLimits) -> None:
        self._response = response
        self._limits = limits
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def chunks(self) -> AsyncIterator[bytes]:
        encoding = self.headers.get("content-encoding", "identity").lower()
        if encoding not in NAMES | {"identity"}:
            raise HttpError("the answer is encoded in a way that was not asked for", code="encoding")
        decode = Gunzip() if encoding != "identity" else None
        read = decoded = 0
        with _http_errors():
            async for chunk in self._response.content.iter_any():
                read = _within(read + len(chunk), self._limits.most_bytes)
                for piece in decode.pieces(chunk) if decode else (chunk,):
                    decoded = _within(decoded + len(piece), self._limits.most_decoded)
                    yield piece
        if decode:
            decode.end()


def _within(number: int, most: int) -> int:
    if number > most:
        raise HttpError(f"the answer is larger than {most:,} bytes", code="too_large")
    return number


def _address(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        raise HttpError("the address cannot be read", code="address") from None
    if url.scheme not in {"http", "https"} or not url.host or url.user is not None:
        raise HttpError("the address is not one of the web, or names a user", code="address")
    return url


def _redirected(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)).with_user(None)
    except ValueError:
        raise HttpError("it redirects to something that is no address", code="redirect") from None
    if target.scheme not in {url.scheme, "https"} or not target.host:
        raise HttpError("it redirects to another kind of address", code="redirect")
    return target


@contextmanager
def _http_errors() -> Iterator[None]:
    """What the library raises, as what the port promises. Its own texts name addresses and are not passed on."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise HttpError(f"it cannot be reached{_reason(error)}", code="unreachable") from None
    except TimeoutError:
        raise HttpError("it takes too long", code="timeout") from None
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
        raise HttpError("the connection ended before the answer did", code="truncated") from None
    except aiohttp.ClientError as error:
        raise HttpError(f"the answer is not understood ({type(error).__name__})", code="protocol") from None


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return ": its certificate is not trusted"
        case aiohttp.ClientConnectorDNSError():
            return ": its name is not known"
        case _:
            return ": no connection"
