"""The tables of the queue.

`jobs.due_at` is the time at which a row needs attention without anybody telling: a delayed job comes due, a running one
loses its lease. Jobs that are ready have none, so finding them never passes by those that are not.
`jobs.since` is when the row came, or a delayed one comes, into its state.
"""

from __future__ import annotations

from whinchat.core.ports import Migration, Row, SealedColumn

MIGRATIONS = (
    Migration(
        "queue",
        1,
        "jobs, schedules",
        {
            "sqlite": """
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
"""
        },
    ),
)


def payload_row(key: Row) -> str:
    """What a sealed payload is bound to: known before the row has an id, and the same for a job and its follow-up."""
    return "\n".join(map(str, key[:2]))


SEALED = (SealedColumn("jobs", ("kind", "key", "state"), "payload", payload_row),)
