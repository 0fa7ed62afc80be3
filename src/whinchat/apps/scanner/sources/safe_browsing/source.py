"""Google Safe Browsing as a source: the check of local lists, and of the server where they have a prefix.

Source: https://developers.google.com/safe-browsing/reference/Local.List.Mode (the order of the steps),
https://developers.google.com/safe-browsing/reference/Appropriate.Usage and its terms (what may be shown, and when).
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.safe_browsing import expressions
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.safe_browsing.client import SEARCH_SECONDS, Client
from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS, PREFIX, FullHashes
from whinchat.apps.scanner.sources.safe_browsing.store import FOLDER, PrefixStore
from whinchat.apps.scanner.sources.safe_browsing.updater import back_off
from whinchat.apps.scanner.sources.settings import SafeBrowsingSettings, Settings
from whinchat.core.ports import Clock, Limit, Random
from whinchat.core.secret import Secret

FRESHEST = 30 * 60.0  # seconds after which its terms no longer let us call a link unsafe without asking again
STALE = 24 * 3600 * 1000  # milliseconds after which the lists' silence means nothing
MOST_REMEMBERED = 4096  # prefixes

ABOUT = About(
    "safe_browsing",
    "Google Safe Browsing",
    sends=Sends.HASH_PREFIX,
    limit=Limit(rate=200.0, burst=1000),  # most links are looked up in the local lists alone
    timeout=SEARCH_SECONDS,
    lifetimes=Lifetimes(listed=300.0, clear=60.0),
    decisive=True,
    needs=("sources.safe_browsing.key", "sources.safe_browsing.non_commercial"),
    terms="https://developers.google.com/safe-browsing/terms",
    notice="Advisory provided by Google: suspected, not certain. https://developers.google.com/safe-browsing/v4/advisory",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    expires: int
    """Milliseconds UTC."""
    found: Mapping[bytes, Threat]
    """Full hashes with this prefix; empty: there are none."""


class SafeBrowsing:
    about = ABOUT

    def __init__(self, client: Client, store: PrefixStore, clock: Clock, random: Random) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._random = random
        self._remembered: OrderedDict[bytes, _Entry] = OrderedDict()
        self._failures = 0
        self._rests_until = 0
        self._rests_for = NoAnswer(Missing.HELD_BACK)

    async def ask(self, link: Link) -> Answer:
        named = {hashlib.sha256(each.encode("ascii")).digest(): each for each in expressions(link.url)}
        now = self._clock.now()
        unknown = []
        for full, expression in named.items():
            entry = self._entry(full[:PREFIX], now)
            if entry is None:
                unknown.append(full)
            elif full in entry.found:
                return Listed(entry.found[full], scope=_scope(link, expression), lifetime=(entry.expires - now) / 1000)
        hits = self._hits(link, {full[:PREFIX] for full in unknown})
        if hits:
            answer = await self._search(hits)
            if isinstance(answer, NoAnswer):
                return answer
            for full in unknown:
                if full in answer.found:
                    lifetime = min(answer.seconds, FRESHEST)
                    return Listed(answer.found[full], scope=_scope(link, named[full]), lifetime=lifetime)
        return NotListed() if self._is_probe(link) else self._silence()

    def _is_probe(self, link: Link) -> bool:
        """It is asked about to hear whether the key is good, so the server is asked whatever the lists say."""
        return link.url == self.about.probe

    def _hits(self, link: Link, prefixes: Iterable[bytes]) -> list[bytes]:
        """Those that a list has, sorted, so that they do not tell which belongs to which part of a link."""
        if self._is_probe(link):
            return sorted(prefixes)
        lists = self._store.lists.values()
        return sorted(each for each in prefixes if any(int.from_bytes(each, "big") in list_ for list_ in lists))

    def _silence(self) -> Answer:
        """What it means that nothing was found."""
        state = self._store.state
        complete = len(self._store.lists) == len(LISTS) and state.confirmed_at is not None
        if complete and self._clock.now() - (state.confirmed_at or 0) <= STALE:
            return NotListed()
        return NoAnswer(state.reason or Missing.HELD_BACK)

    async def _search(self, prefixes: list[bytes]) -> FullHashes | NoAnswer:
        """Ask the server and remember what it says."""
        if self._clock.now() < self._rests_until:
            return self._rests_for
        try:
            answer = await self._client.search(prefixes)
        except Unanswered as error:
            self._rest(error.answer)
            return error.answer
        self._failures = 0
        now = self._clock.now()
        for prefix in prefixes:
            found = {full: threat for full, threat in answer.found.items() if full.startswith(prefix)}
            seconds = min(answer.seconds, FRESHEST) if found else answer.seconds
            self._remember(prefix, _Entry(now + round(1000 * seconds), found))
        return answer

    def _rest(self, answer: NoAnswer) -> None:
        """After an answer that is no success, as the protocol wants it: links with a prefix in a list go unanswered."""
        if answer.reason not in {Missing.REFUSED, Missing.QUOTA, Missing.FAILED}:
            return
        self._failures += 1
        wait = max(back_off(self._failures, self._random), round(1000 * (answer.retry_after or 0)))
        self._rests_until = self._clock.now() + wait
        self._rests_for = NoAnswer(answer.reason)

    # --- what the server said ---

    def _entry(self, prefix: bytes, now: int) -> _Entry | None:
        entry = self._remembered.get(prefix)
        if entry is not None and entry.expires <= now:
            del self._remembered[prefix]
            return None
        return entry

    def _remember(self, prefix: bytes, entry: _Entry) -> None:
        self._remembered[prefix] = entry
        self._remembered.move_to_end(prefix)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _scope(link: Link, expression: str) -> Scope:
    """What a listing of this part of the link names."""
    host, _, path = expression.partition("/")
    if path:
        return Scope.URL
    if host != link.host:
        return Scope.SITE
    return Scope.URL if link.path in {"", "/"} else Scope.HOST


def allowed(settings: SafeBrowsingSettings) -> Secret | None:
    """The key, if it may be used: its terms allow nothing that is for sale or earns money."""
    return settings.key if settings.enabled and settings.non_commercial else None


def make(given: Means, settings: Settings) -> SafeBrowsing | None:
    chosen = settings.sources.safe_browsing
    key = allowed(chosen)
    if chosen.enabled and chosen.key is not None and key is None:
        log.warning("Safe Browsing is off: its terms allow non-commercial use only, and nobody said that this is such")
    if given.http is None or key is None:
        return None
    store = PrefixStore(given.data / FOLDER, given.clock)
    return SafeBrowsing(Client(given.http, key), store, given.clock, given.random)
