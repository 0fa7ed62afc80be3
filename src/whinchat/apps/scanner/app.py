"""The scanner, put together."""

from __future__ import annotations

from pathlib import Path

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.feeds.lists import SnapshotLists
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
from whinchat.apps.scanner.jobs import SCHEDULES, Recheck, Retention, WatchLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.migrations import MIGRATIONS, SEALED
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.observers import Introduce, ReadLinks
from whinchat.apps.scanner.pictures import Pictures
from whinchat.apps.scanner.reading import Reader, ReadLarge
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.core.app import App, AppContext, AppSpec, Finding, HealthCheck


def build(given: AppContext, settings: ScannerSettings) -> App:
    lists = SnapshotLists.open(given.data, given.clock)
    repository = Repository(given.database, given.sealer, given.clock)
    judge = Judge(lists)
    scanner = Scanner(repository, judge, lists, given.clock, given.metrics)
    replies = Replies(given.words, Explainer(given.words), given.prefix)
    moderation = Moderation(repository, replies)
    reader = Reader(scanner, moderation, repository)
    large = ReadLarge(scanner, reader, repository, given.workers, given.clock)
    pictures = Pictures(scanner, reader, repository, given.download, given.workers, given.clock)
    check = Check(scanner, moderation, repository, replies, given.conversations)
    return App(
        "scanner",
        commands.APP,
        observers=(
            ReadLinks(scanner, reader, large, pictures, repository, given.sealer),
            Introduce(repository, replies),
        ),
        commands=(
            Status(repository, replies, lists),
            check,
            Explain(scanner, repository, replies),
            AddRule(commands.ALLOW, Effect.ALLOW, repository, replies),
            AddRule(commands.DENY, Effect.DENY, repository, replies),
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
            WatchLists(repository, lists),
            Recheck(scanner, moderation, repository, replies, given.chats, given.clock, settings),
            Retention(repository, given.database, settings),
        ),
        schedules=SCHEDULES,
        health=(HealthCheck("lists", lambda: freshness(lists, judge.rules.thresholds.lists_fresh_days)),),
    )


async def freshness(lists: Lists, most: float) -> Finding:
    """`most`: days. Old lists do not stop the scanner, but it no longer calls anything harmless by their word."""
    age = lists.age_days
    if age is None:
        return Finding(ok=False, detail="no lists are loaded", hint="whinchat feeds import NAME FILE")
    detail = f"lists of known scams are {age:.0f} days old"
    return Finding(ok=age <= most, detail=detail, hint="" if age <= most else "whinchat feeds import NAME FILE")


APP = AppSpec(
    name="scanner",
    settings=ScannerSettings,
    build=build,
    catalogues=Path(__file__).with_name("catalogues"),
    migrations=MIGRATIONS,
    sealed=SEALED,
    commands=commands.COMMANDS,
    verbs={
        "scan": "whinchat.apps.scanner.cli_scan:scan",
        "feeds": "whinchat.apps.scanner.cli_feeds:feeds",
    },
)
