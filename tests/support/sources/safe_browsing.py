"""Safe Browsing as https://developers.google.com/safe-browsing/reference/rest/v5 documents it: hashLists.batchGet with
versions, whole lists and changes, hashes.search, and Google's answers to requests that are not as they must be.
"""

from __future__ import annotations

import base64
import binascii
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from tests.support.safe_browsing import batch, detail, found, full_hash, hash_list, hashed, prefix_of, put_lists
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS
from whinchat.apps.scanner.sources.safe_browsing.source import SafeBrowsing
from whinchat.apps.scanner.sources.safe_browsing.store import PrefixStore
from whinchat.core.ports import HttpClient
from whinchat.core.secret import Secret
from whinchat.testing.clock import START, FakeClock

KNOWN = "http://evil.example.net/login"
UNKNOWN = "https://harmless.example.org/"
"""Its prefix is in a list, for another link that has the same one."""
SOCIAL_ENGINEERING = 2


class _BadRequestError(Exception):
    """What Google answers with 400 INVALID_ARGUMENT."""


@dataclass
class SafeBrowsingDouble(Double):
    threats: dict[str, bytes] = field(default_factory=lambda: {"evil.example.net/login": detail(SOCIAL_ENGINEERING)})
    """Expressions to their details."""
    lists: dict[str, dict[bytes, frozenset[int]]] = field(default_factory=lambda: {name: {} for name in LISTS})
    """Every version there was of each list, the newest last."""
    wait: float = 1800
    seconds: float = 300
    """How long the answer to a search holds."""
    retry_after: int = 30
    damaged: set[str] = field(default_factory=set)
    """Lists whose changes do not lead to what the checksum says; whole ones do."""
    broken: set[str] = field(default_factory=set)
    """Lists of which nothing fits."""

    def publish(self, name: str, prefixes: Iterable[int]) -> bytes:
        """A new version of a list."""
        versions = self.lists[name]
        version = f"{name}:{len(versions)}".encode() + b"\x00\xff"
        versions[version] = frozenset(prefixes)
        return version

    def current(self, name: str) -> list[int]:
        return sorted(self.lists[name][next(reversed(self.lists[name]))])

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Goog-Api-Key") != KEY:
            return _error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
        if request.method != "GET" or await request.read():
            return _error(404, "NOT_FOUND", "no such method")
        query = parse_qsl(urlsplit(request.path_qs).query, keep_blank_values=True, strict_parsing=True)
        try:
            match request.path:
                case "/v5/hashLists:batchGet":
                    body = self._lists(query)
                case "/v5/hashes:search":
                    body = self._search(query)
                case _:
                    return _error(404, "NOT_FOUND", "no such method")
        except _BadRequestError as error:
            return _error(400, "INVALID_ARGUMENT", str(error))
        return web.Response(body=body, content_type="application/x-protobuf")

    def over_quota(self) -> web.Response:
        return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded", headers={"Retry-After": str(self.retry_after)})

    def _lists(self, query: list[tuple[str, str]]) -> bytes:
        _only(query, {"names", "version", "alt"})
        names = _values(query, "names")
        if not names or len(names) != len(set(names)) or not self.lists.keys() >= set(names):
            raise _BadRequestError("names")
        held: dict[str, bytes] = {}
        for version in map(_bytes, _values(query, "version")):
            name = next((name for name, versions in self.lists.items() if version in versions), None)
            if name is None or name in held:
                raise _BadRequestError("version")
            held[name] = version
        return batch(*(self._list(name, held.get(name)) for name in names))

    def _list(self, name: str, held: bytes | None) -> bytes:
        versions = self.lists[name]
        version, prefixes = next(reversed(versions.items()))
        old = versions[held] if held else None
        wrong = name in self.broken or (name in self.damaged and old is not None and held != version)
        return hash_list(name, version, prefixes, old=old, wait=self.wait, check=b"\x00" * 32 if wrong else None)

    def _search(self, query: list[tuple[str, str]]) -> bytes:
        _only(query, {"hashPrefixes", "alt"})
        prefixes = [_bytes(value) for value in _values(query, "hashPrefixes")]
        if not 0 < len(prefixes) <= 1000 or any(len(prefix) != 4 for prefix in prefixes):
            raise _BadRequestError("hashPrefixes")
        hashes = {hashed(expression): details for expression, details in self.threats.items()}
        listed = (full_hash(full, details) for full, details in hashes.items() if full[:4] in prefixes)
        return found(*listed, seconds=self.seconds)


def _only(query: list[tuple[str, str]], allowed: set[str]) -> None:
    if {name for name, _ in query} - allowed or _values(query, "alt") != ["proto"]:
        raise _BadRequestError("unknown name")


def _values(query: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in query if name == wanted]


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, altchars=b"-_", validate=True)
    except binascii.Error:
        raise _BadRequestError("base64") from None


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    document = {"error": {"code": status, "message": message, "status": code}}
    return web.json_response(document, status=status, headers=headers)


def _build(http: HttpClient, url: str, key: str) -> SafeBrowsing:
    """With lists that were just updated."""
    folder = Path(tempfile.mkdtemp())
    put_lists(folder, {prefix_of("evil.example.net/login"), prefix_of("harmless.example.org/")}, confirmed_at=START)
    clock = FakeClock()
    source = SafeBrowsing(Client(http, Secret(key), url), PrefixStore(folder, clock), clock, Random(1))
    weakref.finalize(source, shutil.rmtree, folder)
    return source


def _requests(double: SafeBrowsingDouble) -> None:
    (asked,) = double.asked
    prefix = base64.urlsafe_b64encode(hashed("evil.example.net/login")[:4]).decode()
    query = parse_qsl(urlsplit(asked.path).query)
    assert (asked.method, urlsplit(asked.path).path, asked.body) == ("GET", "/v5/hashes:search", b"")
    assert query == [("hashPrefixes", prefix), ("alt", "proto")]
    assert asked.headers["x-goog-api-key"] == KEY


CASE = Case(
    name="safe_browsing",
    double=SafeBrowsingDouble,
    build=_build,
    known=KNOWN,
    known_answer=Listed(Threat.PHISHING, lifetime=300.0),
    unknown=UNKNOWN,
    unknown_answer=NotListed(),
    requests=_requests,
)
