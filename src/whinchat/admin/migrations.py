"""Who may see the pages: links that sign in once, and sessions. Tokens stand here as keyed hashes only."""

from __future__ import annotations

from whinchat.core.ports import Migration, SealedColumn, Statement

MIGRATIONS = (
    Migration(
        "admin",
        1,
        "sign-in links, sessions",
        {
            "sqlite": """
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
"""
        },
    ),
)

SEALED = (SealedColumn("admin_sessions", ("token",), "device"),)

AFTER_RESTORE = (Statement("DELETE FROM admin_links", {}), Statement("DELETE FROM admin_sessions", {}))
"""A backup may hold sessions that were ended since."""
