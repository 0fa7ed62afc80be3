"""Connections that stay (RFC 6455), to servers that the operator named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from whinchat.core.errors import HttpError

HEARTBEAT = 30.0  # seconds between pings; without a pong for half of that the connection is dead
FAREWELL = 2.0  # seconds that the other side has to answer our close


class AiohttpSockets:
    """Their session is one of its own: what stays open takes no place from requests."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def connect(
        self, url: str, headers: Mapping[str, str], protocol: str, *, most_bytes: int, within: float
    ) -> AsyncIterator[_Socket]:
        socket = await self._connected(_address(url), headers, protocol, most_bytes, within)
        try:
            yield _Socket(socket, most_bytes)
        finally:
            await socket.close()

    async def _connected(
        self, url: URL, headers: Mapping[str, str], protocol: str, most_bytes: int, within: float
    ) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(within):
                socket = await self._opened().ws_connect(
                    url,
                    headers=headers,
                    protocols=(protocol,),
                    max_msg_size=most_bytes,
                    heartbeat=HEARTBEAT,
                    timeout=aiohttp.ClientWSTimeout(ws_close=FAREWELL),
                )
        except TimeoutError:
            raise HttpError("it takes too long", code="timeout") from None
        except aiohttp.ClientConnectionError:
            raise HttpError("it cannot be reached", code="unreachable") from None
        except aiohttp.ClientError as error:  # texts of the library name addresses
            raise HttpError(f"it does not open a connection ({type(error).__name__})", code="protocol") from None
        if socket.protocol != protocol:
            await socket.close()
            raise HttpError("it speaks another subprotocol", code="protocol")
        return socket

    def _opened(self) -> aiohttp.ClientSession:
        """Made when first needed: a service that connects to nothing pays nothing."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._user_agent},
                middlewares=(_unredirected,),
                trust_env=False,
            )
        return self._session


class _Socket:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, most_bytes: int) -> None:
        self._socket = socket
        self._most_bytes = most_bytes
        self.close_code: int | None = None

    async def send(self, text: str) -> None:
        try:
            await self._socket.send_str(text)
        except aiohttp.ClientConnectionError:
            raise HttpError("the connection is gone", code="unreachable") from None

    async def receive(self) -> str | None:
        if self.close_code is not None:
            return None
        message = await self._socket.receive()
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                return str(message.data)
            case aiohttp.WSMsgType.BINARY:
                raise HttpError("a message is no text", code="protocol")
            case aiohttp.WSMsgType.CLOSE:
                self.close_code = int(message.data)
                return None
            case aiohttp.WSMsgType.ERROR:
                raise self._error(message.data)
            case _:
                raise HttpError("the connection is gone", code="unreachable")

    def _error(self, error: object) -> HttpError:
        match error:
            case aiohttp.WebSocketError(code=aiohttp.WSCloseCode.MESSAGE_TOO_BIG):
                return HttpError(f"a message is larger than {self._most_bytes:,} bytes", code="too_large")
            case aiohttp.WebSocketError():
                return HttpError("a message is not understood", code="protocol")
            case _:  # such as a ping without a pong
                return HttpError("the connection is gone", code="unreachable")


async def _unredirected(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """What is sent goes where the operator said, or nowhere."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise HttpError("it redirects, which is not followed", code="protocol")
    return response


def _address(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        raise HttpError("the address cannot be read", code="address") from None
    if url.scheme not in {"ws", "wss"} or not url.host or url.user is not None:
        raise HttpError("the address is not one of a websocket, or names a user", code="address")
    return url
