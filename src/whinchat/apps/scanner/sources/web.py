"""How a source asks its provider over the web, and what the provider's refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpClient, HttpLimits, HttpResponse

T = TypeVar("T")

MOST_BYTES = 1 << 20
"""Of an answer. What a provider says of one link is a few kilobytes."""
LONGEST_WAIT = 86_400.0  # seconds that a provider may ask us to stay away
FORM = "application/x-www-form-urlencoded"

_MEANS = {
    401: Missing.REFUSED,
    403: Missing.REFUSED,
    408: Missing.TIMEOUT,
    429: Missing.QUOTA,
}
_FAULTS = {
    "timeout": Missing.TIMEOUT,
    "unreachable": Missing.UNREACHABLE,
    "truncated": Missing.UNREACHABLE,
    "address": Missing.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Web:
    """Requests of one source. Whatever goes wrong is a `NoAnswer`, never an exception."""

    def __init__(self, http: HttpClient, timeout: float, *, most_bytes: int = MOST_BYTES) -> None:
        """`timeout`: seconds for one request and its answer."""
        self._http = http
        self._limits = HttpLimits(most_bytes=most_bytes, most_decoded=most_bytes, connect=timeout, total=timeout)

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, also: frozenset[int] = frozenset()
    ) -> Reply | NoAnswer:
        """`also`: statuses beside 200 that are answers to this question, such as 404."""
        return await self._read(self._http.get(url, headers or {}, self._limits), also)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, also: frozenset[int] = frozenset()
    ) -> Reply | NoAnswer:
        return await self._read(self._http.post(url, headers, body, self._limits), also)

    async def post_form(
        self,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str],
        *,
        also: frozenset[int] = frozenset(),
    ) -> Reply | NoAnswer:
        return await self.post(url, {"Content-Type": FORM, **headers}, urlencode(form).encode(), also=also)

    async def post_json(self, url: str, headers: Mapping[str, str], document: object) -> Reply | NoAnswer:
        return await self.post(url, {"Content-Type": "application/json", **headers}, msgspec.json.encode(document))

    async def _read(self, opening: AbstractAsyncContextManager[HttpResponse], also: frozenset[int]) -> Reply | NoAnswer:
        try:
            async with opening as response:
                if response.status != 200 and response.status not in also:
                    return _refusal(response)
                body = b"".join([chunk async for chunk in response.chunks()])
                return Reply(response.status, response.headers, body)
        except HttpError as error:
            return NoAnswer(_FAULTS.get(error.code, Missing.GARBLED), error.retry_after)


def decoded(reply: Reply, kind: type[T]) -> T | NoAnswer:
    """The JSON of an answer; garbled when it does not have that form."""
    try:
        return msgspec.json.decode(reply.body, type=kind, strict=False)
    except (msgspec.DecodeError, RecursionError):  # the first also, as a subclass, for JSON of another form
        return NoAnswer(Missing.GARBLED)


def _refusal(response: HttpResponse) -> NoAnswer:
    """What a status means where the source gives it no meaning of its own (RFC 9110, 15)."""
    reason = _MEANS.get(response.status, Missing.FAILED if response.status >= 500 else Missing.GARBLED)
    wait = response.headers.get("retry-after", "")
    return NoAnswer(reason, min(float(wait), LONGEST_WAIT) if wait.isascii() and wait.isdecimal() else None)
