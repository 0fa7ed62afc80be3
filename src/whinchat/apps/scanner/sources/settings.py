"""What an operator sets about external sources: `[apps.scanner.sources.NAME]`, a field for each of them."""

from __future__ import annotations

import enum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from whinchat.core.secret import Secret


class SourceSettings(Struct, frozen=True, kw_only=True):
    """Of a source that wants no key of its own."""

    enabled: Annotated[
        bool, Meta(description="Whether it may be asked, in chats whose privacy allows what it gets to see.")
    ] = True


class KeyedSettings(SourceSettings, frozen=True, kw_only=True):
    key: Annotated[Secret | None, Meta(description="The key that its operators gave you. Without it, it is off.")] = (
        None
    )


class OpenSettings(SourceSettings, frozen=True, kw_only=True):
    """Of a source that answers everybody, and more to those who have a key."""

    key: Annotated[Secret | None, Meta(description="The key of your account, if you have one: it may ask more.")] = None


class BlocklistSettings(Struct, frozen=True, kw_only=True):
    """Of a source whose terms depend on who asks: off until somebody has read them."""

    enabled: Annotated[
        bool, Meta(description="Whether it is asked. Its terms depend on who you are: see docs/howto/sources.md.")
    ] = False


class KeyedBlocklistSettings(BlocklistSettings, frozen=True, kw_only=True):
    key: Annotated[Secret | None, Meta(description="The key of your account, if you have one: it may ask more.")] = None


class SubmittingSettings(KeyedSettings, frozen=True, kw_only=True):
    """Of a source that also examines what it does not know."""

    submit: Annotated[
        bool,
        Meta(
            description="Whether uncertain links of chats with full privacy are handed to it to be opened and examined."
        ),
    ] = False


class Visibility(enum.StrEnum):
    """Who sees a page that urlscan.io was asked to open. There is a third, public: not for other people's links."""

    PRIVATE = "private"
    UNLISTED = "unlisted"


class UrlscanSettings(SubmittingSettings, frozen=True, kw_only=True):
    visibility: Annotated[
        Visibility,
        Meta(description="Who sees what was submitted: only you, or researchers and customers of urlscan Pro too."),
    ] = Visibility.PRIVATE
    webhook_secret: Annotated[
        Secret | None,
        Meta(
            description="Makes the public listener take urlscan.io's notices at /hooks/scanner/urlscan/SECRET: a long"
            " random word that only the two of you know."
        ),
    ] = None


class SafeBrowsingSettings(KeyedSettings, frozen=True, kw_only=True):
    non_commercial: Annotated[
        bool,
        Meta(
            description="Say so if this service is neither for sale nor earns money: Google's terms allow nothing else."
            " Until then Safe Browsing is off."
        ),
    ] = False


class SourcesSettings(Struct, frozen=True, kw_only=True):
    """One field for each source, by its name; `index.py` has the sources themselves."""

    safe_browsing: SafeBrowsingSettings = SafeBrowsingSettings()
    urlhaus: SourceSettings = SourceSettings()
    threatfox: SourceSettings = SourceSettings()
    phishtank: KeyedSettings = KeyedSettings()
    virustotal: SubmittingSettings = SubmittingSettings()
    urlscan: UrlscanSettings = UrlscanSettings()
    rdap: SourceSettings = SourceSettings()
    certificates: OpenSettings = OpenSettings()
    surbl: BlocklistSettings = BlocklistSettings()
    uribl: BlocklistSettings = BlocklistSettings()
    spamhaus: KeyedBlocklistSettings = KeyedBlocklistSettings()


class Settings(Protocol):
    """What sources read of the scanner's settings."""

    @property
    def abusech_auth_key(self) -> Secret | None: ...

    @property
    def sources_seconds(self) -> float: ...

    @property
    def sources(self) -> SourcesSettings: ...
