"""Asks one address of a visit: HEAD first, then the beginning of the page where there is one; never a download. For a
program that knows what it asks for, one GET."""

from __future__ import annotations

import codecs
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field

import aiohttp
import can_ada
from yarl import URL

from whinchat.core.errors import HttpError
from whinchat.core.ports import Certificate, FetchFault, Step, VisitLimits
from whinchat.infra import gunzip, pages
from whinchat.infra.guard import Stopped, Target, read_url
from whinchat.infra.pinned import PinnedConnector, shown_certificate

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PAGES = frozenset({"", "text/html", "application/xhtml+xml"})
"""Content types that a browser opens as a page; without one, it looks for itself."""
CONNECT = 2.0  # seconds until a connection stands, TLS included
MOST_HEADERS = 100
LONGEST_HEADER = 8190  # bytes

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Answer:
    """What an address said, filled as it comes: what is known stays known when the time is over."""

    document: bool = False
    """It is read by a program, whatever its type, and only a redirect leads on from it."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytearray = field(default_factory=bytearray)
    certificate: Certificate | None = None

    @property
    def is_page(self) -> bool:
        """Something that a browser opens, instead of saving it."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in PAGES and not self.headers.get("content-disposition", "").lower().startswith("attachment")

    @property
    def is_read(self) -> bool:
        return (self.document or self.is_page) and not self.redirects

    @property
    def redirects(self) -> bool:
        return self.status in REDIRECTS and bool(self.headers.get("location"))

    def leads_to(self, url: can_ada.URL) -> tuple[Step, can_ada.URL] | None:
        """Where it sends a browser on. None: it is where a visit ends. Raises Stopped: nowhere that exists."""
        if self.redirects:
            return Step.LOCATION, read_url(self.headers["location"], url)
        if self.document:
            return None
        if target := pages.refresh(self.headers.get("refresh", "")):
            return Step.REFRESH, read_url(target, url)
        found = pages.leads_to(self._text()) if self.body else None
        if found is None:
            return None
        step, target, base = found
        try:
            return step, read_url(target, read_url(base, url) if base else url)
        except Stopped:
            return None  # what a browser cannot read, it does not go to

    def _text(self) -> str:
        wide = self.body.startswith(_WIDE) or "utf-16" in self.headers.get("content-type", "").lower()
        return self.body.decode("utf-16" if wide else "utf-8", "replace")


class Asker:
    """Asks with the same words everywhere: no cookies, credentials or referrer, and no proxy of the environment."""

    def __init__(self, user_agent: str) -> None:
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": "en",
            "Accept-Encoding": "gzip",
        }

    async def ask(self, target: Target, tls: ssl.SSLContext | None, limits: VisitLimits, answer: Answer) -> None:
        """Raises Stopped."""
        connector = PinnedConnector(target, tls)
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            auto_decompress=False,
            trust_env=False,
            max_headers=MOST_HEADERS,
            max_field_size=LONGEST_HEADER,
            max_line_size=LONGEST_HEADER,
        ) as session:
            try:
                await _Conversation(session, connector, target, limits, answer).run()
            except aiohttp.ClientConnectorCertificateError:
                await _show(target, answer)
                raise Stopped(FetchFault.TLS) from None
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise Stopped(_fault(error)) from None


@dataclass(slots=True)
class _Conversation:
    """The requests to one address, over one connection if the server likes."""

    session: aiohttp.ClientSession
    connector: PinnedConnector
    target: Target
    limits: VisitLimits
    answer: Answer

    async def run(self) -> None:
        if self.answer.document:
            await self._get({"Accept": "application/json"})
            return
        answered = await self._head()
        if answered and not self.answer.is_read:
            return
        beginning = {"Range": f"bytes=0-{self.limits.most_bytes - 1}"}
        try:
            await self._get(beginning)
        except (aiohttp.ClientResponseError, aiohttp.ServerDisconnectedError):
            if not answered:
                raise
            await self._get(beginning)  # some send a page after HEAD, too: over a connection of its own

    async def _head(self) -> bool:
        """False: the server does not like to be asked so, which says nothing."""
        try:
            async with self._asked("HEAD", {}) as response:
                if response.status >= 400:
                    return False
                self._note(response)
                return True
        except (aiohttp.ClientConnectorError, TimeoutError):
            raise
        except (aiohttp.ClientError, ConnectionError):
            return False

    async def _get(self, headers: Mapping[str, str]) -> None:
        async with self._asked("GET", headers) as response:
            self._note(response)
            try:
                if self.answer.is_read:
                    await self._read(response)
            finally:
                response.close()  # whatever else it has to say

    def _asked(self, method: str, more: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        url = self.target.url
        address = URL.build(
            scheme=url.protocol[:-1],
            host=url.hostname.rstrip("."),
            port=self.target.port,
            path=url.pathname,
            query_string=url.search[1:],
            encoded=True,
        )
        return self.session.request(method, address, headers=more, allow_redirects=False)

    def _note(self, response: aiohttp.ClientResponse) -> None:
        answer = self.answer
        # That it is a part was our wish.
        answer.status = 200 if response.status == 206 else response.status
        answer.headers = _headers(response)
        if self.connector.certificate is not None:
            answer.certificate = _read(self.connector.certificate, trusted=True)

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        """The beginning of the body. What is damaged or ends too early is a page as far as it goes."""
        encoding = self.answer.headers.get("content-encoding", "identity").lower()
        if encoding not in gunzip.NAMES | {"identity"}:
            return
        decode = gunzip.Gunzip() if encoding != "identity" else None
        left = self.limits.most_bytes
        body, most = self.answer.body, self.limits.most_decoded
        with suppress(aiohttp.ClientPayloadError, HttpError):
            async for chunk in response.content.iter_any():
                for piece in decode.pieces(chunk[:left]) if decode else (chunk[:left],):
                    body += piece[: most - len(body)]
                    if len(body) == most:
                        return
                left -= len(chunk)
                if left <= 0:
                    return


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Raises Stopped: it redirects to several places at once."""
    if len(set(response.headers.getall("Location", ()))) > 1:
        raise Stopped(FetchFault.PROTOCOL)
    return {name.lower(): _readable(value) for name, value in response.headers.items()}


def _readable(value: str) -> str:
    """As browsers do: bytes that are no UTF-8 are Latin-1."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


async def _show(target: Target, answer: Answer) -> None:
    """Notes the certificate that was not trusted."""
    with suppress(OSError):
        shown = await shown_certificate(target)
        answer.certificate = _read(shown, trusted=False) if shown else None


def _read(der: bytes, *, trusted: bool) -> Certificate | None:
    from whinchat.infra.certificates import read_certificate  # noqa: PLC0415

    return read_certificate(der, trusted=trusted)


def _fault(error: Exception) -> FetchFault:
    match error:
        case TimeoutError():
            return FetchFault.TIMEOUT
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return FetchFault.TLS
        case aiohttp.ClientOSError() | OSError():
            return FetchFault.UNREACHABLE
        case _:
            return FetchFault.PROTOCOL
