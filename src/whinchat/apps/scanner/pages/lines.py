"""Sightings as pages show them. Links are broken so that nobody can open them; templates escape everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.explain import Explainer, telling
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.pages.names import Names
from whinchat.apps.scanner.pages.queries import SeenLink
from whinchat.apps.scanner.verdict import Reason
from whinchat.core.formatting.defang import defang_host, defang_url

SHORT = 8  # digits of a chat's key, where it has no name


@dataclass(frozen=True, slots=True)
class ChatName:
    """`name`: None when the chat cannot be asked, empty for a direct chat."""

    key: str
    name: str | None

    @property
    def short(self) -> str:
        return self.key[:SHORT]


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    level: str
    host: str
    url: str
    chat: ChatName
    at: int
    part: str
    warned_at: int | None
    decided_by: str
    """Empty when the verdict is gone."""
    why: str
    """The strongest reason, as a sentence; empty when nothing stood out."""


class Lines:
    def __init__(self, names: Names, explainer: Explainer) -> None:
        self._names = names
        self._explainer = explainer

    async def of(self, found: Sequence[SeenLink], language: str) -> list[Line]:
        names = await self._names.of((each.chat, each.seen) for each in found)
        return [self._line(each, names, language) for each in found]

    def _line(self, shown: SeenLink, names: Mapping[bytes, str], language: str) -> Line:
        verdict = shown.verdict
        reasons = [] if verdict is None else telling(verdict)
        return Line(
            id=shown.id,
            level=shown.shown.value,
            host=shown_host(shown.seen.url),
            url=defang_url(shown.seen.url),
            chat=chat_name(shown.chat, names.get(shown.chat)),
            at=shown.seen_at,
            part=shown.part,
            warned_at=shown.warned_at,
            decided_by="" if verdict is None else verdict.decided_by.value,
            why=sentence(self._explainer, reasons[0], language) if reasons else "",
        )


def sentence(explainer: Explainer, reason: Reason, language: str) -> str:
    """Of a stored verdict; its name where the catalogues do not know it, because another version said it."""
    try:
        return explainer.sentence(reason, language)
    except KeyError:
        return reason.name


def host_of(url: str) -> str:
    link = parse_link(url)
    return "" if link is None else link.host


def shown_host(url: str) -> str:
    """The host, broken; of what is no web link all of it."""
    host = host_of(url)
    return defang_host(host) if host else defang_url(url)


def chat_name(chat: bytes, name: str | None) -> ChatName:
    return ChatName(chat.hex(), name)


def chat_key(text: str) -> bytes | None:
    """What stands in an address for a chat; None when it cannot."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(key) == 16 else None


def number(text: str) -> int | None:
    """A row's number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
