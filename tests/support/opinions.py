"""The scanner with opinions of a test's own: what it thinks of a host is what the test says."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from whinchat.apps.scanner import app as module
from whinchat.apps.scanner.knowledge import Listing, SiteTag
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.verdict import DecidedBy, Level, Reason, Verdict
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
    """Stands for the lists and for the judge. Hosts it knows nothing of are benign, and so are those below them."""

    def __init__(self) -> None:
        self.levels = dict(LEVELS)
        self.version = "1"
        self.age_days: float | None = 1.0
        self.lifetime = 3600_000  # milliseconds
        self.judged: list[str] = []

    def change(self, host: str, level: Level) -> None:
        """As when new lists arrive."""
        self.levels[host] = level
        self.version = str(int(self.version) + 1)

    def judge(self, link: Link, now: int) -> Verdict:
        self.judged.append(link.url)
        level = self.levels.get(link.host) or self.levels.get(link.host.partition(".")[2], Level.BENIGN)
        danger = level in {Level.MALICIOUS, Level.SUSPICIOUS}
        return Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=level,
            probability=CHANCES[level],
            score=-float(level.rank),
            decided_by=DecidedBy.EVIDENCE,
            reasons=(Reason("random_name", 1.0),) if danger else (),
            lists_version=self.version,
            checked_at=now,
            expires_at=now + self.lifetime,
        )

    def listings(self, link: Link) -> tuple[Listing, ...]:
        return ()

    def popular(self, site: Site) -> bool:
        return False

    def tags(self, link: Link) -> frozenset[SiteTag]:
        return frozenset()

    def open(self, _folder: Path, _clock: Clock) -> Opinions:
        """Where the snapshots would be opened."""
        return self


def scanner(opinions: Opinions, settings: ScannerSettings | None = None) -> AppSpec[ScannerSettings]:
    def build(given: AppContext, usual: ScannerSettings) -> App:
        with mock.patch.multiple(module, SnapshotLists=opinions, Judge=lambda _lists: opinions):
            return module.build(given, settings or usual)

    spec = module.APP
    return AppSpec(
        spec.name, spec.settings, build, spec.catalogues, spec.migrations, spec.sealed, spec.commands, spec.verbs
    )


def link(host: str, path: str = "") -> str:
    return f"https://{host}/{path}"
