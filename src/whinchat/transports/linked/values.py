"""Single values off the wire. Somebody's phone wrote them: they are cut, mended or left out."""

from __future__ import annotations

import math
import re
from typing import Final

from whinchat.transports.linked import wire

LONGEST_ID: Final = 256  # characters of a message's id; the apps use 32 at most
LATEST: Final = 253_402_300_799_000  # milliseconds; the year 9999

PHONE: Final = "s.whatsapp.net"
LID: Final = "lid"
GROUP: Final = "g.us"
NETWORKS: Final = {PHONE: PHONE, LID: LID, GROUP: GROUP, "c.us": PHONE, "hosted": PHONE, "hosted.lid": LID}
"""Servers of persons and groups, and what they are here (whatsmeow `types/jid.go`). The rest (newsletters, status,
bots of Meta's, Messenger) is nobody to us."""

_USER = re.compile(r"[0-9]{1,32}(?:-[0-9]{1,32})?")


def text(value: str | bytes, most: int) -> str:
    """At most that many characters. The library passes on what is not UTF-8."""
    read = value.decode(errors="replace") if isinstance(value, bytes) else value
    return read[:most]


def message_id(value: str | bytes) -> str:
    """Empty when it is longer than any: cut, it could be another's."""
    read = text(value, LONGEST_ID + 1)
    return read if len(read) <= LONGEST_ID else ""


def bare(jid: wire.Jid) -> str:
    """`<user>@<server>` without agent and device; empty when it is nobody to us."""
    return _known(text(jid.User, 80), text(jid.Server, 80))


def bare_text(jid: str | bytes) -> str:
    """The same, of a JID as it is written inside messages: `<user>[.<agent>][:<device>]@<server>`."""
    user, _, server = text(jid, 160).rpartition("@")
    return _known(user.partition(":")[0].partition(".")[0], server)


def _known(user: str, server: str) -> str:
    network = NETWORKS.get(server)
    return f"{user}@{network}" if network and _USER.fullmatch(user) else ""


def millis(value: int) -> int:
    """Within what a calendar knows. The library gives times that it does not have as those of the year 1."""
    return min(max(value, 0), LATEST)


def seconds(value: int) -> int:
    """Seconds, in milliseconds."""
    return millis(min(value, LATEST) * 1000)


def degrees(value: float, most: float) -> float:
    return value if math.isfinite(value) and abs(value) <= most else 0.0
