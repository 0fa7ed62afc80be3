"""What an operator can set about the scanner: `[apps.scanner]`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from whinchat.apps.scanner.feeds.sources import FeedSettings, Source, sources
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.settings import SourcesSettings
from whinchat.core.secret import Secret


class ScannerSettings(Struct, frozen=True, kw_only=True):
    sightings_days: Annotated[
        int, Meta(ge=1, le=365, description="Days that it is remembered which links were seen in which chat.")
    ] = 30
    labels_days: Annotated[
        int,
        Meta(
            ge=1,
            le=1825,
            description="Days that links which people called safe or dangerous are kept, for each chat's threshold and"
            " for training.",
        ),
    ] = 365
    correction_hours: Annotated[
        int,
        Meta(
            ge=0, le=168, description="Hours during which a chat is told when a link that it saw turns out to be worse."
        ),
    ] = 24
    abusech_auth_key: Annotated[
        Secret | None,
        Meta(
            description="Auth-Key of abuse.ch, free at auth.abuse.ch. With it the list of URLhaus is kept up to date,"
            " and URLhaus and ThreatFox are asked about links of chats with full privacy."
        ),
    ] = None
    privacy: Annotated[
        Privacy,
        Meta(
            description="What may leave the machine for links of chats that chose nothing themselves: nothing (local),"
            " at most prefixes of hashes (hash-only; short links are followed), or whatever the sources in use want"
            " (full)."
        ),
    ] = Privacy.HASH_ONLY
    sources_seconds: Annotated[
        float,
        Meta(ge=0.5, le=30, description="Seconds that external sources together may take for one link."),
    ] = 4.0
    feeds: Annotated[
        dict[str, FeedSettings],
        Meta(
            description="Lists that are kept up to date, each in a section such as [apps.scanner.feeds.openphish]:"
            " those that are known, switched on and off, and your own.",
            extra={"allowed": "by the list's name, a table"},
        ),
    ] = {}

    sources: SourcesSettings = SourcesSettings()

    def __post_init__(self) -> None:
        self.feed_sources()

    def feed_sources(self) -> tuple[Source, ...]:
        """Every list that is known or was named, in use or not. Raises ValueError: one is not as it must be."""
        return tuple(sources(self.feeds, auth_key=self.abusech_auth_key is not None).values())
