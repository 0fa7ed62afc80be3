"""The SQL of the queue, in the common part of SQLite and PostgreSQL.

At most one job of a (kind, key) is in each state, which the unique index sees to: one waiting, one running (never two
at once), one dead (the newest). A job that is added while its like is running is therefore a waiting row beside it,
its *follow-up*, and is not claimed before the running one has ended.
"""

from __future__ import annotations

from functools import cache

ADD = """
    INSERT INTO jobs (kind, key, state, priority, since, due_at, attempt, max_attempts, cause, payload)
         VALUES (:kind, :key, 'waiting', :priority, :since, :due, 0, :max_attempts, :cause, :payload)
    ON CONFLICT (kind, key, state) DO UPDATE
            SET priority = CASE WHEN excluded.priority < jobs.priority THEN excluded.priority ELSE jobs.priority END,
                due_at = CASE WHEN jobs.attempt = 0 AND excluded.since < jobs.since THEN excluded.due_at
                              ELSE jobs.due_at END,
                since = CASE WHEN jobs.attempt = 0 AND excluded.since < jobs.since THEN excluded.since
                             ELSE jobs.since END
          WHERE excluded.priority < jobs.priority OR (jobs.attempt = 0 AND excluded.since < jobs.since)"""
"""What waits already changes only to be earlier or more urgent. A job that is backing off keeps its pause."""

COME_DUE = """
    UPDATE jobs SET due_at = NULL
     WHERE id IN (SELECT id FROM jobs WHERE state = 'waiting' AND due_at <= :now ORDER BY due_at LIMIT 500)"""

NEXT_DUE = "SELECT min(due_at) FROM jobs WHERE due_at > :after"

_READY_OF_KIND = """
    SELECT id, priority FROM (
        SELECT id, priority FROM (
            SELECT id, priority FROM jobs
             WHERE kind = :kind{n} AND state = 'waiting' AND due_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM jobs AS other
                                WHERE other.kind = jobs.kind AND other.key = jobs.key AND other.state = 'running')
             ORDER BY priority, id LIMIT :room{n}) AS ready{n}
         UNION ALL
        SELECT id, priority FROM jobs WHERE kind = :kind{n} AND state = 'running' AND due_at <= :now
         ORDER BY priority, id LIMIT :room{n}) AS kind{n}"""

_CLAIM = """
    UPDATE jobs SET state = 'running', since = :now, due_at = :expires, attempt = attempt + 1, token = :token
     WHERE id IN (SELECT id FROM ({candidates}) AS candidates ORDER BY priority, id LIMIT :at_most)
       AND state <> 'dead' AND (due_at IS NULL OR due_at <= :now)
 RETURNING id, kind, key, attempt, max_attempts, cause, priority, payload"""


@cache
def claim(kinds: int) -> str:
    """Leases what is ready, and what another worker lost. Takes :kind0, :room0 and so on.

    Each kind's candidates come from the index in their order; the last condition is the one that makes a single winner
    where two claim at the same time.
    """
    candidates = "\n     UNION ALL".join(_READY_OF_KIND.format(n=n) for n in range(kinds))
    return _CLAIM.format(candidates=candidates)


EXTEND = "UPDATE jobs SET due_at = :expires WHERE id = :id AND token = :token RETURNING id"

END_LEASES = "UPDATE jobs SET due_at = :now WHERE state = 'running' AND due_at > :now"

FINISH = "DELETE FROM jobs WHERE id = :id AND token = :token"

TAKE_OVER_FOLLOW_UP = """
    UPDATE jobs
       SET payload = COALESCE((SELECT payload FROM jobs AS follow
                                WHERE follow.kind = :kind AND follow.key = :key AND follow.state = 'waiting'), payload),
           priority = (SELECT min(priority) FROM jobs AS like_it
                        WHERE like_it.kind = :kind AND like_it.key = :key AND like_it.state <> 'dead')
     WHERE id = :id AND token = :token"""
"""Before a running job goes back to waiting: it becomes one with its follow-up, whose payload is the newer one."""

REMOVE_LIKE = "DELETE FROM jobs WHERE kind = :kind AND key = :key AND state = :state"

PUT_BACK = """
    UPDATE jobs SET state = 'waiting', since = :since, due_at = :due, attempt = :attempt, token = NULL, error = :error
     WHERE id = :id AND token = :token"""

BURY = """
    UPDATE jobs SET state = 'dead', since = :now, due_at = NULL, token = NULL, error = :error
     WHERE id = :id AND token = :token"""

DEAD = """
    SELECT id, kind, key, attempt, error, since, cause FROM jobs WHERE state = 'dead' ORDER BY since DESC, id DESC
     LIMIT :limit"""

DISCARD = "DELETE FROM jobs WHERE id = :id AND state = 'dead' RETURNING id"

DISCARD_IF_WAITING = """
    DELETE FROM jobs
     WHERE id = :id AND state = 'dead'
       AND EXISTS (SELECT 1 FROM jobs AS other
                    WHERE other.kind = jobs.kind AND other.key = jobs.key AND other.state = 'waiting')
 RETURNING id"""

REVIVE = """
    UPDATE jobs SET state = 'waiting', since = :now, due_at = NULL, attempt = 0
     WHERE id = :id AND state = 'dead'
 RETURNING id"""

FORGET = "DELETE FROM jobs WHERE state = 'dead' AND since < :before"

DEPTHS = "SELECT kind, state, count(*) FROM jobs GROUP BY kind, state"

OLDEST = "SELECT min(since) FROM jobs WHERE state = 'waiting' AND due_at IS NULL"
