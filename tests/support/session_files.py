"""Sessions of linked accounts as the library leaves them, as far as our side reads them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from whinchat.transports.linked.sessions import Sessions


def linked(folder: Path, account: str) -> Path:
    """The file of an account that a phone has linked."""
    path = Sessions(folder).prepare(account)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE whatsmeow_device (jid TEXT); INSERT INTO whatsmeow_device VALUES ('secret')")
    return path
