"""The scanner's pages put together. Imported with the first page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.sources import Source
from whinchat.apps.scanner.feeds.store import DATABASE
from whinchat.apps.scanner.feeds.updater import Followed, Updater, followed
from whinchat.apps.scanner.pages.chats import ChatPage, ChatsPage
from whinchat.apps.scanner.pages.feeds import FeedsPage
from whinchat.apps.scanner.pages.lines import Lines
from whinchat.apps.scanner.pages.live import LiveVerdicts
from whinchat.apps.scanner.pages.names import Names
from whinchat.apps.scanner.pages.panel import Day
from whinchat.apps.scanner.pages.queries import Queries
from whinchat.apps.scanner.pages.rulebook import Rulebook
from whinchat.apps.scanner.pages.rules import RulesPage
from whinchat.apps.scanner.pages.settings_form import ChatSettings
from whinchat.apps.scanner.pages.sightings import KeptEvidence, SightingDetail, Sightings
from whinchat.apps.scanner.pages.sources import SourcesPage
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.sources.examination import Examination
from whinchat.apps.scanner.sources.panel import Panel as Sources
from whinchat.core.app import AppContext
from whinchat.core.pages import Pages
from whinchat.core.ports import Workers


def build(
    given: AppContext,
    *,
    repository: Repository,
    scanner: Scanner,
    policies: Policies,
    privacy: PrivacyLevels,
    sources: Sources,
    examination: Examination,
    lists: SnapshotLists,
    updater: Updater,
    known: Sequence[Source],
) -> Pages:
    """`known`: every list that can be kept up to date, in use or not."""
    queries = Queries(given.database, given.sealer)
    names = Names(given.roster, queries)
    explainer = Explainer(given.words, {name: about.title for name, about in sources.abouts.items()})
    lines, rulebook = Lines(names, explainer), Rulebook(repository)
    settings = ChatSettings(repository, given.chats, privacy, policies, given.words)
    shown = (
        LiveVerdicts(queries, lines),
        Sightings(queries, lines),
        SightingDetail(queries, lines, scanner, explainer, rulebook, sources.abouts, examination.seen_at),
        KeptEvidence(examination.evidence.download),
        RulesPage(repository, queries, names, rulebook),
        ChatsPage(queries, names),
        ChatPage(repository, queries, names, settings),
        SourcesPage(sources.overview),
        FeedsPage(lambda: lists.feeds, partial(_lists, updater, given.data / DATABASE, given.workers), known),
    )
    return Pages(shown, (Day(queries),))


async def _lists(updater: Updater, file: Path, workers: Workers) -> tuple[Sequence[Feed], Sequence[Followed]]:
    if not updater.sources and not await workers.run(file.exists):
        return [], []
    async with updater.open_store() as (store, database):
        return await store.feeds(), await followed(updater.sources, store, database)
