"""Every external source. Adding one: its file, a line here, a field in `settings.py`, its weight in `weights.toml`, and
its double in `tests/support/sources`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from whinchat.apps.scanner.sources import certificates, dnsbl, phishtank, rdap, threatfox, urlhaus, virustotal
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Source
from whinchat.apps.scanner.sources.guarded import Guarded, Surroundings
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.panel import Panel, Seat
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.remembered import Remembered
from whinchat.apps.scanner.sources.safe_browsing import source as safe_browsing
from whinchat.apps.scanner.sources.settings import BlocklistSettings, Settings, SourceSettings
from whinchat.apps.scanner.sources.urlscan import source as urlscan
from whinchat.core.app import AppContext


@dataclass(frozen=True, slots=True)
class Entry:
    """A source and how it is made. `make` gives None when something that it needs is not there (a key, the network)."""

    about: About
    make: Callable[[Means, Settings], Source | None]


SOURCES: tuple[Entry, ...] = (
    Entry(safe_browsing.ABOUT, safe_browsing.make),
    Entry(urlhaus.ABOUT, urlhaus.make),
    Entry(threatfox.ABOUT, threatfox.make),
    Entry(phishtank.ABOUT, phishtank.make),
    Entry(virustotal.ABOUT, virustotal.make),
    Entry(urlscan.ABOUT, urlscan.make),
    Entry(rdap.ABOUT, rdap.make),
    Entry(certificates.ABOUT, certificates.make),
    Entry(dnsbl.SURBL.about, dnsbl.make_surbl),
    Entry(dnsbl.URIBL.about, dnsbl.make_uribl),
    Entry(dnsbl.SPAMHAUS, dnsbl.make_spamhaus),
)
"""In the order in which they are shown."""


def open_panel(given: AppContext, settings: Settings) -> Panel:
    """Every source that is configured, ready to be asked."""
    around = Surroundings(
        Remembered(given.database, given.sealer, given.clock, given.random),
        Quotas(given.database, given.clock),
        given.limiter,
        given.clock,
        given.random,
        given.metrics,
    )
    return Panel([_seat(entry, given, settings, around) for entry in SOURCES], around, settings.sources_seconds)


def missing(about: About, settings: Settings) -> tuple[str, ...]:
    """The settings that the source needs and does not have."""
    return tuple(f"apps.scanner.{need}" for need in about.needs if not attrgetter(need)(settings))


def enabled(about: About, settings: Settings) -> bool:
    wanted: SourceSettings | BlocklistSettings = getattr(settings.sources, about.name)
    return wanted.enabled


def _seat(entry: Entry, given: Means, settings: Settings, around: Surroundings) -> Seat:
    source = entry.make(given, settings) if enabled(entry.about, settings) else None
    guarded = None if source is None else Guarded(source, around)
    return Seat(entry.about, guarded, missing(entry.about, settings))
