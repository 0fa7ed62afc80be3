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
    Migration(
        "scanner",
        2,
        "sites that chats know",
        # Sightings from before hold their links sealed: they cannot be counted, and a week later nobody misses them.
        {
            "sqlite": """
CREATE TABLE scanner_sites (
    site       BLOB NOT NULL,
    chat       BLOB NOT NULL,
    first_by   BLOB NOT NULL,
    first_at   INTEGER NOT NULL,
    second_at  INTEGER,
    last_at    INTEGER NOT NULL,
    warned_at  INTEGER,
    PRIMARY KEY (site, chat)
) WITHOUT ROWID;
CREATE INDEX scanner_sites_recent ON scanner_sites (site, last_at);
CREATE INDEX scanner_sites_warned ON scanner_sites (site, warned_at) WHERE warned_at IS NOT NULL;
CREATE INDEX scanner_sites_chat ON scanner_sites (chat, second_at);
CREATE INDEX scanner_sites_last ON scanner_sites (last_at);
"""
        },
    ),
    Migration(
        "scanner",
        3,
        "labels",
        {
            "sqlite": """
CREATE TABLE scanner_labels (
    chat         BLOB NOT NULL,
    url          BLOB NOT NULL,
    site         BLOB NOT NULL,
    author       BLOB NOT NULL,
    truth        TEXT NOT NULL,
    source       TEXT NOT NULL,
    labelled_at  INTEGER NOT NULL,
    level        TEXT NOT NULL,
    decided_by   TEXT NOT NULL,
    body         BLOB NOT NULL,
    PRIMARY KEY (chat, url)
) WITHOUT ROWID;
CREATE INDEX scanner_labels_time ON scanner_labels (labelled_at);
"""
        },
    ),
)

SEALED = (
    SealedColumn("scanner_rules", ("chat", "rule"), "body"),
    SealedColumn("scanner_verdicts", ("url",), "body"),
    SealedColumn("scanner_sightings", ("message", "url"), "body"),
    SealedColumn("scanner_labels", ("chat", "url"), "body"),
)
