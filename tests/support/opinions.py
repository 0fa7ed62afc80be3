"""The scanner with opinions of a test's own: what it thinks of a host is what the test says."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from unittest import mock

import msgspec
from tests.support.evidence import judge, rules, tables, weights
from tests.support.looks import panel_of

from whinchat.apps.scanner import app as module
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, SiteTag
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.model.file import blank
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.answers import Source
from whinchat.apps.scanner.sources.index import open_panel
from whinchat.apps.scanner.sources.panel import Panel
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Reason, Verdict
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.ports import Clock

EVIL, SHADY, ODD, NICE = "evil-site.com", "shady-site.com", "odd-site.com", "nice-site.com"
LEVELS = {
    EVIL: Level.MALICIOUS,
    SHADY: Level.SUSPICIOUS,
    ODD: Level.UNKNOWN,
    NICE: Level.BENIGN,
}
CHANCES = {Level.MALICIOUS: 0.995, Level.SUSPICIOUS: 0.9, Level.UNKNOWN: 0.5, Level.BENIGN: 0.01}


class Opinions:
    """Stands for the lists and for the judge. Hosts it knows nothing of are benign, and so are those below them.

    What stands around a link changes nothing but where a test says that it `weighs`, as the real judge does.
    """

    def __init__(self) -> None:
        self.levels = dict(LEVELS)
        self.chances: dict[str, float] = {}
        """Of hosts whose probability is not that of others at their level."""
        self.version = "1"
        self.age_days: float | None = 1.0
        self.tables = tables()
        self.weights = weights()
        self.rules = rules()
        self.model = msgspec.structs.replace(blank(), version="2", trained="2025-12-22")
        self.lifetime = 3600_000  # milliseconds
        self.judged: list[str] = []
        self.weighs = False
        self.reputed: set[str] = set()
        """Hosts that everybody knows."""
        self.deeper: dict[str, Level] = {}
        """What a deep look makes of hosts, where that is something else."""
        self.hiding: set[str] = set()
        """Hosts of short links."""

    def change(self, host: str, level: Level) -> None:
        """As when new lists arrive."""
        self.levels[host] = level
        self.version = str(int(self.version) + 1)

    def judge(self, link: Link, now: int) -> Verdict:
        self.judged.append(link.url)
        level = self.levels.get(link.host) or self.levels.get(link.host.partition(".")[2], Level.BENIGN)
        danger = level in {Level.MALICIOUS, Level.SUSPICIOUS}
        chance = self.chances.get(link.host, CHANCES[level])
        return Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=level,
            probability=chance,
            score=math.log(chance / (1 - chance)),
            log_odds=math.log(chance / (1 - chance)),
            decided_by=DecidedBy.REPUTATION if link.host in self.reputed else DecidedBy.EVIDENCE,
            reasons=(Reason("random_name", 1.0),) if danger else (),
            lists_version=self.version,
            judge_version=self.version,
            checked_at=now,
            expires_at=now + self.lifetime,
        )

    def informed(self, link: Link, look: Look, now: int) -> Verdict:
        target = parse_link(look.final) if look.final else None
        verdict = self.judge(target or link, now)
        level = Level.MALICIOUS if look.decisive else self.deeper.get((target or link).host, verdict.level)
        chance = verdict.probability if level is verdict.level else CHANCES[level]
        return msgspec.structs.replace(
            verdict,
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=level,
            probability=chance,
            log_odds=math.log(chance / (1 - chance)),
            decided_by=DecidedBy.SOURCE if look.decisive else verdict.decided_by,
            expires_at=look.at + self.lifetime,
            look=look,
        )

    @cached_property
    def real(self) -> Judge:
        return judge().variant(frozenset(), self)

    def in_situation(self, verdict: Verdict, link: Link, situation: Situation, *, leniency: float = 0.0) -> Verdict:
        return self.real.in_situation(verdict, link, situation, leniency=leniency) if self.weighs else verdict

    def listings(self, link: Link) -> tuple[Listing, ...]:
        return ()

    def popular(self, site: Site) -> bool:
        return False

    def popular_name(self, registrable: str) -> bool:
        return False

    def tags(self, link: Link) -> frozenset[SiteTag]:
        return frozenset({SiteTag.SHORTENER} if link.host in self.hiding else ())

    @property
    def lists(self) -> Opinions:
        return self

    def open(self, _folder: Path, _clock: Clock) -> Opinions:
        """Where the snapshots would be opened."""
        return self


def scanner(
    opinions: Opinions, settings: ScannerSettings | None = None, sources: Sequence[Source] | None = None
) -> AppSpec[ScannerSettings]:
    """`sources`: those that there are, instead of the real ones."""

    def panel(given: AppContext, usual: ScannerSettings) -> Panel:
        return open_panel(given, usual) if sources is None else panel_of(given, sources)

    def build(given: AppContext, usual: ScannerSettings) -> App:
        with mock.patch.multiple(module, SnapshotLists=opinions, Judge=lambda _lists: opinions, open_panel=panel):
            return module.build(given, settings or usual)

    return dataclasses.replace(module.APP, build=build)


def link(host: str, path: str = "") -> str:
    return f"https://{host}/{path}"
