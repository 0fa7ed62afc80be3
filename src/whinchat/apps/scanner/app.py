"""The scanner, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from whinchat.apps.scanner import commands, owner_commands, policy_commands, privacy_commands
from whinchat.apps.scanner.checking import Answers, Check, Rescan
from whinchat.apps.scanner.corrections import Corrections, Report
from whinchat.apps.scanner.deep import DeepScan, answered
from whinchat.apps.scanner.delivery import Delivery
from whinchat.apps.scanner.expand import Expander
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.feeds import jobs as feeds
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.sources import in_use
from whinchat.apps.scanner.feeds.store import open_store
from whinchat.apps.scanner.feeds.updater import Updater
from whinchat.apps.scanner.files import Files
from whinchat.apps.scanner.governance import Governance
from whinchat.apps.scanner.handlers import (
    AddRule,
    Consent,
    Explain,
    ListRules,
    Mute,
    RemoveRule,
    Revoke,
    Status,
    Unmute,
)
from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.invites import Invites
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
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.reading import Reader, ReadLarge
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect
from whinchat.apps.scanner.scoring import Rules
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources import jobs as sources
from whinchat.apps.scanner.sources.examination import open_examination
from whinchat.apps.scanner.sources.index import open_panel
from whinchat.apps.scanner.sources.panel import Panel
from whinchat.apps.scanner.sources.safe_browsing import jobs as safe_browsing
from whinchat.core.app import App, AppContext, AppSpec, Finding, HealthCheck, Subscription
from whinchat.core.pages import Pages
from whinchat.core.ports import Clock, Statement

PAGES = Path(__file__).with_name("pages")
UPDATE = "Update Whinchat, or train a new model: make train."


def build(given: AppContext, settings: ScannerSettings) -> App:
    lists = SnapshotLists.open(given.data, given.clock)
    repository = Repository(given.database, given.sealer, given.clock)
    sites = SiteRepository(given.database, given.sealer, lists, given.clock)
    labels = Labels(given.database, given.sealer, given.clock)
    learning = Learning(labels, given.clock)
    judge = Judge(lists)
    panel = open_panel(given, settings)
    governance = Governance.of(given, repository)
    policies, privacy = governance.policies, PrivacyLevels(given.database, settings.privacy)
    expander = None
    if given.fetcher is not None:
        expander = Expander(given.fetcher, lists, given.database, given.sealer, given.clock)
    keepers = safe_browsing.keepers(given, settings, given.metrics)
    scanner = Scanner(repository, sites, judge, learning, lists, given.clock, given.metrics)
    titles = {name: about.title for name, about in panel.abouts.items()}
    replies = Replies(given.words, Explainer(given.words, titles), given.prefix)
    moderation = Moderation(repository, sites, policies, governance.enforcement, replies, given.limiter)
    examination = open_examination(given, settings, panel.learn, partial(answered, repository))
    deep = DeepScan(scanner, judge, repository, expander, panel, given.clock, given.metrics, examine=examination.wanted)
    delivery = Delivery(scanner, moderation, policies, repository, replies, given.chats, given.clock)
    reader = Reader(moderation, deep, privacy, repository, governance.members)
    large = ReadLarge(scanner, reader, repository, given.workers, given.clock)
    pictures = Pictures(scanner, reader, repository, given.download, given.workers, given.clock)
    files = Files(
        repository,
        policies,
        moderation,
        governance.enforcement,
        replies,
        download=given.download,
        limiter=given.limiter,
        workers=given.workers,
        sealer=given.sealer,
        clock=given.clock,
    )
    invites = Invites(
        repository,
        policies,
        moderation,
        governance.enforcement,
        replies,
        roster=given.roster,
        limiter=given.limiter,
        sealer=given.sealer,
    )
    corrections = Corrections(scanner, repository, labels, learning, governance.strikes)
    answers = Answers(moderation, deep, privacy, repository, replies)
    check = Check(scanner, answers, repository, replies, given.conversations)
    updater = _updater(given, settings, lists)
    watch = feeds.WatchFeeds(updater, given.data, given.clock, given.random, given.metrics)

    def pages() -> Pages:
        from whinchat.apps.scanner.pages import index  # noqa: PLC0415 - with the first page, not at the start

        return index.build(
            given,
            repository=repository,
            scanner=scanner,
            policies=policies,
            privacy=privacy,
            sources=panel,
            examination=examination,
            lists=lists,
            updater=updater,
            known=settings.feed_sources(),
        )

    return App(
        "scanner",
        commands.APP,
        observers=(
            ReadLinks(scanner, reader, large, pictures, files, invites, repository, given.sealer),
            Introduce(repository, replies),
            *governance.observers,
        ),
        commands=(
            Status(repository, replies, lists, judge, learning, panel),
            check,
            Explain(scanner, repository, replies),
            Report(corrections, governance.notices, given.roster, replies),
            AddRule(commands.ALLOW, Effect.ALLOW, repository, corrections, replies),
            AddRule(commands.DENY, Effect.DENY, repository, corrections, replies),
            ListRules(repository, replies),
            RemoveRule(repository, replies),
            Rescan(scanner, answers, replies),
            Mute(repository, replies),
            Unmute(repository, replies),
            Consent(repository, replies),
            Revoke(repository, replies),
            *governance.commands,
            privacy_commands.ShowPrivacy(
                privacy,
                panel,
                given.roster,
                given.words,
                settings.sightings_days,
                given.prefix,
            ),
            privacy_commands.ForgetChat(given.chats, given.words, given.prefix),
            owner_commands.Global(repository, corrections, replies, given.words, given.prefix),
            owner_commands.Restart(given.words),
        ),
        answerers=(check,),
        jobs=(
            large,
            pictures,
            files,
            watch,
            feeds.UpdateFeed(updater, given.metrics),
            WatchLists(repository, lists, judge),
            deep,
            Recheck(delivery, deep, privacy, repository, given.clock, settings),
            Retention(
                repository, sites, labels, given.database, settings, also=partial(_over, panel, expander, governance)
            ),
            *governance.jobs,
            sources.CheckSources(panel),
            *keepers,
            *examination.jobs,
        ),
        schedules=(
            *SCHEDULES,
            feeds.SCHEDULE,
            sources.SCHEDULE,
            *(safe_browsing.SCHEDULE for _ in keepers),
            *examination.schedules,
        ),
        webhooks=examination.webhooks,
        subscriptions=(Subscription(LabelsChanged, learning.forget),),
        health=(
            HealthCheck("lists", lambda: freshness(lists, judge.rules.thresholds.lists_fresh_days)),
            HealthCheck("feeds", watch.check),
            HealthCheck("sources", panel.health),
            *(HealthCheck("safe_browsing", each.check) for each in keepers),
            HealthCheck("model", lambda: _model(judge, given.clock)),
        ),
        pages=pages,
        close=panel.close,
    )


def _over(panel: Panel, expander: Expander | None, governance: Governance) -> tuple[Statement, ...]:
    """What was learned outside and is not believed any more, and what was noted of members and is over."""
    learned = () if expander is None else (expander.retention(),)
    return (*panel.retention(), *learned, *governance.retention())


def _updater(given: AppContext, settings: ScannerSettings, lists: SnapshotLists) -> Updater:
    return Updater(
        in_use(settings.feed_sources(), offline=given.http is None),
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
    commands=(*commands.COMMANDS, *policy_commands.COMMANDS, *owner_commands.COMMANDS),
    checks={"model": shipped_model},
    verbs={
        "scan": "whinchat.apps.scanner.cli_scan:scan",
        "feeds": "whinchat.apps.scanner.cli_feeds:feeds",
    },
    templates=PAGES / "templates",
    page_words=PAGES / "catalogues",
)
