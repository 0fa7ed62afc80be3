"""The tables of the feed store: a SQLite file of its own, so that backups of what cannot be made again stay small."""

from __future__ import annotations

from whinchat.core.ports import Migration

MIGRATIONS = (
    Migration(
        "feeds",
        1,
        "feeds, their entries, and who may import",
        {
            "sqlite": """
CREATE TABLE feeds (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    generation   INTEGER NOT NULL UNIQUE,
    source       TEXT NOT NULL,
    threat       TEXT NOT NULL,
    trust        TEXT NOT NULL,
    licence      TEXT NOT NULL,
    version      TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    imported_at  INTEGER NOT NULL,
    entries      INTEGER NOT NULL,
    rejected     INTEGER NOT NULL,
    collisions   INTEGER NOT NULL,
    error        TEXT,
    failed_at    INTEGER
);
CREATE TABLE entries (
    generation   INTEGER NOT NULL,
    scope        TEXT NOT NULL,
    value        TEXT NOT NULL,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    PRIMARY KEY (generation, scope, value)
) WITHOUT ROWID;
CREATE TABLE importing (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    token        BLOB,
    expires_at   INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    state        INTEGER NOT NULL
);
INSERT INTO importing VALUES (1, NULL, 0, 0, 0);
"""
        },
    ),
    Migration(
        "feeds",
        2,
        "feeds that are kept up to date",
        {
            "sqlite": """
ALTER TABLE feeds ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN lifetime INTEGER;
ALTER TABLE feeds ADD COLUMN recipe TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN etag TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN modified TEXT NOT NULL DEFAULT '';
UPDATE feeds SET listed = entries, confirmed_at = imported_at;
CREATE TABLE updates (
    name         TEXT PRIMARY KEY,
    begun_at     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    succeeded_at INTEGER,
    code         TEXT,
    error        TEXT
) WITHOUT ROWID;
"""
        },
    ),
)
