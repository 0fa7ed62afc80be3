"""How the visit of a link ended: what its kinds of evidence are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.page import Page
from whinchat.apps.scanner.links.link import Link
from whinchat.core.ports import FetchFault


@dataclass(frozen=True, slots=True)
class Arrival:
    page: Page | None
    fault: FetchFault | None = None


ArrivalKind = Callable[[Link, Known, Arrival], Evidence | None]
"""A pure function of the last link, what is known of it, and what was met there."""
