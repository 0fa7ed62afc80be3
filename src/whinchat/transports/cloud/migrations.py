"""The tables of this transport."""

from __future__ import annotations

from whinchat.core.ports import Migration

MIGRATIONS = (
    Migration(
        "cloud",
        1,
        "service windows",
        {
            "sqlite": """
CREATE TABLE cloud_windows (
    chat       BLOB PRIMARY KEY,
    opened_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX cloud_windows_opened ON cloud_windows (opened_at);
"""
        },
    ),
)
