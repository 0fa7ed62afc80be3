"""Asks Meta's Graph API, and fetches media from where it says.

Shapes: graph-api/overview and business-messaging/whatsapp/reference (whatsapp-business-phone-number, media).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpClient, HttpLimits, HttpResponse, Metric, MetricKind, Metrics
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.errors import EXPIRED, Remedy, remedy

ANSWER = HttpLimits(most_bytes=1 << 20, most_decoded=1 << 20, connect=5, total=12)
UPLOAD = HttpLimits(most_bytes=1 << 20, most_decoded=1 << 20, connect=5, total=16)
FETCH = 25.0  # seconds for a download
LONGEST_WAIT = 600.0  # seconds of a Retry-After that is believed
MEDIA_HOSTS = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")

REQUESTS = Metric(
    MetricKind.COUNTER,
    "whinchat_cloud_requests_total",
    "Requests to Meta's Graph API, by what came of them: ok, or what is to be done about the error.",
    ("result",),
)

T = TypeVar("T")
Opened = AbstractAsyncContextManager[HttpResponse]


class GraphFailure(Exception):
    """Something was asked for and not granted. The text names no address, number or secret."""

    def __init__(
        self,
        remedy: Remedy,
        reason: str,
        *,
        code: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.reason = reason
        """A code without personal data: Meta's own number, or a word."""
        self.code = code
        self.status = status
        """None: there was no answer."""
        self.retry_after = retry_after


class _Error(msgspec.Struct):
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool | None = None


class _Refused(msgspec.Struct):
    error: _Error


@dataclass(frozen=True, slots=True)
class Answer:
    """A granted request."""

    body: bytes
    headers: Mapping[str, str]

    def read(self, kind: type[T]) -> T:
        """Raises GraphFailure (`open`): it was granted, but what it says is not understood."""
        try:
            return msgspec.json.decode(self.body, type=kind, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise GraphFailure(Remedy.OPEN, "unreadable", status=200) from None


class Graph:
    """Of one token. `api` and `version` as in the settings."""

    def __init__(self, http: HttpClient, api: str, version: str, token: SecretFile, metrics: Metrics) -> None:
        self._http = http
        self._api = api.rstrip("/")
        self._version = version
        self._token = token
        self._metrics = metrics

    async def get(self, path: str, **parameters: str) -> Answer:
        """Raises GraphFailure, and Refused where there is no token."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        url = f"{self._api}/{self._version}/{path}{query}"
        return await self._carried_out(lambda token: self._http.get(url, _bearer(token), ANSWER))

    async def post(self, path: str, payload: Mapping[str, Any]) -> Answer:
        """Raises GraphFailure, UnicodeEncodeError, and Refused where there is no token."""
        url = f"{self._api}/{self._version}/{path}"
        body = msgspec.json.encode(payload)
        json = {"Content-Type": "application/json"}
        return await self._carried_out(lambda token: self._http.post(url, _bearer(token) | json, body, ANSWER))

    async def upload(self, path: str, data: bytes, mime: str, file_name: str) -> Answer:
        """Raises GraphFailure, and Refused where there is no token."""
        url = f"{self._api}/{self._version}/{path}"
        boundary = secrets.token_hex(16)
        form = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        body = _form(boundary, {"messaging_product": "whatsapp", "type": mime}, data, mime, file_name)
        return await self._carried_out(lambda token: self._http.post(url, _bearer(token) | form, body, UPLOAD))

    async def fetch(self, url: str, most: int) -> bytes:
        """The media at an address that Graph gave. Raises GraphFailure (`too_large`, `gone`, `host` among others)."""
        if not self._is_metas(url):
            raise GraphFailure(Remedy.MEDIA, "host")
        limits = HttpLimits(most_bytes=most, most_decoded=most, connect=5, total=FETCH)
        return (await self._carried_out(lambda token: self._http.get(url, _bearer(token), limits))).body

    def _is_metas(self, url: str) -> bool:
        """The token goes to Meta only, whatever an answer says."""
        try:
            parts, own = urlsplit(url), urlsplit(self._api)
            port = parts.port
        except ValueError:
            return False
        if parts.username is not None:
            return False
        if (parts.scheme, parts.hostname, port) == (own.scheme, own.hostname, own.port):
            return True
        return parts.scheme == "https" and port in {None, 443} and f".{parts.hostname}".endswith(MEDIA_HOSTS)

    async def _carried_out(self, ask: Callable[[str], Opened]) -> Answer:
        token = self._token.read()
        try:
            return await self._asked(ask(token))
        except GraphFailure as failure:
            if failure.code != EXPIRED or (renewed := self._token.read()) == token:
                raise
        return await self._asked(ask(renewed))  # the file has a new one since

    async def _asked(self, opened: Opened) -> Answer:
        try:
            async with opened as response:
                body = b"".join([chunk async for chunk in response.chunks()])
                if not 200 <= response.status < 300:
                    raise _refusal(response, body)
                answer = Answer(body, response.headers)
        except HttpError as error:
            failure = _broken(error)
        except GraphFailure as refusal:
            failure = refusal
        else:
            self._metrics.add(REQUESTS, result="ok")
            return answer
        self._metrics.add(REQUESTS, result=failure.remedy.value)
        raise failure


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _broken(error: HttpError) -> GraphFailure:
    """Without a connection nothing was sent; after that nobody knows."""
    if error.code in {"unreachable", "address"}:
        return GraphFailure(Remedy.AWAY, error.code)
    return GraphFailure(Remedy.OPEN, error.code)


def _refusal(response: HttpResponse, body: bytes) -> GraphFailure:
    try:
        error = msgspec.json.decode(body, type=_Refused, strict=False).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        error = _Error()
    return GraphFailure(
        remedy(error.code, response.status, subcode=error.error_subcode, transient=bool(error.is_transient)),
        f"http_{response.status}" if error.code is None else str(error.code),
        code=error.code,
        status=response.status,
        retry_after=_seconds(response.headers.get("retry-after", "")),
    )


def _seconds(header: str) -> float | None:
    return min(float(header), LONGEST_WAIT) if header.isascii() and header.isdigit() else None


def _form(boundary: str, fields: Mapping[str, str], data: bytes, mime: str, file_name: str) -> bytes:
    """multipart/form-data (RFC 7578) with one file."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
    return b"".join([*parts, f"{head}Content-Type: {mime}\r\n\r\n".encode(), data, f"\r\n--{boundary}--\r\n".encode()])
