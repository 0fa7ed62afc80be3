"""What applications show in a browser: pages that read, and forms whose outcome is committed as a handler's is.

An application names its pages in `App.pages` and where their templates and sentences are in `AppSpec.templates` and
`AppSpec.page_words`. Signing in, checking where a form comes from, layout, navigation and errors are the admin's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from whinchat.core.dispatch.handler import NOTHING, Outcome


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a signed-in admin asks for. Of a name that comes twice in a query or form, the last value counts."""

    language: str
    now: int
    """Milliseconds UTC."""
    actor: bytes
    """The admin's session, as the audit knows it."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path for its `{name}`s."""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    """Fields that the browser left out (boxes without a tick) are not there."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that the next page shows once: a catalogue key and its values."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    good: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """A template, as `<application>/<file>`, and what it shows. Everything is escaped, strings of markup too."""

    template: str
    data: Mapping[str, object] = field(default_factory=dict)
    live: str = ""
    """The template of the part that is drawn again while somebody looks (`Live`)."""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """`to`: a path below the pages' root, such as `/scanner/rules`, with its query."""

    to: str
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be saved, never shown by the browser."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such thing, or no longer."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a form changes: committed together with its entry in the audit, then the browser goes on to `then`."""

    action: str
    """For the audit, such as `scanner.rule.add`."""
    detail: str
    """What was typed or chosen; sealed in the audit."""
    then: Redirect
    outcome: Outcome = NOTHING
    chat: bytes | None = None
    """The chat that it is about."""


Shown = View | Redirect | Download | NotFound
Acted = Done | View | Redirect | NotFound
"""A view shows the form again with what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Nav:
    """Where a page stands in the navigation of its application, and its icon's name."""

    order: int
    icon: str


class Page(Protocol):
    @property
    def path(self) -> str:
        """Below the pages' root; `{name}` stands for one part of it: `/scanner/chats/{chat}`."""
        ...

    @property
    def title(self) -> str:
        """A key of the page's catalogues."""
        ...

    @property
    def nav(self) -> Nav | None:
        """None: other pages lead to it."""
        ...

    async def show(self, request: PageRequest) -> Shown: ...


@runtime_checkable
class Form(Page, Protocol):
    """A page that can be posted to. May run again on a newer state when that has moved on, as a handler does."""

    async def act(self, request: PageRequest) -> Acted: ...


@runtime_checkable
class Live(Page, Protocol):
    """A page with a part that follows what happens."""

    async def mark(self, request: PageRequest) -> object:
        """Cheap, asked every second while somebody looks: the part is drawn again when it differs."""
        ...


class Panel(Protocol):
    """What an application shows on the start page. Lower orders come first."""

    @property
    def order(self) -> int: ...

    async def show(self, request: PageRequest) -> View: ...


@dataclass(frozen=True, slots=True)
class Pages:
    """All that one application shows. `panels`: on the start page."""

    pages: tuple[Page, ...] = ()
    panels: tuple[Panel, ...] = ()
