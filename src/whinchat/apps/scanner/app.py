"""The scanner, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.corrections import Corrections, Report
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.feeds import jobs as feeds
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.sources import in_use
from whinchat.apps.scanner.feeds.store import open_store
from whinchat.apps.scanner.feeds.updater import Updater
from whinchat.apps.scanner.handlers import (
    AddRule,
    Check,
    Consent,
    Explain,
    ListRules,
    Mute,
    RemoveRule,
    Rescan,
    Revoke,
    Status,
    Unmute,
)
from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.jobs import SCHEDULES, Recheck, Retention, WatchLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.labels import Labels
from whinchat.apps.scanner.learning import LabelsChanged, Learning
from whinchat.apps.scanner.migrations import MIGRATIONS, SEALED
from whinchat.apps.scanner.model.file import Model, shipped
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.observers import Introduce, ReadLinks
from whinchat.apps.scanner.pictures import Pictures
from whinchat.apps.scanner.reading import Reader, ReadLarge
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect
from whinchat.apps.scanner.scoring import Rules
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.core.app import App, AppContext, AppSpec, Finding, HealthCheck, Subscription
from whinchat.core.ports import Clock

UPDATE = "Update Whinchat, or train a new model: make train."


def build(given: AppContext, settings: ScannerSettings) -> App:
    lists = SnapshotLists.open(given.data, given.clock)
    repository = Repository(given.database, given.sealer, given.clock)
    sites = SiteRepository(given.database, given.sealer, lists, given.clock)
    labels = Labels(given.database, given.sealer, given.clock)
    learning = Learning(labels, given.clock)
    judge = Judge(lists)
    scanner = Scanner(repository, sites, judge, learning, lists, given.clock, given.metrics)
    replies = Replies(given.words, Explainer(given.words), given.prefix)
    moderation = Moderation(repository, sites, replies)
    reader = Reader(scanner, moderation, repository)
    large = ReadLarge(scanner, reader, repository, given.workers, given.clock)
    pictures = Pictures(scanner, reader, repository, given.download, given.workers, given.clock)
    corrections = Corrections(scanner, repository, labels, learning)
    check = Check(scanner, moderation, repository, replies, given.conversations)
    updater = _updater(given, settings, lists)
    watch = feeds.WatchFeeds(updater, given.data, given.clock, given.random, given.metrics)
    return App(
        "scanner",
        commands.APP,
        observers=(
            ReadLinks(scanner, reader, large, pictures, repository, given.sealer),
            Introduce(repository, replies),
        ),
        commands=(
            Status(repository, replies, lists, judge, learning),
            check,
            Explain(scanner, repository, replies),
            Report(corrections, given.roster, replies),
            AddRule(commands.ALLOW, Effect.ALLOW, repository, corrections, replies),
            AddRule(commands.DENY, Effect.DENY, repository, corrections, replies),
            ListRules(repository, replies),
            RemoveRule(repository, replies),
            Rescan(scanner, replies),
            Mute(repository, replies),
            Unmute(repository, replies),
            Consent(repository, replies),
            Revoke(repository, replies),
        ),
        answerers=(check,),
        jobs=(
            large,
            pictures,
            watch,
            feeds.UpdateFeed(updater, given.metrics),
            WatchLists(repository, lists),
            Recheck(scanner, moderation, repository, replies, given.chats, given.clock, settings),
            Retention(repository, sites, labels, given.database, settings),
        ),
        schedules=(*SCHEDULES, feeds.SCHEDULE),
        subscriptions=(Subscription(LabelsChanged, learning.forget),),
        health=(
            HealthCheck("lists", lambda: freshness(lists, judge.rules.thresholds.lists_fresh_days)),
            HealthCheck("feeds", watch.check),
            HealthCheck("model", lambda: _model(judge, given.clock)),
        ),
    )


def _updater(given: AppContext, settings: ScannerSettings, lists: SnapshotLists) -> Updater:
    return Updater(
        in_use(settings.sources(), offline=given.http is None),
        given.http,
        partial(
            open_store,
            given.data,
            given.open_database,
            clock=given.clock,
            random=given.random,
            workers=given.workers,
            popular=lists.popular_name,
        ),
        given.data,
        auth_key=settings.abusech_auth_key,
        clock=given.clock,
        random=given.random,
        workers=given.workers,
    )


async def freshness(lists: Lists, most: float) -> Finding:
    """`most`: days. Old lists do not stop the scanner, but it no longer calls anything harmless by their word."""
    age = lists.age_days
    if age is None:
        return Finding(ok=False, detail="no lists are loaded", hint="whinchat feeds import NAME FILE")
    detail = f"lists of known scams are {age:.0f} days old"
    return Finding(ok=age <= most, detail=detail, hint="" if age <= most else "whinchat feeds import NAME FILE")


def model_freshness(model: Model, most: float, now: int) -> Finding:
    """`most`: days; `now`: milliseconds UTC. An old model still judges, but misses more of what is new."""
    age = model.age_days(now)
    detail = f"model {model.version} learned from links that are {age:.0f} days old"
    return Finding(ok=age <= most, detail=detail, hint="" if age <= most else UPDATE)


async def _model(judge: Judge, clock: Clock) -> Finding:
    return model_freshness(judge.model, judge.rules.thresholds.model_fresh_days, clock.now())


def shipped_model(now: int) -> Finding:
    """For `doctor`. Raises SettingsError: the shipped data is damaged, and no start is possible."""
    return model_freshness(shipped(), Rules.load().thresholds.model_fresh_days, now)


APP = AppSpec(
    name="scanner",
    settings=ScannerSettings,
    build=build,
    catalogues=Path(__file__).with_name("catalogues"),
    migrations=MIGRATIONS,
    sealed=SEALED,
    commands=commands.COMMANDS,
    checks={"model": shipped_model},
    verbs={
        "scan": "whinchat.apps.scanner.cli_scan:scan",
        "feeds": "whinchat.apps.scanner.cli_feeds:feeds",
    },
)
