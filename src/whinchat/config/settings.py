"""Everything that can be set, with its limits, default and help.

`msgspec.Meta` carries the limits and the help. Its `extra` may hold `allowed` (the limits in words, where a pattern
says them badly) and `personal` (the value names people: never shown).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from whinchat.config import transports
from whinchat.config.transports import Transport
from whinchat.core.errors import SettingsError

PHONE_OR_ID = r"^(\+[1-9][0-9]{6,14}|(?![0-9]+@s\.whatsapp\.net$)[^+\s][^\s]*)$"
"""A number as a linked device writes it would stop to be its owner's id once WhatsApp gives them another (a LID)."""
HOST = r"^[A-Za-z0-9.:-]{1,253}$"


class Storage(Struct, frozen=True, kw_only=True):
    data: Annotated[Path, Meta(description="Folder of the database and everything else that is kept.")] = Path(
        "var/data"
    )
    mmap_mb: Annotated[
        int, Meta(ge=0, le=256, description="Megabytes of the database that are mapped into memory; 0 for none.")
    ] = 0
    min_free_mb: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Free disk space in megabytes below which no more messages are taken."),
    ] = 64
    retention_days: Annotated[
        int,
        Meta(
            ge=8,
            le=365,
            description="Days that the traces of handled messages, replies and jobs are kept (never their text).",
        ),
    ] = 8
    audit_days: Annotated[
        int,
        Meta(ge=1, le=3650, description="Days that it is kept who changed what, by command, on a page or otherwise."),
    ] = 365

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.data / "whinchat.db"

    @property
    def sessions(self) -> Path:
        """The folder of linked accounts' sessions, each of which is that device for whoever has it."""
        return self.data / "linked"


class Keys(Struct, frozen=True, kw_only=True):
    path: Annotated[
        Path, Meta(description="File with the key that seals the data. Keep it outside the data folder and back it up.")
    ] = Path("$XDG_CONFIG_HOME/whinchat/root.key")


class Service(Struct, frozen=True, kw_only=True):
    language: Annotated[
        str,
        Meta(
            pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$",
            description="Language of chats that have not chosen one.",
            extra={"allowed": 'a language code such as "en" or "pt-BR"'},
        ),
    ] = "en"
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[!-/:-@\[-`{-~]{1,3}$",
            description="What commands begin with.",
            extra={"allowed": 'one to three punctuation characters such as "!"'},
        ),
    ] = "!"
    owners: Annotated[
        tuple[Annotated[str, Meta(pattern=PHONE_OR_ID)], ...],
        Meta(
            description="Who operates the bot and may use every command.",
            extra={
                "allowed": 'a list of phone numbers such as "+15550100" (not "15550100@s.whatsapp.net") or user ids',
                "personal": True,
            },
        ),
    ] = ()
    chats_at_once: Annotated[int, Meta(ge=1, le=1024, description="Chats that are served at the same time.")] = 32
    shutdown_seconds: Annotated[
        int, Meta(ge=1, le=600, description="Seconds that a stop waits for work that is under way.")
    ] = 20
    handler_seconds: Annotated[
        float, Meta(ge=0.1, le=60, description="Seconds that handling one message may take; then it is tried again.")
    ] = 5.0
    max_attempts: Annotated[int, Meta(ge=1, le=100, description="Attempts at one message before it is set aside.")] = 5
    backlog: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Messages that may wait before new ones are held back.")
    ] = 5000
    memory_warn_mb: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Megabytes of memory above which a warning is logged; 0 for never.")
    ] = 150
    offline: Annotated[bool, Meta(description="Whether no request may leave the machine: no list is downloaded.")] = (
        False
    )


class Private(Struct, frozen=True, kw_only=True):
    """The listener for the operator: health, metrics, pages."""

    host: Annotated[
        str,
        Meta(
            pattern=HOST,
            description="Address that health, metrics and pages listen on.",
            extra={"allowed": 'an IP address or host name such as "127.0.0.1"'},
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Its port; 0 for any free one.")] = 8466
    names: Annotated[
        tuple[Annotated[str, Meta(pattern=HOST)], ...],
        Meta(
            description="Host names besides localhost that it may be asked for by (IP addresses always may).",
            extra={"allowed": 'a list of host names such as "whinchat.lan"'},
        ),
    ] = ()


class Public(Struct, frozen=True, kw_only=True):
    """The listener for the world: webhooks only."""

    host: Annotated[
        str,
        Meta(
            pattern=HOST,
            description="Address that webhooks listen on, for transports that have some.",
            extra={"allowed": 'an IP address or host name such as "127.0.0.1"'},
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Its port; 0 for none.")] = 0


class Log(Struct, frozen=True, kw_only=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="The least serious kind of line that is written."),
    ] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="JSON lines for machines, or text for people.")] = (
        "json"
    )


class Rate(Struct, frozen=True, kw_only=True):
    """Commands of one person in one chat; harmless answers only, warnings are never held back."""

    per_minute: Annotated[
        float, Meta(ge=0.1, le=6000, description="Commands that one person may give in a minute, over time.")
    ] = 20.0
    burst: Annotated[int, Meta(ge=1, le=1000, description="Commands that one person may give at once.")] = 8


class Settings(Struct, frozen=True, kw_only=True):
    """All settings, checked. Paths are as the operator wrote them, with `~` and `$XDG_CONFIG_HOME` filled in."""

    storage: Storage = Storage()
    keys: Keys = Keys()
    service: Service = Service()
    transport: Transport = Transport()
    private: Private = Private()
    public: Public = Public()
    log: Log = Log()
    rate: Rate = Rate()
    apps: Mapping[str, Struct] = {}
    """Each application's own settings, of the type that its AppSpec names."""


def conflicts(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong between settings that are right one by one."""
    data, key = (Path(os.path.realpath(path)) for path in (settings.storage.data, settings.keys.path))
    if key.is_relative_to(data):
        yield SettingsError(
            "keys.path",
            f"{key} is inside the data folder, {data}",
            hint="Whoever copies the data folder must not get its key: choose a path outside of storage.data.",
        )
    public, private = settings.public, settings.private
    if public.port and (public.host, public.port) == (private.host, private.port):
        yield SettingsError(
            "public.port",
            f"{public.port} is the port of the private listener too",
            hint="Give public.port and private.port different numbers.",
        )
    yield from transports.conflicts(settings.transport, public_port=public.port, offline=settings.service.offline)
