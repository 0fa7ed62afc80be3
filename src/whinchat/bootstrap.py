"""The composition root: settings in, a running service out. `APPS` is the one list of applications."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from yarl import URL

from whinchat import __version__, networks
from whinchat.admin import migrations as admin_schema
from whinchat.admin import webhooks
from whinchat.admin.entry import Entry
from whinchat.admin.server import Address, Listeners
from whinchat.admin.sessions import ROOT
from whinchat.admin.whole import Account, Whole
from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.app import APP as SCANNER
from whinchat.apps.wallet.app import APP as WALLET
from whinchat.config import Settings
from whinchat.core.app import AppContext, AppSpec, HealthCheck, Schedule
from whinchat.core.dispatch import migrations as engine_schema
from whinchat.core.dispatch import outbox, retention
from whinchat.core.dispatch.audit import Audit
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.conversation import Conversations
from whinchat.core.dispatch.handler import JobHandler
from whinchat.core.dispatch.inbox import KEEP_ASIDE
from whinchat.core.dispatch.retention import Retention
from whinchat.core.dispatch.roster import Roster
from whinchat.core.dispatch.trace import Traced
from whinchat.core.engine import Accounts, Engine, EngineSettings, Ports
from whinchat.core.errors import SettingsError, StorageError
from whinchat.core.events import EventBus, RestartAsked
from whinchat.core.formatting.i18n import Words
from whinchat.core.part import Part
from whinchat.core.ports import Database, Limit, Migration, Resolver, SealedColumn, Statement
from whinchat.core.supervisor import Supervisor
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto import keyring, rotation
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.disk_watch import DiskWatch
from whinchat.infra.fetch import GuardedFetcher
from whinchat.infra.files import make_folder
from whinchat.infra.guard import Guard
from whinchat.infra.health import Health
from whinchat.infra.http import AiohttpClient
from whinchat.infra.memory_watch import MemoryWatch, memory_in_use
from whinchat.infra.metrics import PrometheusMetrics
from whinchat.infra.queue import migrations as queue_schema
from whinchat.infra.queue.runner import JobRunner
from whinchat.infra.queue.schedules import Scheduler
from whinchat.infra.queue.sql import SqlQueue
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.infra.resolver import DnsResolver
from whinchat.infra.storage import housekeeping
from whinchat.infra.storage.check import is_sealed
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.opening import opened as opened_file
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.infra.workers import ThreadWorkers
from whinchat.service import Service
from whinchat.transports.cloud import migrations as cloud_schema
from whinchat.transports.linked import migrations as linked_schema

if TYPE_CHECKING:
    from whinchat.transports.simulator.script import Script

log = logging.getLogger(__name__)

APPS: tuple[AppSpec[Any], ...] = (BASICS, SCANNER, WALLET)

DAY = 24 * 3600 * 1000  # milliseconds
PLAYED = frozenset({"simulator"})  # networks where nobody is real
WHATSAPP = "/whatsapp"  # on the public listener: what Meta's webhooks are led to
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})

OWN_SCHEDULES = (Schedule(retention.CRON, retention.JOB), Schedule(housekeeping.CRON, housekeeping.JOB))

Around = Callable[[Database], Database]
"""Wraps the database: how tests inject faults. Never a setting."""


def migrations() -> tuple[Migration, ...]:
    """All schema steps, in the order in which they are taken."""
    own = (
        *rotation.MIGRATIONS,
        *engine_schema.MIGRATIONS,
        *queue_schema.MIGRATIONS,
        *admin_schema.MIGRATIONS,
        *linked_schema.MIGRATIONS,
        *cloud_schema.MIGRATIONS,
    )
    return (*own, *(step for app in APPS for step in app.migrations))


def after_restore() -> tuple[Statement, ...]:
    """What a restored database must be told before anything runs on it."""
    own = (*outbox.AFTER_RESTORE, *admin_schema.AFTER_RESTORE)
    return (*own, *(statement for app in APPS for statement in app.after_restore()))


def sealed_columns() -> tuple[SealedColumn, ...]:
    """Every column that is sealed, for the rotation of keys."""
    own = (*engine_schema.SEALED, *queue_schema.SEALED, *admin_schema.SEALED)
    return (*own, *(column for app in APPS for column in app.sealed))


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The existing database, for tools beside the service. Raises StorageError when there is none."""
    path = settings.storage.database
    if not path.exists():
        raise StorageError(
            f"there is no database in {settings.storage.data} yet", hint="`whinchat run` makes it.", code="no_database"
        )
    async with SqliteDatabase(path) as database:
        yield database


