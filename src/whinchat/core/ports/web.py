"""The web: servers that the operator chose, and addresses that come from chats, which are asked by others."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one answer may cost."""

    most_bytes: int
    """Of the body as it is sent."""
    most_decoded: int
    """Bytes of the body after its Content-Encoding is undone."""
    connect: float = 10.0
    """Seconds until a connection stands."""
    total: float = 120.0
    """Seconds from the request until the body is read to its end, redirects included."""


class HttpResponse(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case; of several of one name, the last."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, its Content-Encoding undone. Raises HttpError; what came before may then be incomplete."""
        ...


class HttpClient(Protocol):
    """Asks addresses that the operator chose; never one that comes from a chat."""

    def get(
        self, url: str, headers: Mapping[str, str], limits: HttpLimits
    ) -> AbstractAsyncContextManager[HttpResponse]:
        """Whatever the status. Redirects are followed: at most 5, to the same scheme or to https.

        Raises:
            HttpError: `address` it cannot be asked, `unreachable` no connection was made and nothing was sent,
                `timeout`, `redirect` one that is not followed, `truncated` the connection ended before the answer did,
                `too_large`, `encoding` or `protocol` it cannot be understood.
        """
        ...

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AbstractAsyncContextManager[HttpResponse]:
        """Whatever the status. No redirect is followed: what is sent goes where the operator said, or nowhere.

        Raises:
            HttpError: as `get` does.
        """
        ...


class WebSocket(Protocol):
    """An open connection of text messages."""

    async def send(self, text: str) -> None:
        """Raises HttpError (`unreachable`): the connection is gone."""
        ...

    async def receive(self) -> str | None:
        """The next message; None when the other side closed in an orderly way.

        Raises:
            HttpError: `unreachable` the connection is gone, `too_large`, `protocol` a message that is no text.
        """
        ...

    @property
    def close_code(self) -> int | None:
        """The code with which the other side closed (RFC 6455, 7.4; 0 when it gave none); None before."""
        ...


class WebSocketClient(Protocol):
    """Opens connections to addresses that the operator chose."""

    def connect(
        self, url: str, headers: Mapping[str, str], protocol: str, *, most_bytes: int, timeout: float
    ) -> AbstractAsyncContextManager[WebSocket]:
        """`url` begins with ws or wss. `protocol`: the subprotocol that both sides speak; `most_bytes` of one message;
        `timeout` in seconds, until it is open. Pings keep it alive, and find out when it is dead. No redirect is
        followed.

        Raises:
            HttpError: `address`, `unreachable`, `timeout`, `protocol` (refused, or another subprotocol).
        """
        ...


class Peer(HttpClient, WebSocketClient, Protocol):
    """A server that the operator chose, by requests and by connections that stay."""


class Resolver(Protocol):
    """Asks the name servers; answers are as they came, not judged."""

    async def addresses(self, name: str, *, ipv6: bool = True) -> Sequence[str]:
        """Addresses of a name, aliases followed: IPv4 (A), then with `ipv6` IPv6 (AAAA) too. Empty where the name does
        not exist or has none.

        Raises:
            HttpError: `unresolved` no answer that can be used; `timeout`.
        """
        ...


class FetchFault(enum.StrEnum):
    """Why a visit ended before a page was seen."""

    SCHEME = "scheme"
    PORT = "port"
    ADDRESS = "address"
    """A name or number that is not of the public Internet."""
    CREDENTIALS = "credentials"
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    HOPS = "hops"
    """More redirects than are followed, or a circle."""
    PROTOCOL = "protocol"
    """What came is no answer, or one with more headers than are read."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of the host that answered, whether it is trusted or not. Times in milliseconds UTC."""

    issuer: str
    names: tuple[str, ...]
    not_before: int
    not_after: int
    trusted: bool
    """It leads to a known authority, holds for the host, and is of its time."""


class Step(enum.StrEnum):
    """How an address led to the next one."""

    LOCATION = "location"
    REFRESH = "refresh"
    """The Refresh header, or a meta element of the page."""
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class FetchHop:
    url: str
    status: int
    step: Step


@dataclass(frozen=True, slots=True)
class VisitLimits:
    hops: int = 10
    total: float = 4.0
    """Seconds for all of it."""
    most_bytes: int = 128 * 1024
    """Of one body as it is sent."""
    most_decoded: int = 512 * 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """What was met on the way from an address to the page it leads to."""

    hops: tuple[FetchHop, ...]
    """The addresses that led on, first to last."""
    url: str
    """Where it ended: the page, or the address that could not be asked."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    """The beginning of the page, as it reads once its Content-Encoding is undone; empty for downloads."""
    certificate: Certificate | None = None
    """None without TLS, or where it never came so far."""
    fault: FetchFault | None = None
    """None: a page was reached, whatever its status; or, without a status, `url` was not to be followed."""


class Fetcher(Protocol):
    """Visits addresses that come from chats: the public Internet only, without cookies, credentials or downloads."""

    async def visit(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        """Never raises for what the other side is or does: that is what it reports.

        `follow`: asked before each further address; where it says no, the visit ends there without asking that address
        anything (`Visit.url` names it, `status` is None and there is no fault). None: all are followed.
        """
        ...

    async def get(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        """What a program would read there, such as JSON: one GET, whose body is there whatever its type. Only redirects
        lead on. Otherwise as `visit`.
        """
        ...
