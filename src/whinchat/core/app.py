"""What an application contributes (`App`), what it receives (`AppContext`), what it says of itself (`AppSpec`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from whinchat.core.dispatch.audit import Audit
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.conversation import Conversations
from whinchat.core.dispatch.handler import Answerer, CommandHandler, Interpreter, JobHandler, Observer
from whinchat.core.dispatch.outbox import Receipt
from whinchat.core.dispatch.roster import Roster
from whinchat.core.events import EventBus, Fact
from whinchat.core.formatting.i18n import Words
from whinchat.core.pages import Pages
from whinchat.core.part import Part
from whinchat.core.ports import (
    Clock,
    Database,
    Fetcher,
    HttpClient,
    Job,
    Metrics,
    Migration,
    OpenDatabase,
    Peer,
    Queue,
    Random,
    RateLimiter,
    Resolver,
    SealedColumn,
    Sealer,
    Statement,
    Workers,
)
from whinchat.core.secret import Secret
from whinchat.core.types import Capabilities, Media

S = TypeVar("S", bound=msgspec.Struct)
F = TypeVar("F", bound=Fact)


REBOOT = "@reboot"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Adds `job` whenever the cron expression (five fields, UTC) comes due; missed times are made up once.

    `REBOOT` in place of an expression: whenever the service starts.
    """

    cron: str
    job: Job


@dataclass(frozen=True, slots=True)
class Subscription(Generic[F]):
    """Calls `react` for every fact of the kind, in-process and at most once: for caches and counters, not for duty."""

    fact: type[F]
    react: Callable[[F], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a health check saw. `hint` is the way out, when not ok. A finding that is not `critical` only degrades."""

    ok: bool
    detail: str
    hint: str = ""
    critical: bool = False


@dataclass(frozen=True, slots=True)
class HealthCheck:
    name: str
    check: Callable[[], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a service outside leaves notices: posts to `/hooks/APPLICATION/name/secret` on the public listener."""

    name: str
    secret: Secret
    """Compared in constant time before anything is read."""
    take: Callable[[bytes], Awaitable[int]]
    """From a body to an HTTP status. Notices come twice, out of order, or never: it must not matter."""
    most_bytes: int
    """Of a body; what is larger is refused with 413."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything one application adds to the service."""

    name: str
    word: str = ""
    """What its commands begin with. Its observers do not see what was said to it: the text of a command that it carried
    out, or of an answer that it took."""
    observers: tuple[Observer, ...] = ()
    commands: tuple[CommandHandler, ...] = ()
    answerers: tuple[Answerer, ...] = ()
    interpreter: Interpreter | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    """By topic: what it changes when the network has taken one of its replies (`Reply.receipt`)."""
    jobs: tuple[JobHandler, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    subscriptions: tuple[Subscription[Any], ...] = ()
    health: tuple[HealthCheck, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    parts: tuple[Part, ...] = ()
    """What runs as long as the service does, such as a subscription at a backend."""
    pages: Callable[[], Pages] | None = None
    """What it shows in a browser; made when the first page is asked for."""
    close: Callable[[], None] | None = None


Download = Callable[[str, Media, int], Awaitable[bytes]]
"""(account, media, most bytes) to the bytes; raises TransportError."""


@dataclass(frozen=True, slots=True)
class AppContext:
    """What an application is given to build itself from."""

    database: Database
    queue: Queue
    sealer: Sealer
    clock: Clock
    random: Random
    metrics: Metrics
    workers: Workers
    words: Words
    roster: Roster
    chats: Chats
    conversations: Conversations
    audit: Audit
    bus: EventBus
    limiter: RateLimiter
    capabilities: Callable[[str], Capabilities | None]
    """By account; None for one that is not here."""
    download: Download
    http: HttpClient | None
    """None when the operator wants no request to leave the machine; so are the next two."""
    resolver: Resolver | None
    fetcher: Fetcher | None
    peer: Callable[[str], Peer | None]
    """What asks the server at an address that the operator named; None when nothing may leave the machine and it is not
    on it."""
    open_database: OpenDatabase
    """For what can be made again and does not belong into the backups."""
    data: Path
    """The application's own folder for files it can make again (snapshots); exists, mode 0700."""
    prefix: str
    """What commands begin with, such as `!`."""
    commands: tuple[Command, ...] = ()
    """The grammar of all applications, for help."""


@dataclass(frozen=True, slots=True)
class AppSpec(Generic[S]):
    """What is known of an application before anything runs: one line in `bootstrap.APPS` registers it."""

    name: str
    settings: type[S]
    build: Callable[[AppContext, S], App]
    catalogues: Path
    """Folder of `<language>.toml` files."""
    migrations: tuple[Migration, ...] = ()
    sealed: tuple[SealedColumn, ...] = ()
    commands: tuple[Command, ...] = ()
    """The grammar, for help and the reference page; the same objects as the handlers' `spec`."""
    checks: Mapping[str, Callable[[int], Finding]] = field(default_factory=dict)
    """What `doctor` looks at without a service: name to a check of the files that ship, given the time in milliseconds
    UTC. May raise Refused."""
    after_restore: Callable[[], tuple[Statement, ...]] = tuple
    """What a restored database must be told before anything runs on it."""
    enabled: Callable[[S], bool] = lambda _: True
    """Whether it takes part, by its settings. Its tables and settings are there either way."""
    played: Callable[[S], bool | None] = lambda _: None
    """Whether the world that it moves things in is only played; None: it moves nothing."""
    verbs: Mapping[str, str] = field(default_factory=dict)
    """Command-line groups: name to `package.module:attribute`, imported when used."""
    templates: Path | None = None
    """Folder of its pages' templates (Jinja), read when the first page is asked for."""
    page_words: Path | None = None
    """Folder of its pages' sentences, `<language>.toml`, read when the first page is asked for."""