async def prepare(settings: Settings) -> tuple[SqliteDatabase, AesSealer]:
    """The data folder, the keys and the database, migrated and checked. Raises Refused; then nothing was changed."""
    clock = SystemClock()
    path = settings.storage.database
    make_folder(settings.storage.data)
    ring = keyring.open_keys(settings.keys.path, settings.storage.data, now=clock.now(), sealed=is_sealed(path))
    taken = await asyncio.to_thread(migrate, path, migrations(), settings.storage.data / "backups", clock)
    if taken:
        log.info("the database was migrated", extra={"steps": len(taken)})
    database = SqliteDatabase(path, mmap_bytes=settings.storage.mmap_mb * 1024 * 1024, exclusive=True)
    await database.open()
    sealer = AesSealer(ring)
    try:
        await rotation.verify_key(database, sealer)
    except BaseException:
        await database.close()
        raise
    return database, sealer


def mixtures(settings: Settings) -> Iterator[SettingsError]:
    """Where a played world would move real things, or a real one played things."""
    for app in taking_part(settings):
        played = app.played(settings.apps[app.name])
        if played is not None and played is not (settings.transport.kind in PLAYED):
            yield SettingsError(
                f"apps.{app.name}.backend",
                f"a {'played' if played else 'real'} one does not go with transport.kind {settings.transport.kind!r}",
                hint="The simulator goes with the sandbox, a real network with a real backend.",
            )


def taking_part(settings: Settings) -> list[AppSpec[Any]]:
    """The applications that are on, of those whose settings were read."""
    return [app for app in APPS if app.name in settings.apps and app.enabled(settings.apps[app.name])]


async def build(
    settings: Settings,
    *,
    script: Script | None = None,
    around: Around | None = None,
    mixed: bool = False,
    trust: tuple[str, ...] = (),
) -> Service:
    """Put the service together; `script` is played in the simulator's embedded world. For tests alone: `mixed`, played
    and real worlds may meet; `trust`, a Python file and arguments for its `prepare`, which makes the library of linked
    accounts trust the test's own network.

    Raises Refused when something is not as it must be; then nothing runs.
    """
    for error in () if mixed else mixtures(settings):
        raise error
    opened, sealer = await prepare(settings)
    try:
        return _assemble(settings, opened, sealer, opened if around is None else around(opened), script, trust)
    except BaseException:
        await opened.close()
        raise


