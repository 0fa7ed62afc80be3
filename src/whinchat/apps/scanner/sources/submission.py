"""What it takes to have a link examined by a source that does not know it yet: slow, outside, and never undone."""

from __future__ import annotations

import enum
from typing import Protocol

from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Answer, NoAnswer


class Progress(enum.StrEnum):
    PENDING = "pending"
    """Not examined yet: ask again later."""
    NEVER = "never"
    """There will be no result: the link was not accepted, or what came of it was taken away."""


class Submitter(Protocol):
    """A source that examines links. Neither method raises for an outage."""

    @property
    def about(self) -> About:
        """Of the source that it belongs to."""
        ...

    @property
    def submitting(self) -> About:
        """What `submit` takes of which quotas."""
        ...

    @property
    def asking_again(self) -> About:
        """What `result` takes of which quotas."""
        ...

    async def submit(self, url: str) -> str | Progress | NoAnswer:
        """Hand it over; the ticket to ask for the result with, or NEVER. Doing it twice is two examinations."""
        ...

    async def result(self, ticket: str) -> Answer | Progress: ...
