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
    Migration(
        "scanner",
        4,
        "where links lead",
        {
            "sqlite": """
CREATE TABLE scanner_expansions (
    url         BLOB PRIMARY KEY,
    expires_at  INTEGER NOT NULL,
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX scanner_expansions_expiry ON scanner_expansions (expires_at);
"""
        },
    ),
    Migration(
        "scanner",
        5,
        "policies, strikes, members, notices, locks",
        {
            "sqlite": """
CREATE TABLE scanner_policies (
    chat     BLOB PRIMARY KEY,
    version  INTEGER NOT NULL,
    policy   TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE scanner_strikes (
    message  BLOB NOT NULL,
    cause    BLOB NOT NULL,
    chat     BLOB NOT NULL,
    member   BLOB NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (message, cause)
) WITHOUT ROWID;
CREATE INDEX scanner_strikes_member ON scanner_strikes (chat, member, at);
CREATE INDEX scanner_strikes_chat ON scanner_strikes (chat, at);
CREATE INDEX scanner_strikes_time ON scanner_strikes (at);
CREATE TABLE scanner_members (
    chat       BLOB NOT NULL,
    member     BLOB NOT NULL,
    joined_at  INTEGER NOT NULL,
    PRIMARY KEY (chat, member)
) WITHOUT ROWID;
CREATE INDEX scanner_members_joined ON scanner_members (joined_at);
CREATE TABLE scanner_notices (
    chat    BLOB NOT NULL,
    member  BLOB NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (chat, member)
) WITHOUT ROWID;
CREATE TABLE scanner_notified (
    chat   BLOB PRIMARY KEY,
    since  INTEGER NOT NULL,
    told   INTEGER NOT NULL,
    held   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE scanner_locks (
    chat   BLOB PRIMARY KEY,
    until  INTEGER NOT NULL
) WITHOUT ROWID;
"""
        },
    ),
    Migration(
        "scanner",
        6,
        "answers of sources, and what was spent of their quotas",
        {
            "sqlite": """
CREATE TABLE scanner_answers (
    subject     BLOB PRIMARY KEY,
    expires_at  INTEGER NOT NULL,
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX scanner_answers_expiry ON scanner_answers (expires_at);
CREATE TABLE scanner_quotas (
    source   TEXT NOT NULL,
    seconds  INTEGER NOT NULL,
    slice    INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    PRIMARY KEY (source, seconds, slice)
) WITHOUT ROWID;
"""
        },
    ),
    Migration(
        "scanner",
        7,
        "privacy of chats",
        {"sqlite": "ALTER TABLE scanner_chats ADD COLUMN privacy TEXT;"},
    ),
    Migration(
        "scanner",
        8,
        "links handed to sources that examine them",
        {
            "sqlite": """
CREATE TABLE scanner_submissions (
    id            BLOB PRIMARY KEY,
    source        TEXT NOT NULL,
    ticket        BLOB UNIQUE,
    submitted_at  INTEGER NOT NULL,
    looks         INTEGER NOT NULL,
    done_at       INTEGER,
    body          BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX scanner_submissions_age ON scanner_submissions (submitted_at);
"""
        },
    ),
)

SEALED = (
    SealedColumn("scanner_rules", ("chat", "rule"), "body"),
    SealedColumn("scanner_verdicts", ("url",), "body"),
    SealedColumn("scanner_sightings", ("message", "url"), "body"),
    SealedColumn("scanner_labels", ("chat", "url"), "body"),
    SealedColumn("scanner_expansions", ("url",), "body"),
    SealedColumn("scanner_notices", ("chat", "member"), "body"),
    SealedColumn("scanner_answers", ("subject",), "body"),
    SealedColumn("scanner_submissions", ("id",), "body"),
)