def _assemble(
    settings: Settings,
    opened: SqliteDatabase,
    sealer: AesSealer,
    database: Database,
    script: Script | None,
    trust: tuple[str, ...],
) -> Service:
    clock, random, metrics = SystemClock(), SystemRandom(), PrometheusMetrics()
    queue = SqlQueue(database, sealer, clock, random)
    ports = Ports(database, queue, sealer, TokenBuckets(clock), clock, random, metrics)
    workers = ThreadWorkers(1)
    client = web_client()
    http = None if settings.service.offline else client
    resolver = None if settings.service.offline else DnsResolver()
    named = dict(networks.of(settings, ports, client, script, trust))
    connected = tuple(named.values())
    accounts = Accounts([transport for network in connected for transport in network.transports])
    specs = taking_part(settings)
    base = AppContext(
        database=database,
        queue=queue,
        sealer=sealer,
        clock=clock,
        random=random,
        metrics=metrics,
        workers=workers,
        words=Words([app.catalogues for app in APPS], settings.service.language),
        roster=Roster(accounts.group, clock, settings.service.owners),
        chats=Chats(database, clock, settings.service.language),
        conversations=Conversations(database, sealer, clock),
        audit=Audit(database, sealer, clock),
        bus=EventBus(),
        limiter=ports.limiter,
        capabilities=accounts.capabilities,
        download=accounts.download,
        http=http,
        resolver=resolver,
        fetcher=None if resolver is None else web_fetcher(resolver),
        peer=lambda url: client if http is not None or is_local(url) else None,
        open_database=partial(opened_file, clock=clock),
        data=settings.storage.data,
        prefix=settings.service.prefix,
        commands=tuple(command for app in specs for command in app.commands),
    )
    apps = [app.build(_own(base, app), settings.apps[app.name]) for app in specs]
    engine = Engine(ports, accounts, apps, base, _engine_settings(settings))
    disk = DiskWatch(
        settings.storage.data,
        settings.storage.min_free_mb,
        metrics,
        clock,
        on_change=lambda full: engine.sink.close("disk_full") if full else engine.sink.open(),
    )
    own_jobs: tuple[JobHandler, ...] = (
        Retention(
            database,
            engine.inbox,
            engine.outbox,
            clock,
            settings.storage.retention_days * DAY,
            also=(
                lambda: queue.forget(clock.now() - KEEP_ASIDE),
                lambda: base.audit.retention(settings.storage.audit_days * DAY),
                *(forget for network in connected for forget in network.retention),
            ),
        ),
        housekeeping.Vacuum(opened),
        rotation.Reseal(
            database, sealer, sealed_columns(), partial(keyring.load, settings.keys.path, settings.storage.data)
        ),
    )
    jobs = JobRunner(
        queue,
        [Traced(job, clock) for job in (*own_jobs, *(job for app in apps for job in app.jobs))],
        engine.settlement.settle,
        clock,
        metrics,
        backlog=queue,
    )
    scheduler = Scheduler([*OWN_SCHEDULES, *(each for app in apps for each in app.schedules)], database, queue, clock)
    supervisor = Supervisor(clock, metrics)
    health = Health(
        [
            HealthCheck("parts", supervisor.health),
            HealthCheck("disk", disk.health),
            HealthCheck("database", housekeeping.Writable(database, opened).check),
            *(check for network in connected for check in network.health),
            *(check for app in apps for check in app.health),
        ],
        clock,
    )
    # Stopped in this order: what takes work first, what it needs to be finished last.
    supervisor.parts = (
        Part("scheduler", scheduler.run, scheduler.stop),
        Part("sweeper", engine.sweep),
        Part("engine", engine.run, engine.stop),
        Part("jobs", jobs.run, lambda: jobs.stop(settings.service.shutdown_seconds / 4)),
        Part("disk watch", disk.run),
        Part("memory watch", MemoryWatch(metrics, clock, warn_mb=settings.service.memory_warn_mb).run),
        *(part for network in connected for part in network.parts),
        *(part for app in apps for part in app.parts),
    )
    listeners = _listeners(settings, health, metrics)
    for network in connected:
        network.mount(listeners.mount)
        if network.webhooks is not None:
            listeners.mount_public(WHATSAPP, network.webhooks)
    served = list(zip(specs, apps, strict=True))
    shown = [Account(name, transport) for name, network in named.items() for transport in network.transports]
    pages = Entry(Whole(base, served, engine, queue, shown, health.report, memory_in_use, __version__))
    listeners.mount(ROOT, pages.application())
    hooks = {app.name: app.webhooks for app in apps if app.webhooks}
    if hooks:
        listeners.mount_public(webhooks.PREFIX, webhooks.webhooks(hooks))
    service = Service(
        settings,
        database=opened,
        queue=queue,
        engine=engine,
        networks=connected,
        supervisor=supervisor,
        listeners=listeners,
        health=health,
        pages=pages,
        close=[app.close for app in apps if app.close is not None],
        workers=workers,
        http=client,
    )
    base.bus.subscribe(RestartAsked, service.restart)
    return service


def is_local(url: str) -> bool:
    """Whether the address is on this machine."""
    return URL(url).host in LOCAL


def web_client() -> AiohttpClient:
    """What asks the addresses that the operator named; it says what it is, and nothing of whom it runs for."""
    return AiohttpClient(f"whinchat/{__version__}")


def web_fetcher(resolver: Resolver) -> GuardedFetcher:
    """What visits addresses that come from chats: what opens for a browser opens for it, and it says what it is."""
    return GuardedFetcher(Guard(resolver), f"Mozilla/5.0 (compatible; whinchat/{__version__})")


def _own(given: AppContext, app: AppSpec[Any]) -> AppContext:
    """What the application is given: everything, and a folder of its own."""
    folder = given.data / app.name
    make_folder(folder)
    return replace(given, data=folder)


def _engine_settings(settings: Settings) -> EngineSettings:
    service = settings.service
    return EngineSettings(
        prefix=service.prefix,
        chats_at_once=service.chats_at_once,
        handler_seconds=service.handler_seconds,
        max_attempts=service.max_attempts,
        backlog=service.backlog,
        commands=Limit(settings.rate.per_minute / 60, settings.rate.burst),
    )


def _listeners(settings: Settings, health: Health, metrics: PrometheusMetrics) -> Listeners:
    private, public = settings.private, settings.public
    return Listeners(
        private=Address(private.host, private.port, "private"),
        public=Address(public.host, public.port, "public") if public.port else None,
        health=health,
        metrics=metrics.render,
        names=private.names,
    )
