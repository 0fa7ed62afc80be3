"""What the table does beyond the port's contract, which `tests/contract/queue` checks."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from tests.support.queue import LEASE, WORK, job, put

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Job, JobState, Statement, Value
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.queue import statements as sql
from whinchat.infra.queue.migrations import SEALED
from whinchat.infra.queue.sql import DeadJob, SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer


async def take(queue: SqlQueue) -> Claim:
    claim = await queue.claim([WORK])
    assert claim is not None
    return claim


async def die(database: MemoryDatabase, queue: SqlQueue, key: str, error: str = "no_answer") -> DeadJob:
    await put(database, queue, Job(kind=WORK, key=key, max_attempts=1, cause=42, payload=b"kept"))
    assert await queue.fail(await take(queue), error) is JobState.DEAD
    return (await queue.dead(1))[0]


# --- backoff -----------------------------------------------------------------------------------------------------


async def test_pauses_grow_twofold_with_full_jitter_up_to_the_longest(
    database: MemoryDatabase, queue: SqlQueue, clock: FakeClock
) -> None:
    longest = dict.fromkeys(range(1, 9), 0.0)
    for n in range(30):
        await put(database, queue, Job(kind=WORK, key=f"job-{n}", max_attempts=9))
        for attempt in longest:
            await queue.fail(await take(queue), "no")
            pause = (await _due(database) - clock.now()) / 1000
            longest[attempt] = max(longest[attempt], pause)
            clock.move(pause)
        await database.commit(Batch((queue.finish(await take(queue)),)))
    for attempt, pause in longest.items():
        bound = min(60, 2 * 2 ** (attempt - 1))
        assert bound / 2 < pause <= bound


async def _due(database: MemoryDatabase) -> int:
    ((due,),) = await database.fetch("SELECT due_at FROM jobs")
    assert isinstance(due, int)
    return due


# --- dead jobs ---------------------------------------------------------------------------------------------------


async def test_dead_jobs_are_listed_latest_first(database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> None:
    await die(database, queue, "first", "limited")
    clock.move(60)
    await die(database, queue, "second")
    second, first = await queue.dead(10)
    assert (second.key, second.error, second.died_at) == ("second", "no_answer", clock.now())
    assert (first.kind, first.key, first.error, first.attempts, first.cause) == (WORK, "first", "limited", 1, 42)
    assert await queue.dead(1) == [second]


async def test_of_each_key_the_latest_dead_job_is_kept(database: MemoryDatabase, queue: SqlQueue) -> None:
    await die(database, queue, "one", "first")
    await die(database, queue, "one", "second")
    assert [dead.error for dead in await queue.dead(10)] == ["second"]


async def test_a_revived_job_has_all_its_attempts_again(database: MemoryDatabase, queue: SqlQueue) -> None:
    dead = await die(database, queue, "one")
    assert await queue.revive(dead.id)
    claim = await take(queue)
    assert (claim.key, claim.attempt, claim.payload, claim.cause) == ("one", 1, b"kept", 42)
    assert await queue.dead(10) == []
    assert not await queue.revive(dead.id)


async def test_a_revived_job_becomes_one_with_its_like_that_waits(database: MemoryDatabase, queue: SqlQueue) -> None:
    dead = await die(database, queue, "one")
    await put(database, queue, job("one", payload=b"newer"))
    assert await queue.revive(dead.id)
    assert (await take(queue)).payload == b"newer"
    assert await queue.claim([WORK]) is None


async def test_a_revived_job_waits_for_its_like_that_runs(database: MemoryDatabase, queue: SqlQueue) -> None:
    dead = await die(database, queue, "one")
    await put(database, queue, job("one"))
    running = await take(queue)
    assert await queue.revive(dead.id)
    assert await queue.claim([WORK]) is None
    await database.commit(Batch((queue.finish(running),)))
    assert (await take(queue)).payload == b"kept"


async def test_only_dead_jobs_can_be_revived_or_discarded(database: MemoryDatabase, queue: SqlQueue) -> None:
    await put(database, queue, job())
    claim = await take(queue)
    assert not await queue.revive(claim.id)
    assert not await queue.discard(claim.id)
    await database.commit(Batch((queue.finish(claim),)))


async def test_a_discarded_job_is_gone(database: MemoryDatabase, queue: SqlQueue) -> None:
    dead = await die(database, queue, "one")
    assert await queue.discard(dead.id)
    assert not await queue.discard(dead.id)
    assert await queue.depths() == {}


async def test_what_died_long_ago_can_be_forgotten(database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> None:
    await die(database, queue, "old")
    clock.move(60)
    await die(database, queue, "new")
    await database.commit(Batch((queue.forget(clock.now()),)))
    assert [dead.key for dead in await queue.dead(10)] == ["new"]


async def test_after_a_restart_what_the_dead_process_held_is_there_at_once(
    database: MemoryDatabase, queue: SqlQueue
) -> None:
    await put(database, queue, job("held"), job("waits", delay=5))
    await take(queue)
    await queue.end_leases()
    claims = await queue.claim_many({WORK: 9}, 9)
    assert [(claim.key, claim.attempt) for claim in claims] == [("held", 2)]


# --- numbers -----------------------------------------------------------------------------------------------------


async def test_depths_count_by_kind_and_state(database: MemoryDatabase, queue: SqlQueue) -> None:
    await die(database, queue, "dead")
    await put(database, queue, job("a"), job("b", delay=5), job("c"), job("d", "test.other"))
    await take(queue)
    assert await queue.depths() == {
        (WORK, JobState.DEAD): 1,
        (WORK, JobState.WAITING): 2,
        (WORK, JobState.RUNNING): 1,
        ("test.other", JobState.WAITING): 1,
    }


async def test_the_oldest_is_the_one_that_could_have_run_for_longest(
    database: MemoryDatabase, queue: SqlQueue, clock: FakeClock
) -> None:
    assert await queue.oldest_waiting() == 0
    await put(database, queue, job("delayed", delay=100))
    clock.move(50)
    assert await queue.oldest_waiting() == 0
    await put(database, queue, job("waits"))
    clock.move(20)
    assert await queue.oldest_waiting() == 20
    await database.commit(Batch((queue.finish(await take(queue)),)))
    clock.move(70)
    assert await queue.claim(["test.other"]) is None  # any claim sees what has come due
    assert await queue.oldest_waiting() == 40


# --- sealing -----------------------------------------------------------------------------------------------------


async def test_payloads_are_sealed_and_bound_to_their_job(database: MemoryDatabase, clock: FakeClock) -> None:
    queue = SqlQueue(database, AesSealer(KeyRing.new(clock.now())), clock, random.Random(7))
    await put(database, queue, job("one", payload=b"the text of a message"), job("two", payload=b"another text"))
    rows = await database.fetch("SELECT payload FROM jobs ORDER BY id")
    assert all(b"text" not in value for row in rows for value in row if isinstance(value, bytes))
    await database.commit(
        Batch((Statement("UPDATE jobs SET payload = :stolen WHERE key = 'two'", {"stolen": rows[0][0]}),))
    )
    claims = await queue.claim_many({WORK: 9}, 9)
    assert [claim.payload for claim in claims] == [b"the text of a message"]


async def test_a_job_that_cannot_be_opened_is_put_aside_and_the_others_run(
    database: MemoryDatabase, queue: SqlQueue
) -> None:
    await put(database, queue, job("damaged"), job("fine"))
    await database.commit(Batch((Statement("UPDATE jobs SET payload = x'00' WHERE key = 'damaged'", {}),)))
    assert [claim.key for claim in await queue.claim_many({WORK: 9}, 9)] == ["fine"]
    assert [(dead.key, dead.error) for dead in await queue.dead(9)] == [("damaged", "unsealable")]


async def test_key_rotation_is_told_how_payloads_are_bound(database: MemoryDatabase, queue: SqlQueue) -> None:
    await put(database, queue, job("one", payload=b"again"))
    (column,) = SEALED
    keys = ", ".join(column.key_columns)
    ((*key, sealed),) = await database.fetch(f"SELECT {keys}, {column.column} FROM {column.table}")
    assert isinstance(sealed, bytes)
    assert PlainSealer().open(column.table, column.row(tuple(key)), sealed) == b"again"


# --- the statements ----------------------------------------------------------------------------------------------


async def plan(database: MemoryDatabase, statement: str, args: Mapping[str, Value]) -> list[str]:
    return [str(row[3]) for row in await database.fetch(f"EXPLAIN QUERY PLAN {statement}", args)]


@pytest.mark.parametrize(
    ("statement", "args"),
    [
        (
            sql.claim(2),
            {
                "now": 0,
                "expires": 0,
                "token": 0,
                "at_most": 1,
                "kind0": "a",
                "room0": 1,
                "kind1": "b",
                "room1": 1,
            },
        ),
        (sql.COME_DUE, {"now": 0}),
        (sql.NEXT_DUE, {"after": 0}),
        (sql.FINISH, {"id": 1, "token": 1}),
        (sql.EXTEND, {"id": 1, "token": 1, "expires": 1}),
        (sql.TAKE_OVER_FOLLOW_UP, {"id": 1, "token": 1, "kind": "a", "key": "b"}),
        (sql.REMOVE_LIKE, {"kind": "a", "key": "b", "state": "waiting"}),
    ],
)
async def test_no_statement_reads_the_whole_table(
    database: MemoryDatabase, statement: str, args: dict[str, Value]
) -> None:
    steps = await plan(database, statement, args)
    assert steps
    assert not [step for step in steps if step.startswith(("SCAN jobs", "SCAN other", "SCAN follow"))]


async def test_ready_jobs_are_found_in_their_order_without_sorting_them(database: MemoryDatabase) -> None:
    args: dict[str, Value] = {"now": 0, "expires": 0, "token": 0, "at_most": 1, "kind0": "a", "room0": 1}
    assert any("jobs_ready (kind=?)" in step for step in await plan(database, sql.claim(1), args))


async def test_a_job_claimed_at_the_same_moment_has_one_winner(
    database: MemoryDatabase, queue: SqlQueue, clock: FakeClock
) -> None:
    """Where two claims overlap, the second comes to its UPDATE with a candidate that is taken meanwhile."""
    await put(database, queue, job())
    claim = await take(queue)
    guard = sql.claim(1).split("LIMIT :at_most)", 1)[1].split("RETURNING", maxsplit=1)[0]
    assert await database.fetch(f"SELECT id FROM jobs WHERE id = {claim.id} {guard}", {"now": clock.now()}) == []
    clock.move(LEASE)
    assert await database.fetch(f"SELECT id FROM jobs WHERE id = {claim.id} {guard}", {"now": clock.now()})


async def test_two_of_a_key_can_never_run_at_once_whatever_the_code_does(
    database: MemoryDatabase, queue: SqlQueue
) -> None:
    await put(database, queue, job())
    await take(queue)
    await put(database, queue, job())
    with pytest.raises(Conflict):
        await database.commit(Batch((Statement("UPDATE jobs SET state = 'running'", {}),)))
