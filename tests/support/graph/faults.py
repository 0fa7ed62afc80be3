"""What goes wrong, once or as often as a test says, with everybody or with one person."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    ERROR = "error"
    """Graph says no; nothing was accepted."""
    FAILED = "failed"
    """Accepted, and then failed by a status."""
    SLOW = "slow"
    """Accepted, and answered after `seconds`."""
    HANG = "hang"
    """No answer comes; nothing was accepted."""
    HANG_ACCEPTED = "hang_accepted"
    """Accepted, but no answer comes."""
    DROP = "drop"
    """The connection ends; nothing was accepted."""
    DROP_ACCEPTED = "drop_accepted"
    """Accepted, but the connection ends before the answer."""
    BROKEN = "broken"
    """5xx; nothing was accepted."""
    BROKEN_ACCEPTED = "broken_accepted"
    """Accepted, but answered with 5xx."""
    GARBAGE = "garbage"
    """Accepted, but the answer cannot be understood."""
    REDIRECT = "redirect"
    """Answered with a redirect to elsewhere; nothing was accepted."""


ACCEPTED = frozenset(
    {Kind.FAILED, Kind.SLOW, Kind.HANG_ACCEPTED, Kind.DROP_ACCEPTED, Kind.BROKEN_ACCEPTED, Kind.GARBAGE}
)


class At(enum.StrEnum):
    MESSAGES = "messages"
    MARKS = "marks"
    """Marking as read, and showing that one writes."""
    UPLOAD = "upload"
    MEDIA = "media"
    """Asking for a link to media."""
    DOWNLOAD = "download"
    OBJECT = "object"
    """Reading anything else."""


@dataclass
class Fault:
    kind: Kind
    at: At = At.MESSAGES
    person: str = ""
    """Only for this person: a phone number or user id as the request names it; empty: for everybody."""
    code: int = 0
    status: int = 0
    """0: the code's own, or 503."""
    headers: tuple[tuple[str, str], ...] = ()
    location: str = "/elsewhere"
    """Where a redirect leads."""
    seconds: float = 60.0
    times: int = 1


class Faults:
    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        self.planned.append(fault)

    def take(self, at: At, *names: str) -> Fault | None:
        """The first that fits; it counts as done once more."""
        for fault in self.planned:
            if fault.at is at and fault.person in {"", *names}:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None
