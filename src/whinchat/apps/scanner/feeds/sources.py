"""Which lists are kept up to date: those that are known, as the operator set them, and the operator's own."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta, Struct

from whinchat.apps.scanner.feeds.lines import Format
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.secret import Secret

KNOWN = Path(__file__).parent / "data" / "sources.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
MINUTE = 60_000  # milliseconds
DAY = 24 * 60 * MINUTE

Minutes = Annotated[int, Meta(ge=5, le=43_200)]
Days = Annotated[int, Meta(ge=1, le=3_650)]
Entries = Annotated[int, Meta(ge=1, le=20_000_000)]


class FeedSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an operator says of one list, `[apps.scanner.feeds.NAME]`; what is not said stays as it is known."""

    enabled: bool | None = None
    url: Annotated[str, Meta(pattern=r"^https?://[^\s/@]+(/\S*)?$")] | None = None
    file: str | None = None
    format: Format | None = None
    column: str | None = None
    threat: Threat | None = None
    trust: Trust | None = None
    every: Minutes | None = None
    lifetime: Days | None = None
    rolling: bool | None = None
    least: Entries | None = None
    most: Entries | None = None
    licence: str | None = None


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One list and how it is kept up to date."""

    name: str
    url: str = ""
    """Where it is downloaded from; `{auth_key}` stands for the operator's key."""
    file: str = ""
    """Or the file that it is read from."""
    format: Format = Format.AUTO
    column: str | None = None
    threat: Threat = Threat.PHISHING
    trust: Trust = Trust.DECISIVE
    every: Minutes = 360
    lifetime: Days = 30
    rolling: bool = False
    least: Entries = 1
    most: Entries = 5_000_000
    enabled: bool = True
    needs_auth_key: bool = False
    licence: str = ""
    terms: str = ""
    """What its licence asks of those who use it, in a sentence."""

    @property
    def place(self) -> str:
        """Where it comes from, for people: without what an address may carry that is nobody else's business."""
        if self.file:
            return self.file
        url = urlsplit(self.url)
        return f"{url.scheme}://{url.netloc}{url.path}"

    @property
    def recipe(self) -> str:
        """Changes with everything that decides which entries the same list gives, and what they are worth."""
        parts = (self.url, self.file, self.format, self.column, self.threat, self.trust, self.licence)
        return hashlib.sha256(repr((*parts, self.lifetime, self.rolling)).encode()).hexdigest()[:16]

    def address(self, auth_key: Secret | None) -> str:
        """`url` with the key in it: a secret then, as long as it lives."""
        return self.url.replace("{auth_key}", quote(auth_key.reveal(), safe="") if auth_key else "")


@cache
def known_sources() -> Mapping[str, Source]:
    """Those that ship."""
    told = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    return {name: msgspec.convert({"name": name, **about}, Source) for name, about in told.items()}


def sources(settings: Mapping[str, FeedSettings], *, auth_key: bool = False) -> Mapping[str, Source]:
    """All of them by name, in a stable order, enabled or not.

    `auth_key`: whether there is one; a source that needs it is off without.

    Raises ValueError: a name that cannot be one, a list without a place or with two, a source without its key.
    """
    found = {
        name: msgspec.structs.replace(source, enabled=source.enabled and (auth_key or not source.needs_auth_key))
        for name, source in known_sources().items()
    }
    for name, given in settings.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a list's name: lower-case letters, digits, dots and dashes")
        said: dict[str, Any] = {key: value for key, value in msgspec.structs.asdict(given).items() if value is not None}
        if "url" in said or "file" in said:
            said = {"url": "", "file": "", "needs_auth_key": False} | said
        found[name] = msgspec.structs.replace(found.get(name, Source(name=name)), **said)
        _check(found[name], auth_key=auth_key)
    return found


def in_use(all_: Iterable[Source], *, offline: bool) -> tuple[Source, ...]:
    """Those that are kept up to date; when no request may leave the machine, of these the files."""
    return tuple(source for source in all_ if source.enabled and (source.file or not offline))


def _check(source: Source, *, auth_key: bool) -> None:
    if bool(source.url) == bool(source.file):
        raise ValueError(f"the list {source.name!r} needs either a url or a file")
    if source.enabled and source.needs_auth_key and not auth_key:
        raise ValueError(f"the list {source.name!r} needs abusech_auth_key; the key is free at auth.abuse.ch")
    if source.least > source.most:
        raise ValueError(f"the list {source.name!r} has a least that is above its most")
