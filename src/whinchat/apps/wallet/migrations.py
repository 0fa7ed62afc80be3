"""The wallet's tables. Ids are random, people are known by keyed hashes, whatever names them or their money's ways is
sealed. Amounts are cents or satoshis, times milliseconds UTC. Every row about money carries its backend's name.
"""

from __future__ import annotations

from whinchat.core.ports import Migration, Row, SealedColumn


def token_row(key: Row) -> str:
    """What a token is sealed under: never the name of the row's body."""
    (user,) = key
    return f"{user!s}/token"


def guard_row(key: Row) -> bytes:
    """What a PIN is sealed under: the account it guards."""
    backend, account = key
    return f"{backend!s}/".encode() + (account if isinstance(account, bytes) else b"")


MIGRATIONS = (
    Migration(
        "wallet",
        1,
        "accounts, intents, escrow, requests, contacts",
        {
            "sqlite": """
CREATE TABLE wallet_users (
    id          TEXT PRIMARY KEY,
    backend     TEXT NOT NULL,
    account     BLOB,
    phone       BLOB,
    session     TEXT,
    linked_at   INTEGER,
    used_at     INTEGER,
    closing_at  INTEGER,
    waiting_at  INTEGER,
    told_at     INTEGER,
    asked_at    INTEGER,
    version     INTEGER NOT NULL DEFAULT 0,
    body        BLOB NOT NULL,
    token       BLOB,
    created_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_users_account ON wallet_users (backend, account) WHERE account IS NOT NULL;
CREATE INDEX wallet_users_phone ON wallet_users (phone) WHERE phone IS NOT NULL;
CREATE INDEX wallet_users_used ON wallet_users (used_at) WHERE session IS NOT NULL;
CREATE INDEX wallet_users_waiting ON wallet_users (backend, waiting_at) WHERE waiting_at IS NOT NULL;
CREATE TABLE wallet_guards (
    backend            TEXT NOT NULL,
    account            BLOB NOT NULL,
    payment_limit      INTEGER,
    payment_raised     INTEGER,
    payment_raised_at  INTEGER,
    day_limit          INTEGER,
    day_raised         INTEGER,
    day_raised_at      INTEGER,
    pin                BLOB,
    pin_failures       INTEGER NOT NULL,
    pin_free_at        INTEGER NOT NULL,
    version            INTEGER NOT NULL,
    PRIMARY KEY (backend, account)
) WITHOUT ROWID;
CREATE TABLE wallet_aliases (
    alias    BLOB PRIMARY KEY,
    user_id  TEXT NOT NULL,
    kind     TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_aliases_user ON wallet_aliases (user_id);
CREATE TABLE wallet_wallets (
    wallet   BLOB PRIMARY KEY,
    user_id  TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_wallets_user ON wallet_wallets (user_id);
CREATE TABLE wallet_attempts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,
    subject  BLOB NOT NULL,
    at       INTEGER NOT NULL
);
CREATE INDEX wallet_attempts_subject ON wallet_attempts (kind, subject, at);
CREATE INDEX wallet_attempts_at ON wallet_attempts (kind, at);
CREATE TABLE wallet_spending (
    backend  TEXT NOT NULL,
    account  BLOB NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (backend, account)
) WITHOUT ROWID;
CREATE TABLE wallet_intents (
    id             TEXT PRIMARY KEY,
    backend        TEXT NOT NULL,
    account        BLOB NOT NULL,
    owner          TEXT NOT NULL,
    chat           BLOB NOT NULL,
    showing        TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    rail           TEXT NOT NULL,
    state          TEXT NOT NULL,
    code           TEXT NOT NULL,
    currency       TEXT NOT NULL,
    minor          INTEGER NOT NULL,
    fee_limit      INTEGER NOT NULL,
    cents          INTEGER NOT NULL,
    total          INTEGER NOT NULL,
    pin            INTEGER NOT NULL,
    payee          BLOB NOT NULL,
    payment_hash   BLOB,
    subject        TEXT,
    key            TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    shown_at       INTEGER,
    probed_at      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    confirmed_at   INTEGER,
    submitting_at  INTEGER,
    settled_at     INTEGER,
    look_at        INTEGER,
    looks          INTEGER NOT NULL DEFAULT 0,
    resend_until   INTEGER,
    recalled_at    INTEGER,
    fee            INTEGER,
    error          TEXT,
    body           BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_intents_owner ON wallet_intents (owner, state, created_at);
CREATE INDEX wallet_intents_account ON wallet_intents (backend, account, confirmed_at);
CREATE INDEX wallet_intents_state ON wallet_intents (state, created_at);
CREATE INDEX wallet_intents_showing ON wallet_intents (showing);
CREATE INDEX wallet_intents_subject ON wallet_intents (subject) WHERE subject IS NOT NULL;
CREATE UNIQUE INDEX wallet_intents_hash ON wallet_intents (backend, account, payment_hash)
 WHERE payment_hash IS NOT NULL AND state IN ('confirmed', 'submitting', 'unknown', 'unresolved', 'paid');
CREATE TABLE wallet_settled (
    backend      TEXT NOT NULL,
    transaction_id BLOB NOT NULL,
    intent       TEXT NOT NULL UNIQUE,
    at           INTEGER NOT NULL,
    PRIMARY KEY (backend, transaction_id)
) WITHOUT ROWID;
CREATE TABLE wallet_holds (
    name  TEXT PRIMARY KEY,
    at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE wallet_escrows (
    id          TEXT PRIMARY KEY,
    backend     TEXT NOT NULL,
    sent_by     TEXT NOT NULL,
    phone       BLOB NOT NULL,
    code        BLOB,
    state       TEXT NOT NULL,
    currency    TEXT NOT NULL,
    minor       INTEGER NOT NULL,
    claimant    TEXT,
    payout      TEXT UNIQUE,
    refunded    INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_escrows_phone ON wallet_escrows (phone, state);
CREATE INDEX wallet_escrows_sent_by ON wallet_escrows (sent_by, created_at);
CREATE INDEX wallet_escrows_expiry ON wallet_escrows (state, expires_at);
CREATE TABLE wallet_escrow_ledger (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    escrow    TEXT NOT NULL,
    backend   TEXT NOT NULL,
    entry     TEXT NOT NULL,
    intent    TEXT NOT NULL UNIQUE,
    currency  TEXT NOT NULL,
    minor     INTEGER NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX wallet_escrow_ledger_escrow ON wallet_escrow_ledger (escrow);
CREATE TABLE wallet_requests (
    id          TEXT PRIMARY KEY,
    backend     TEXT NOT NULL,
    requester   TEXT NOT NULL,
    payer       TEXT NOT NULL,
    number      INTEGER NOT NULL,
    state       TEXT NOT NULL,
    currency    TEXT NOT NULL,
    minor       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_requests_payer ON wallet_requests (payer, state, created_at);
CREATE INDEX wallet_requests_requester ON wallet_requests (requester, payer, created_at);
CREATE UNIQUE INDEX wallet_requests_number ON wallet_requests (payer, number) WHERE state = 'open';
CREATE TABLE wallet_blocks (
    user_id  TEXT NOT NULL,
    blocked  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked)
) WITHOUT ROWID;
CREATE TABLE wallet_contacts (
    user_id  TEXT NOT NULL,
    name     BLOB NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
CREATE TABLE wallet_templates (
    user_id  TEXT NOT NULL,
    name     BLOB NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
CREATE TABLE wallet_payees (
    user_id  TEXT NOT NULL,
    payee    BLOB NOT NULL,
    wallet   BLOB NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (user_id, payee)
) WITHOUT ROWID;
CREATE TABLE wallet_notices (
    user_id        TEXT NOT NULL,
    transaction_id BLOB NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (user_id, transaction_id)
) WITHOUT ROWID;
CREATE INDEX wallet_notices_at ON wallet_notices (at);
CREATE TABLE wallet_watermarks (
    user_id   TEXT PRIMARY KEY,
    session   TEXT NOT NULL,
    since     INTEGER,
    newest    BLOB,
    looked_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX wallet_watermarks_looked ON wallet_watermarks (looked_at);
CREATE TABLE wallet_listings (
    user_id  TEXT PRIMARY KEY,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL
) WITHOUT ROWID;
"""
        },
    ),
)

SEALED = (
    SealedColumn("wallet_users", ("id",), "body"),
    SealedColumn("wallet_users", ("id",), "token", token_row),
    SealedColumn("wallet_guards", ("backend", "account"), "pin", guard_row),
    SealedColumn("wallet_intents", ("id",), "body"),
    SealedColumn("wallet_escrows", ("id",), "body"),
    SealedColumn("wallet_requests", ("id",), "body"),
    SealedColumn("wallet_contacts", ("user_id", "name"), "body"),
    SealedColumn("wallet_templates", ("user_id", "name"), "body"),
    SealedColumn("wallet_listings", ("user_id",), "body"),
)
