"""The little that linked accounts remember besides their sessions."""

from __future__ import annotations

from whinchat.core.ports import Migration

MIGRATIONS = (
    Migration(
        "linked",
        1,
        "accounts and who wrote to them",
        {
            "sqlite": """
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
"""
        },
    ),
)
