"""Asks the Safe Browsing server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.protocol import (
    ADDRESS,
    KEY_HEADER,
    FullHashes,
    HashList,
    lists_address,
    read_hashes,
    read_lists,
    search_address,
)
from whinchat.apps.scanner.sources.web import Web
from whinchat.core.ports import HttpClient
from whinchat.core.secret import Secret

SEARCH_SECONDS = 3.0
UPDATE_SECONDS = 300.0
MOST_BYTES = 32 << 20  # of all lists together; whole ones are 2 MB for each million prefixes
WRONG_KEY = 400  # how a key that nobody has is answered


class Client:
    """Both raise Unanswered for whatever goes wrong."""

    def __init__(self, http: HttpClient, key: Secret, address: str = ADDRESS) -> None:
        self._searches = Web(http, SEARCH_SECONDS)
        self._updates = Web(http, UPDATE_SECONDS, most_bytes=MOST_BYTES)
        self._key = key
        self._address = address

    async def lists(self, names: Sequence[str], versions: Iterable[bytes]) -> dict[str, HashList]:
        """What is new in these lists since these versions, by name; a list whose version is not held comes whole."""
        return read_lists(await self._get(self._updates, lists_address(names, versions, self._address)), names)

    async def search(self, prefixes: Iterable[bytes]) -> FullHashes:
        return read_hashes(await self._get(self._searches, search_address(prefixes, self._address)))

    async def _get(self, web: Web, url: str) -> memoryview:
        reply = await web.get(url, {KEY_HEADER: self._key.reveal()}, also=frozenset({WRONG_KEY}))
        if isinstance(reply, NoAnswer):
            raise Unanswered(reply, f"no answer of the server ({reply.reason.value})")
        if reply.status == WRONG_KEY:
            raise Unanswered(NoAnswer(Missing.REFUSED), "the server does not accept the key")
        return memoryview(reply.body)
