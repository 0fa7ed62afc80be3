"""One GraphQL request over HTTP and its answer, whatever it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from whinchat.apps.wallet.galoy.errors import MOST_WAIT, GraphError
from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpClient, HttpLimits
from whinchat.core.secret import Secret

MOST_BYTES = 2 * 1024 * 1024
"""Of an answer; a hundred transactions are about 100 KB."""
CONNECT = 5.0  # seconds


class _Body(msgspec.Struct, frozen=True):
    data: dict[str, msgspec.Raw] | None = None
    errors: tuple[GraphError, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`data`: the raw JSON by field; empty where there is none."""

    status: int
    data: Mapping[str, msgspec.Raw]
    errors: tuple[GraphError, ...]
    retry_after: float | None


class Endpoint:
    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self._url = url

    async def ask(self, text: str, variables: Mapping[str, Any], token: Secret | None, seconds: float) -> Answer:
        """Whatever the status. `seconds` until the answer is read.

        Raises:
            HttpError: as `HttpClient.post`; `protocol` also for a success that is not of GraphQL.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        body = msgspec.json.encode({"query": text, "variables": variables})
        limits = HttpLimits(most_bytes=MOST_BYTES, most_decoded=MOST_BYTES, connect=CONNECT, total=seconds)
        async with self._http.post(self._url, headers, body, limits) as response:
            content = b"".join([chunk async for chunk in response.chunks()])
            return _answer(response.status, response.headers, content)


def _answer(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    try:
        body = msgspec.json.decode(content, type=_Body)
    except (msgspec.DecodeError, RecursionError):  # the first also, as a subclass, for JSON of another form
        body = _Body()
    if status == 200 and not body.data and not body.errors:
        raise HttpError("the answer is not of GraphQL", code="protocol")
    return Answer(status, body.data or {}, body.errors, _wait(headers.get("retry-after", "")))


def _wait(text: str) -> float | None:
    return min(float(text), MOST_WAIT) if text.isascii() and text.isdecimal() else None
