"""What the library logs, reduced to codes: its lines name people, groups and whole messages."""

from __future__ import annotations

from typing import Final

EVERY: Final = 60.0  # seconds between two reports of one code

CODES: Final = (
    ("Handler queue is full", "queue_full"),
    ("Node handling is taking long", "handler_slow"),
    ("Continuing handling of", "handler_slow"),
    ("Keepalive timed out", "keep_alive_timeout"),
    ("Failed to send keepalive", "keep_alive_timeout"),
    ("Failed to send receipt", "receipt_failed"),
    ("Failed to send acknowledgement", "receipt_failed"),
    ("Ignoring message", "repeated"),
    ("Error decrypting message", "undecryptable"),
    ("Unavailable message", "unavailable"),
    ("No LID found for", "no_lid"),
    ("Error reconnecting after autoreconnect", "reconnect_failed"),
    ("Failed to reconnect after 515", "reconnect_failed"),
    ("Failed to pair device", "pairing_failed"),
    ("Failed to store", "store_failed"),
    ("Failed to save", "store_failed"),
    ("Failed to parse", "unreadable"),
    ("Got 503 stream error", "unavailable_503"),
    ("Failed to download history sync", "history_failed"),
    ("Failed to sync app state", "app_state_failed"),
    ("Event handler panicked", "panic"),
    ("Message decryption for", "panic"),
    ("Retry receipt handler panicked", "panic"),
    ("History sync handler panicked", "panic"),
)
"""How a line begins (in whatsmeow), and its code. One that is not known is told as `other`, with the library's part
that wrote it. `repeated`: the server sent a message again that had been decrypted before."""

PARTS: Final = frozenset(("Client", "Database", "Socket", "QRChannel", "Noise", "Recv", "Send"))


def read_entry(data: bytes) -> tuple[str, str, str]:
    """Text, level and part of a `LogEntry` (three strings, numbered 1 to 3); empty what is not there."""
    found = ["", "", ""]
    at = 0
    while at < len(data):
        tag = data[at]
        length = shift = 0
        while True:
            at += 1
            length |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        at += 1
        found[(tag >> 3) - 1] = data[at : at + length].decode(errors="replace")
        at += length
    return found[0], found[1], found[2]


class LogLines:
    """Which of the lines are worth telling: each code at most every `EVERY` seconds."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def read(self, entry: bytes, now: float) -> tuple[str, str]:
        """Level and code of a `LogEntry`; no code when it is not worth telling."""
        try:
            text, level, part = read_entry(entry)
        except IndexError:
            return "WARN", self._due("unreadable_line", now)
        return level, self._due(_code(text, part), now)

    def _due(self, code: str, now: float) -> str:
        if now - self._told.get(code, -EVERY) < EVERY:
            return ""
        self._told[code] = now
        return code


def _code(text: str, part: str) -> str:
    for start, code in CODES:
        if text.startswith(start):
            return code
    last = part.rpartition("/")[2]
    return f"other_{last.lower()}" if last in PARTS else "other"
