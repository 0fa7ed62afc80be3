"""What is read from the backend again and again: kept for a short while, asked for once at a time, never for paying.

What belongs to a person stands on a shelf, which a movement of their money takes away: whoever reads afterwards begins
with an empty one, and a read that began before fills a shelf that nobody looks at any more. A new session has a new
shelf too. While the backend is down, what was read before is given with the mark of its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from whinchat.apps.wallet.backend import Backend, BackendError, CurrencyInfo, Me, Page, Price
from whinchat.apps.wallet.format import Rates
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.shelves import Entry, Name, Shelf, Shelves
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Random
from whinchat.core.resilience.background import Background
from whinchat.core.resilience.single_flight import SingleFlight
from whinchat.core.secret import Secret

T = TypeVar("T")

READS = Metric(
    MetricKind.COUNTER,
    "whinchat_wallet_reads_total",
    "Reads from the wallet's backend: asked for (miss), or saved because the answer was kept (hit) or being asked for "
    "(joined); asked for anew while the kept answer was given (renewed); given from before because the backend is down "
    "(stale).",
    ("what", "result"),
)

MINUTE = 60.0  # seconds
HOUR = 60 * MINUTE
OLDEST_RATES = HOUR  # beyond, a price is no longer used to say what money is worth
LONGEST = 24 * HOUR  # for which something is given while the backend is down
JITTER = 0.1  # of the time that something is kept: what was read together does not end together
AGAIN = 10.0  # seconds after which what could not be read anew is tried once more
REFUSED = frozenset(("not_found", "rejected"))
"""Codes of answers that are as good as others, and kept too."""
MOST_SHARED = 1000  # prices


class Holder(Protocol):
    """Whose account is read."""

    @property
    def id(self) -> str: ...

    @property
    def session(self) -> str: ...

    @property
    def token(self) -> Secret: ...


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """`at`: when it was read, milliseconds UTC. `outage`: the backend does not answer, and this is from before."""

    value: T
    at: int
    outage: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Kind(Generic[T]):
    """How long an answer is fresh, and given while another one is asked for, and a refusal is kept: seconds."""

    name: str
    decode: Callable[[bytes], T]
    fresh: float
    meanwhile: float = 0.0
    refused: float = 0.0


_ME = _Kind("me", msgspec.msgpack.Decoder(Me).decode, fresh=MINUTE)
_PAGE = _Kind("history", msgspec.msgpack.Decoder(Page).decode, fresh=2 * MINUTE)
_PRICE = _Kind("price", msgspec.msgpack.Decoder(Price).decode, fresh=MINUTE, meanwhile=15 * MINUTE, refused=5 * MINUTE)
_CURRENCIES = _Kind(
    "currencies", msgspec.msgpack.Decoder(tuple[CurrencyInfo, ...]).decode, fresh=30 * MINUTE, meanwhile=LONGEST
)


class Reads:
    """Raises BackendError where nothing is known that could be given."""

    def __init__(
        self, backend: Backend, clock: Clock, random: Random, metrics: Metrics, shelves: Shelves | None = None
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._people = Shelves() if shelves is None else shelves
        self._shared = Shelf("", MOST_SHARED)
        self._flights: SingleFlight[tuple[Shelf, Name], Read[Any]] = SingleFlight()
        self._background = Background()

    # --- of a person ---

    async def me(self, who: Holder, *, fresh: bool = False) -> Read[Me]:
        """`fresh`: it is asked for, whatever is kept."""
        return await self._personal(who, _ME, "", partial(self._backend.me, who.token), fresh=fresh)

    async def page(self, who: Holder, first: int, after: str | None = None, *, fresh: bool = False) -> Read[Page]:
        load = partial(self._backend.transactions, who.token, first, after)
        return await self._personal(who, _PAGE, f"{first} {after or ''}", load, fresh=fresh)

    def moved(self, user_id: str) -> None:
        """Money of the person moved, or their session ended: nothing that was read before counts any more."""
        self._people.remove(user_id)

    def moved_into(self, wallet: str) -> None:
        """Somebody was paid into this wallet, who may be a person of ours: `moved` for them."""
        self._people.remove_owner(wallet)

    # --- of everybody ---

    async def price(self, currency: str, *, fresh: bool = False) -> Read[Price]:
        """One of some minutes ago is given at once, and read anew meanwhile. REFUSED: there is no such currency."""
        return await self._read(self._shared, _PRICE, currency, partial(self._price, currency), fresh=fresh)

    async def _price(self, currency: str) -> Price:
        price = await self._backend.price(currency)
        if price.sat <= 0 or price.usd_cent <= 0:
            raise BackendError("a price that cannot be")
        return price

    async def currencies(self) -> Read[tuple[CurrencyInfo, ...]]:
        return await self._read(self._shared, _CURRENCIES, "", self._backend.currencies)

    async def rates(self, currency: str) -> Rates | None:
        """What money is worth in `currency`, or at least in dollars and satoshis; None: nobody knows just now."""
        for each in dict.fromkeys((currency, Currency.USD.value)):
            try:
                price, digits = await asyncio.gather(self.price(each), self.digits(each))
            except BackendError:
                continue
            if self._clock.now() - price.at <= OLDEST_RATES * 1000:
                return Rates(price.value, digits)
        return None

    async def digits(self, currency: str) -> int:
        """Decimals of its smallest unit; two where the backend does not say."""
        if currency == Currency.USD:
            return 2
        known = (await self.currencies()).value
        return next((each.fraction_digits for each in known if each.id == currency), 2)

    def close(self) -> None:
        self._background.close()

    # --- how ---

    async def _personal(
        self, who: Holder, kind: _Kind[T], key: str, load: Callable[[], Awaitable[T]], *, fresh: bool
    ) -> Read[T]:
        while True:
            shelf = self._people.of(who.id, who.session)
            shelf.readers += 1
            try:
                read = await self._read(shelf, kind, key, load, fresh=fresh)
            finally:
                shelf.readers -= 1
            # What moved while it was read may be missing in it.
            if not shelf.gone:
                return read

    async def _read(
        self, shelf: Shelf, kind: _Kind[T], key: str, load: Callable[[], Awaitable[T]], *, fresh: bool = False
    ) -> Read[T]:
        name = (kind.name, key)
        kept = shelf.entries.get(name)
        now = self._clock.monotonic()
        if kept is not None and not fresh:
            if now < kept.fresh_until:
                self._count(kind, "hit")
                return _given(kind, kept)
            if not kept.refusal and now - kept.read < kind.meanwhile:
                self._count(kind, "hit")
                self._renew(shelf, kind, name, load)
                return _given(kind, kept)
        try:
            return await self._ask(shelf, kind, name, load)
        except BackendError as error:
            if not error.retryable or kept is None or kept.refusal or now - kept.read > LONGEST:
                raise
            self._count(kind, "stale")
            return _given(kind, kept, outage=True)

    def _renew(self, shelf: Shelf, kind: _Kind[T], name: Name, load: Callable[[], Awaitable[T]]) -> None:
        """Meanwhile; what is kept is good enough until then."""
        kept = shelf.entries[name]
        shelf.put(name, replace(kept, fresh_until=self._clock.monotonic() + AGAIN))
        self._background.start(self._ask(shelf, kind, name, load, "renewed"))

    async def _ask(
        self, shelf: Shelf, kind: _Kind[T], name: Name, load: Callable[[], Awaitable[T]], asking: str = "miss"
    ) -> Read[T]:
        """By one call for all who ask at the same time. `asking`: how that call is counted."""
        asked = False

        async def call() -> Read[T]:
            nonlocal asked
            asked = True
            return await self._call(shelf, kind, name, load)

        try:
            return await self._flights.run((shelf, name), call)
        finally:
            self._count(kind, asking if asked else "joined")

    async def _call(self, shelf: Shelf, kind: _Kind[T], name: Name, load: Callable[[], Awaitable[T]]) -> Read[T]:
        try:
            value = await load()
        except BackendError as error:
            if kind.refused and error.code in REFUSED:
                self._keep(shelf, name, b"", kind.refused, error.code)
            raise
        if isinstance(value, Me):
            shelf.wallets = frozenset(each.id for each in value.wallets)
        self._keep(shelf, name, msgspec.msgpack.encode(value), kind.fresh)
        return Read(value, self._clock.now())

    def _keep(self, shelf: Shelf, name: Name, data: bytes, seconds: float, refusal: str = "") -> None:
        now = self._clock.monotonic()
        until = now + seconds * (1 - JITTER * self._random.random())
        entry = Entry(data, refusal, self._clock.now(), now, until)
        if shelf is self._shared:
            shelf.put(name, entry)
        else:
            self._people.put(shelf, name, entry)

    def _count(self, kind: _Kind[Any], result: str) -> None:
        self._metrics.add(READS, what=kind.name, result=result)


def _given(kind: _Kind[T], entry: Entry, *, outage: bool = False) -> Read[T]:
    if entry.refusal:
        raise BackendError("refused a moment ago", code=entry.refusal)
    return Read(kind.decode(entry.data), entry.at, outage)
