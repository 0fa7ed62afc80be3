"""What sources are built from: the service's `AppContext` has it, and so does the verb that checks them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from whinchat.core.ports import Clock, HttpClient, OpenDatabase, Random, Resolver, Workers


class Means(Protocol):
    @property
    def http(self) -> HttpClient | None:
        """None when no request may leave the machine; so is the resolver."""
        ...

    @property
    def resolver(self) -> Resolver | None: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def random(self) -> Random: ...

    @property
    def workers(self) -> Workers: ...

    @property
    def open_database(self) -> OpenDatabase: ...

    @property
    def data(self) -> Path:
        """The scanner's own folder."""
        ...
