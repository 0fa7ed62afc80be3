-- sealing 1 06e686fbe3e1: the key's mark
-- core 1 d8764bdd4b03: inbox, outbox, steps, chats, conversations
-- core 2 37a042895a8e: audit
-- core 3 3c7357272846: what a message to send is about
-- core 4 c91c60b35882: whom to tell that a message was sent
-- core 5 46663605b437: what a person's own chat was first known by
-- queue 1 f0864236fb90: jobs, schedules
-- admin 1 cf0ad5977680: sign-in links, sessions
-- linked 1 33852461bd33: accounts and who wrote to them
-- cloud 1 8aacedd10f18: service windows
-- scanner 1 9448897a50bd: chats, rules, verdicts, sightings
-- scanner 2 153c61057a2e: sites that chats know
-- scanner 3 366911a9b219: labels
-- scanner 4 f1097525aff8: where links lead
-- scanner 5 72033f2ab44d: policies, strikes, members, notices, locks
-- scanner 6 c19239cee606: answers of sources, and what was spent of their quotas
-- scanner 7 f56cc5963991: privacy of chats
-- scanner 8 843208905400: links handed to sources that examine them
-- wallet 1 ded069168922: accounts, intents, escrow, requests, contacts

CREATE TABLE sealing (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    lookup BLOB NOT NULL,
                    canary BLOB NOT NULL
                );

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
, subject TEXT, replaces INTEGER NOT NULL DEFAULT 0, sent_id BLOB, editable_until INTEGER, receipt TEXT);

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

CREATE INDEX outbox_subject ON outbox (chat, subject, id) WHERE subject IS NOT NULL;

CREATE INDEX outbox_editable ON outbox (editable_until) WHERE editable_until IS NOT NULL;

CREATE TABLE first_ids (
    person  BLOB PRIMARY KEY,
    first   BLOB
) WITHOUT ROWID;

CREATE TABLE jobs (
    id            INTEGER PRIMARY KEY,
    kind          TEXT NOT NULL,
    key           TEXT NOT NULL,
    state         TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    since         INTEGER NOT NULL,
    due_at        INTEGER,
    attempt       INTEGER NOT NULL,
    max_attempts  INTEGER NOT NULL,
    token         INTEGER,
    cause         INTEGER,
    error         TEXT,
    payload       BLOB NOT NULL,
    UNIQUE (kind, key, state)
);

CREATE INDEX jobs_ready ON jobs (kind, priority, id) WHERE state = 'waiting' AND due_at IS NULL;

CREATE INDEX jobs_due ON jobs (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE schedules (
    name      TEXT PRIMARY KEY,
    fired_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE admin_links (
    token       BLOB PRIMARY KEY,
    expires_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE admin_sessions (
    token       BLOB PRIMARY KEY,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    device      BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE linked_accounts (
    account           TEXT PRIMARY KEY,
    linked_at         INTEGER,
    restricted_until  INTEGER NOT NULL DEFAULT 0,
    banned_until      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE linked_contacts (
    account  TEXT NOT NULL,
    person   BLOB NOT NULL,
    seen_on  INTEGER NOT NULL,
    PRIMARY KEY (account, person)
) WITHOUT ROWID;

CREATE TABLE cloud_windows (
    chat       BLOB PRIMARY KEY,
    opened_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX cloud_windows_opened ON cloud_windows (opened_at);

CREATE TABLE scanner_chats (
    chat         BLOB PRIMARY KEY,
    consent_at   INTEGER,
    consent_by   BLOB,
    muted_until  INTEGER NOT NULL DEFAULT 0
, privacy TEXT) WITHOUT ROWID;

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

CREATE TABLE scanner_expansions (
    url         BLOB PRIMARY KEY,
    expires_at  INTEGER NOT NULL,
    body        BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX scanner_expansions_expiry ON scanner_expansions (expires_at);

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
