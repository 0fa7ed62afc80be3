"""The tables of the engine: events that arrived, messages to send, chats and open conversations."""

from __future__ import annotations

from whinchat.core.dispatch.outgoing import id_row
from whinchat.core.ports import Migration, SealedColumn

MIGRATIONS = (
    Migration(
        "core",
        1,
        "inbox, outbox, steps, chats, conversations",
        {
            "sqlite": """
CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    identity    BLOB NOT NULL UNIQUE,
    chat        BLOB NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    arrived_at  INTEGER NOT NULL,
    handled_at  INTEGER,
    error       TEXT,
    body        BLOB
);
CREATE INDEX events_waiting ON events (chat, id) WHERE state = 'waiting';
CREATE INDEX events_aside ON events (id) WHERE state = 'aside';
CREATE INDEX events_arrived ON events (arrived_at);
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    reference   TEXT NOT NULL UNIQUE,
    account     TEXT NOT NULL,
    chat        BLOB NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    on_unknown  TEXT NOT NULL,
    urgency     INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    resends     INTEGER NOT NULL,
    cause       INTEGER,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    message     BLOB,
    delivery    TEXT,
    error       TEXT,
    body        BLOB
);
CREATE INDEX outbox_queued ON outbox (chat, urgency, id) WHERE state = 'queued';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_cause ON outbox (cause);
CREATE INDEX outbox_created ON outbox (created_at);
CREATE TABLE steps (
    id     INTEGER PRIMARY KEY,
    cause  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    what   TEXT NOT NULL
);
CREATE INDEX steps_cause ON steps (cause);
CREATE INDEX steps_at ON steps (at);
CREATE TABLE chats (
    chat        BLOB PRIMARY KEY,
    language    TEXT,
    updated_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE conversations (
    chat        BLOB NOT NULL,
    person      BLOB NOT NULL,
    topic       TEXT NOT NULL,
    data        BLOB NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (chat, person)
) WITHOUT ROWID;
CREATE INDEX conversations_expiry ON conversations (expires_at);
"""
        },
    ),
    Migration(
        "core",
        2,
        "audit",
        {
            "sqlite": """
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    key     BLOB NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    via     TEXT NOT NULL,
    actor   BLOB,
    chat    BLOB,
    action  TEXT NOT NULL,
    body    BLOB NOT NULL
);
CREATE INDEX audit_chat ON audit (chat, id) WHERE chat IS NOT NULL;
CREATE INDEX audit_at ON audit (at);
"""
        },
    ),
    Migration(
        "core",
        3,
        "what a message to send is about",
        {
            "sqlite": """
ALTER TABLE outbox ADD COLUMN subject TEXT;
ALTER TABLE outbox ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN sent_id BLOB;
ALTER TABLE outbox ADD COLUMN editable_until INTEGER;
CREATE INDEX outbox_subject ON outbox (chat, subject, id) WHERE subject IS NOT NULL;
CREATE INDEX outbox_editable ON outbox (editable_until) WHERE editable_until IS NOT NULL;
"""
        },
    ),
    Migration(
        "core",
        4,
        "whom to tell that a message was sent",
        {"sqlite": "ALTER TABLE outbox ADD COLUMN receipt TEXT;"},
    ),
    Migration(
        "core",
        5,
        "what a person's own chat was first known by",
        {
            "sqlite": """
CREATE TABLE first_ids (
    person  BLOB PRIMARY KEY,
    first   BLOB
) WITHOUT ROWID;
"""
        },
    ),
)

SEALED = (
    SealedColumn("audit", ("key",), "body"),
    SealedColumn("events", ("identity",), "body"),
    SealedColumn("outbox", ("reference",), "body"),
    SealedColumn("outbox", ("reference",), "sent_id", id_row),
    SealedColumn("conversations", ("chat", "person"), "data"),
    SealedColumn("first_ids", ("person",), "first"),
)
