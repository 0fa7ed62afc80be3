-- feeds 1 a5d566b248d0: feeds, their entries, and who may import
-- feeds 2 d62e5c2bc401: feeds that are kept up to date

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
, listed INTEGER NOT NULL DEFAULT 0, confirmed_at INTEGER NOT NULL DEFAULT 0, lifetime INTEGER, recipe TEXT NOT NULL DEFAULT '', etag TEXT NOT NULL DEFAULT '', modified TEXT NOT NULL DEFAULT '');

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

CREATE TABLE updates (
    name         TEXT PRIMARY KEY,
    begun_at     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    succeeded_at INTEGER,
    code         TEXT,
    error        TEXT
) WITHOUT ROWID;
