"""What a chat wants done about links, files and invites: its policy.

`KEYS` is the one list of what can be set: the command, the admin page and the reference read and show values with it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import msgspec

from whinchat.apps.scanner.hours import Hours
from whinchat.apps.scanner.values import DailyHours, Kind, Number, OneOf, Percent, SomeOf, Switch, TimeZone
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict

MINUTE = 60_000  # milliseconds
DAY = 24 * 60 * MINUTE

LONGEST_STRIKE = 90  # days
SUREST = 0.99
"""Probability below which nothing is taken away on evidence alone, whatever a chat asks for."""


class Consequence(enum.StrEnum):
    """What can follow from a message. Those after `notify_admins` take something away."""

    WARN = "warn"
    REACT = "react"
    NOTIFY_ADMINS = "notify_admins"
    DELETE = "delete"
    REMOVE_MEMBER = "remove_member"
    LOCK_GROUP = "lock_group"


HARMLESS = (Consequence.WARN, Consequence.REACT, Consequence.NOTIFY_ADMINS)
PUNISHING = frozenset({Consequence.DELETE, Consequence.REMOVE_MEMBER, Consequence.LOCK_GROUP})


class Exempt(enum.StrEnum):
    """Whose messages are only warned of, whatever else the policy says."""

    NOBODY = "nobody"
    ADMINS = "admins"


class Announce(enum.StrEnum):
    """What a chat hears of links that nothing is known against."""

    SILENT = "silent"
    REACT = "react"
    REPLY = "reply"


class Filter(enum.StrEnum):
    OFF = "off"
    WARN = "warn"
    DELETE = "delete"


class FileType(enum.StrEnum):
    """What attachments can be filtered by; `files.py` knows extensions and first bytes of each."""

    APK = "apk"
    EXE = "exe"
    SCRIPT = "script"
    INSTALLER = "installer"
    JAR = "jar"
    SHORTCUT = "shortcut"
    DISK_IMAGE = "disk_image"
    MACRO = "macro"


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """As it comes, a chat is warned and nothing is taken away. Only what differs from that is stored."""

    malicious: tuple[Consequence, ...] = (Consequence.WARN, Consequence.REACT)
    suspicious: tuple[Consequence, ...] = (Consequence.WARN, Consequence.REACT)
    unknown: tuple[Consequence, ...] = ()
    delete_at: float = SUREST
    """Probability from which messages are deleted and members removed on evidence alone; a listing or an admin's rule
    needs none."""
    exempt: Exempt = Exempt.NOBODY
    announce_benign: Announce = Announce.SILENT
    dry_run: bool = False
    """Nothing is taken away: admins who asked for notices hear what would have been."""
    strikes: int = 3
    """Malicious messages of one member before `strike_action`; 0: they are not counted."""
    strike_days: int = 7
    strike_action: tuple[Consequence, ...] = (Consequence.NOTIFY_ADMINS,)
    """One for each time that the count is full: the first from `strikes` on, the second from twice as many, …"""
    files: Filter = Filter.WARN
    file_types: tuple[FileType, ...] = tuple(FileType)
    invites: Filter = Filter.OFF
    quiet: Hours | None = None
    timezone: str = "UTC"
    lock_minutes: int = 10
    lock_after: int = 0
    """Malicious messages within five minutes that lock the group; 0: however many."""

    def consequences(self, level: Level) -> tuple[Consequence, ...]:
        """What the chat wants for a link of that level, before it is asked whether that is possible and sure enough."""
        match level:
            case Level.MALICIOUS:
                return self.malicious
            case Level.SUSPICIOUS:
                return self.suspicious
            case Level.UNKNOWN:
                return self.unknown
            case Level.BENIGN:
                return ()

    def sure(self, verdict: Verdict) -> bool:
        """Whether a verdict may take something away: a listing, an admin's rule, or evidence enough of many kinds."""
        if verdict.level is not Level.MALICIOUS:
            return False
        return verdict.decided_by is not DecidedBy.EVIDENCE or verdict.probability >= max(self.delete_at, SUREST)

    def is_quiet(self, now: int) -> bool:
        """Whether only danger is told at this time (milliseconds UTC)."""
        return self.quiet is not None and self.quiet.include(now, self.timezone)

    def strike_step(self, count: int) -> Consequence | None:
        """What follows from that many strikes within `strike_days`."""
        full = count // self.strikes if self.strikes else 0
        if not full or not self.strike_action:
            return None
        return self.strike_action[min(full, len(self.strike_action)) - 1]


DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be set. The sentence that says what it is: `scanner.policy.key.<name>`."""

    name: str
    """Of the field of `Policy`."""
    kind: Kind[Any]

    @property
    def sentence(self) -> str:
        return f"scanner.policy.key.{self.name}"

    def shown(self, policy: Policy) -> str:
        """The value as one would write it."""
        return self.kind.show(getattr(policy, self.name))

    def is_default(self, policy: Policy) -> bool:
        return bool(getattr(policy, self.name) == getattr(DEFAULT, self.name))

    def needs_rights(self, policy: Policy) -> bool:
        """Whether the value asks for something that only an admin of a group can do."""
        value = getattr(policy, self.name)
        if self.name == "lock_after":
            return bool(value)
        return value is Filter.DELETE or (isinstance(value, tuple) and not PUNISHING.isdisjoint(value))

    def set(self, policy: Policy, given: str) -> Policy:
        """With the value that somebody wrote; `default` is the one it comes with. Raises Unfit."""
        if given.strip().casefold() == "default":
            return msgspec.structs.replace(policy, **{self.name: getattr(DEFAULT, self.name)})
        return msgspec.structs.replace(policy, **{self.name: self.kind.read(given)})


KEYS = (
    Key("malicious", SomeOf(tuple(Consequence))),
    Key("suspicious", SomeOf(HARMLESS)),
    Key("unknown", SomeOf(HARMLESS)),
    Key("delete_at", Percent(SUREST)),
    Key("exempt", OneOf(Exempt)),
    Key("announce_benign", OneOf(Announce)),
    Key("dry_run", Switch()),
    Key("strikes", Number(0, 20)),
    Key("strike_days", Number(1, LONGEST_STRIKE)),
    Key(
        "strike_action",
        SomeOf((Consequence.NOTIFY_ADMINS, Consequence.DELETE, Consequence.REMOVE_MEMBER), ordered=True),
    ),
    Key("files", OneOf(Filter)),
    Key("file_types", SomeOf(tuple(FileType))),
    Key("invites", OneOf(Filter)),
    Key("quiet", DailyHours()),
    Key("timezone", TimeZone()),
    Key("lock_minutes", Number(1, 24 * 60)),
    Key("lock_after", Number(0, 50)),
)
BY_NAME = {key.name: key for key in KEYS}
