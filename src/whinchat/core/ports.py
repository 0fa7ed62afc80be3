"""The outside world as the core and the applications see it. Each port has an in-memory fake in `whinchat.testing`."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from whinchat.core.types import (
    Action,
    Capabilities,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    SendResult,
)

T = TypeVar("T")
Value = int | float | str | bytes | None
Row = tuple[Value, ...]


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Random(Protocol):
    """`random.Random` and `random.SystemRandom` fit; tests pass a seeded one."""

    def random(self) -> float: ...
    def randbytes(self, n: int, /) -> bytes: ...


# --- storage -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with named arguments (`:name`); `rows`: how many it must touch or return, None for any."""

    sql: str
    args: Mapping[str, Value]
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements that are committed together or not at all; no reads in between.

    `durable`: on the disk before the commit returns, even through a power cut (SQLite: `synchronous=FULL`).
    """

    statements: tuple[Statement, ...] = ()
    durable: bool = False

    def __add__(self, other: Batch) -> Batch:
        return Batch(self.statements + other.statements, self.durable or other.durable)


EMPTY = Batch()


class Database(Protocol):
    """Reads see every batch whose commit returned. SQL is the common part of SQLite and PostgreSQL."""

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        """Commit and give, per statement, the rows of its RETURNING clause (empty without one).

        Raises:
            Conflict: a statement touched another number of rows than its `rows`; nothing was written.
            Refused: the disk is full or the database cannot be written (code `disk_full`, `read_only`).
        """
        ...

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        """All rows: for results that are small by construction (a LIMIT or a key)."""
        ...

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        """The first row. SQLite answers look-ups by primary key or unique index without leaving the thread."""
        ...

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        """Rows of any number, read in pages of a bounded size."""
        ...


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a component's schema. Numbers count 1, 2, 3, … per component; a shipped step never changes."""

    component: str
    number: int
    name: str
    sql: Mapping[str, str]
    """Dialect ("sqlite", "postgres") to statements separated by `;` at line ends."""


OpenDatabase = Callable[[Path, Sequence[Migration]], AbstractAsyncContextManager[Database]]
"""Opens a SQLite file of an application's own, made or brought up to date first; other processes may have it open."""


class Sealer(Protocol):
    """Encryption at rest and keyed look-ups (`docs/decisions`, sealing at rest)."""

    def seal(self, table: str, row: bytes | str, data: bytes) -> bytes:
        """Encrypt `data`; it opens only for the same table and row."""
        ...

    def open(self, table: str, row: bytes | str, sealed: bytes) -> bytes:
        """Raises StorageError (code `unsealable`): wrong key, wrong place or damaged."""
        ...

    def digest(self, purpose: str, *parts: str | bytes) -> bytes:
        """Keyed hash for look-up columns, 16 bytes; parts are length-framed, purposes are separate keys."""
        ...


def joined(key: Row) -> bytes | str:
    """The values one after the other, as what a `Sealer` takes for the row; all are bytes, or each as text."""
    if all(isinstance(value, bytes) for value in key):
        return b"".join(value for value in key if isinstance(value, bytes))
    return "".join(map(str, key))


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are sealed, so that they can be sealed again under a new key; NULL and empty ones are not.

    Names come from code, never from input.
    """

    table: str
    """Also what `Sealer.seal` is given as the table."""
    key_columns: tuple[str, ...]
    """Unique together and indexed in this order."""
    column: str
    row: Callable[[Row], bytes | str] = joined
    """From the values of `key_columns` to what `Sealer.seal` is given as the row."""


# --- jobs --------------------------------------------------------------------------------------------------------


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Work that may take long or touch the outside.

    While a job of the same (kind, key) waits, adding another changes nothing; one that is running may be added
    again and runs afterwards.
    """

    kind: str
    """`app.name`, such as `scanner.recheck`."""
    key: str
    """Unique within the kind; free of personal data, it is stored in the clear."""
    payload: bytes = b""
    """Sealed when stored."""
    priority: int = 0
    """Lower runs first."""
    delay: float = 0.0
    """Seconds before it may run."""
    max_attempts: int = 8
    cause: int | None = None
    """Inbox event that asked for it, for `trace`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in a worker's hands until `expires`; `token` proves that the claim is still the worker's."""

    id: int
    kind: str
    key: str
    payload: bytes
    attempt: int
    """1 on the first run."""
    max_attempts: int
    token: int
    expires: int
    cause: int | None = None


