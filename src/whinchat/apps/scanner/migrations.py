"""The scanner's tables: chats, people, messages and links by keyed hashes; what must be readable is sealed."""

from __future__ import annotations

from whinchat.core.ports import Migration, SealedColumn

MIGRATIONS = (
    Migration(
        "scanner",
        1,
        "chats, rules, verdicts, sightings",
        {
            "sqlite": """
CREATE TABLE scanner_chats (
    chat         BLOB PRIMARY KEY,
    consent_at   INTEGER,
    consent_by   BLOB,
    muted_until  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE scanner_rules (
    chat        BLOB NOT NULL,
    number      INTEGER NOT NULL,
    rule        BLOB NOT NULL,
    effect      TEXT NOT NULL,
    author      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    body        BLOB NOT NULL,
    PRIMARY KEY (chat, number),
    UNIQUE (chat, rule)
);
CREATE INDEX scanner_rules_expiry ON scanner_rules (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE scanner_verdicts (
    url         BLOB PRIMARY KEY,
    level       TEXT NOT NULL,
    checked_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX scanner_verdicts_expiry ON scanner_verdicts (expires_at);
CREATE TABLE scanner_sightings (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chat       BLOB NOT NULL,
    message    BLOB NOT NULL,
    url        BLOB NOT NULL,
    sender     BLOB NOT NULL,
    part       TEXT NOT NULL,
    quoted     BLOB,
    seen_at    INTEGER NOT NULL,
    shown      TEXT NOT NULL,
    warned_at  INTEGER,
    body       BLOB NOT NULL,
    UNIQUE (message, url)
);
CREATE INDEX scanner_sightings_url ON scanner_sightings (url, chat, warned_at);
CREATE INDEX scanner_sightings_quoted ON scanner_sightings (quoted) WHERE quoted IS NOT NULL;
CREATE INDEX scanner_sightings_seen ON scanner_sightings (seen_at);
CREATE INDEX scanner_sightings_chat ON scanner_sightings (chat, warned_at);
CREATE TABLE scanner_state (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) WITHOUT ROWID;
"""
        },
    ),
)

SEALED = (
    SealedColumn("scanner_rules", ("chat", "rule"), "body"),
    SealedColumn("scanner_verdicts", ("url",), "body"),
    SealedColumn("scanner_sightings", ("message", "url"), "body"),
)