class JobState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


class Queue(Protocol):
    """Durable jobs: at least once, effects once because a job's changes commit with `finish`."""

    def add(self, job: Job) -> tuple[Statement, ...]:
        """The statements that put the job in the queue, to be committed with what caused it."""
        ...

    def announce(self) -> None:
        """Tell the workers that something was added (after the commit)."""
        ...

    async def claim(self, kinds: Sequence[str]) -> Claim | None:
        """The next due job of these kinds, leased; None when there is none."""
        ...

    async def claim_many(self, room: Mapping[str, int], at_most: int) -> list[Claim]:
        """Up to `at_most` due jobs, leased, at most `room[kind]` of each kind; in order of priority."""
        ...

    async def extend(self, claim: Claim) -> Claim | None:
        """Heartbeat: a fresh lease, or None when the claim was lost."""
        ...

    def finish(self, claim: Claim) -> Statement:
        """The statement that ends the job; touches one row, or the claim was lost."""
        ...

    async def fail(self, claim: Claim, error: str, *, retry_after: float | None = None) -> JobState:
        """Back to waiting with backoff and jitter, or dead after the last attempt. `error` is a code.

        Raises:
            Conflict: the claim was lost.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Back to waiting at once and as if it had not been tried: the worker stops.

        Raises:
            Conflict: the claim was lost.
        """
        ...

    async def wait(self, seconds: float) -> None:
        """Until something was announced, at most `seconds`."""
        ...


# --- transports --------------------------------------------------------------------------------------------------


class Sink(Protocol):
    """Where a transport hands over what arrives. When `accept` returns, the event is the service's responsibility."""

    async def accept(self, event: Event) -> None:
        """Returns when the event is durable or rightly dropped. Slow on purpose under load: that is back-pressure.

        Raises:
            Overloaded: not taken; keep it and offer it again after `retry_after` seconds.
        """
        ...

    async def delivery(self, update: DeliveryUpdate) -> None: ...

    def connection(self, account: str, state: ConnectionState) -> None: ...


class Transport(Protocol):
    """One account on one network."""

    @property
    def account(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def state(self) -> ConnectionState: ...

    async def start(self, sink: Sink) -> None: ...

    async def stop(self, deadline: float) -> None:
        """Stop taking in, finish what is under way, at most `deadline` seconds."""
        ...

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        """Do it and say how sure that is. `reference` is ours, stable over retries; never raises for an outage."""
        ...

    async def group(self, chat: ChatRef) -> Group | None:
        """Members and admins as they are now; None when the bot is not in it. Raises TransportError."""
        ...

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError: gone, too large (code `too_large`), or out of reach."""
        ...


# --- the web -----------------------------------------------------------------------------------------------------


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
            HttpError: `address` it cannot be asked, `unreachable`, `timeout`, `redirect` one that is not followed,
                `truncated` the body ended too early, `too_large`, `encoding` or `protocol` it cannot be understood.
        """
        ...


# --- small ports -------------------------------------------------------------------------------------------------


class Limit(msgspec.Struct, frozen=True):
    """A token bucket: `rate` tokens a second, at most `burst` saved up."""

    rate: float
    burst: int


class RateLimiter(Protocol):
    def take(self, key: str, limit: Limit) -> float:
        """0.0 and a token is spent, or the seconds until one is there (nothing spent)."""
        ...


class MetricKind(enum.StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """Declared once, where it is used; label values come from small fixed sets, never from people."""

    kind: MetricKind
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class Metrics(Protocol):
    def add(self, metric: Metric, value: float = 1, **labels: str) -> None: ...
    def set(self, metric: Metric, value: float, **labels: str) -> None: ...
    def observe(self, metric: Metric, value: float, **labels: str) -> None: ...


class Workers(Protocol):
    """A bounded pool for CPU-heavy work."""

    async def run(self, function: Callable[[], T]) -> T: ...
