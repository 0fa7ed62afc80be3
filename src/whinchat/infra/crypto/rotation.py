"""What ties a database to its keys: the check at start, and renewing what is sealed after a new key."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Claim, Database, Job, Migration, Row, SealedColumn, Sealer, Statement, Value
from whinchat.infra.crypto.keyring import ID_SIZE, KeyRing
from whinchat.infra.crypto.sealer import FORMAT, HEADER, AesSealer

log = logging.getLogger(__name__)

BATCH = 200  # values that are renewed in one commit
WORD = b"whinchat"  # what the canary says

MIGRATIONS = (
    Migration(
        "sealing",
        1,
        "the key's mark",
        {
            "sqlite": """
                CREATE TABLE sealing (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    lookup BLOB NOT NULL,
                    canary BLOB NOT NULL
                )""",
        },
    ),
)


RESEAL = Job(kind="keys.reseal", key="all")
CANARY = SealedColumn("sealing", ("id",), "canary")


async def verify_key(database: Database, sealer: Sealer) -> None:
    """Mark a new database with the key, or see that the key is the one of its mark.

    Raises:
        StorageError: the database was sealed with other keys (`key_wrong`); nothing was changed.
    """
    mark = await database.fetch_one("SELECT lookup, canary FROM sealing WHERE id = 1")
    if mark is not None:
        check_key(sealer, mark)
        return
    args = {"lookup": sealer.digest("sealing", WORD), "canary": sealer.seal("sealing", "1", WORD)}
    insert = Statement("INSERT INTO sealing (id, lookup, canary) VALUES (1, :lookup, :canary)", args, rows=1)
    await database.commit(Batch((insert,), durable=True))


def check_key(sealer: Sealer, mark: Row) -> None:
    """Raises StorageError (code `key_wrong`). `mark` is (lookup, canary) of the table `sealing`."""
    lookup, canary = mark
    if isinstance(lookup, bytes) and isinstance(canary, bytes):
        try:
            if (
                hmac.compare_digest(sealer.digest("sealing", WORD), lookup)
                and sealer.open("sealing", "1", canary) == WORD
            ):
                return
        except StorageError:
            pass  # told below, in the words of the whole
    raise StorageError(
        "the database was sealed with other keys than those of the key file",
        hint="Put the right key file back, or name it in keys.path; `whinchat keys import FILE` reads an export. "
        "Nothing was deleted.",
        code="key_wrong",
    )


def key_ids_query(column: SealedColumn) -> str:
    """SQL that gives the key id in front of every value, once each."""
    start = f"substr({column.column}, {len(FORMAT) + 1}, {ID_SIZE})"
    return f"SELECT DISTINCT {start} FROM {column.table} WHERE length({column.column}) >= {HEADER}"  # noqa: S608


async def key_ids_in_use(database: Database, columns: Sequence[SealedColumn]) -> set[str]:
    found: set[str] = set()
    for column in (CANARY, *columns):
        found.update(
            start.hex() for (start,) in await database.fetch(key_ids_query(column)) if isinstance(start, bytes)
        )
    return found


async def reseal(
    database: Database,
    sealer: AesSealer,
    columns: Sequence[SealedColumn],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Seal everything again that is not under the newest key; the number of values renewed.

    Bounded batches in the order of the key columns; what is done stays done, so that it can be stopped and started
    again at any time. A value that changes meanwhile is left as it is: it was sealed by the newest key.
    `progress` is called with how many more are done.

    Raises:
        StorageError: a value does not open (`unsealable`); it is left as it is.
    """
    done = 0
    for column in (CANARY, *columns):
        async for rows in _pages(database, column):
            changes = [change for row in rows if (change := _renewed(sealer, column, row))]
            if changes:
                await database.commit(Batch(tuple(changes)))
                done += len(changes)
                if progress:
                    progress(len(changes))
    return done


async def _pages(database: Database, column: SealedColumn) -> AsyncIterator[list[Row]]:
    keys = ", ".join(column.key_columns)
    after = ", ".join(f":after_{key}" for key in column.key_columns)
    sql = f"SELECT {keys}, {column.column} FROM {column.table} WHERE length({column.column}) > 0"  # noqa: S608
    order = f" ORDER BY {keys} LIMIT {BATCH}"
    page = await database.fetch(sql + order)
    while page:
        yield page
        *last, _ = page[-1]
        bounds = {f"after_{key}": value for key, value in zip(column.key_columns, last, strict=True)}
        page = await database.fetch(f"{sql} AND ({keys}) > ({after}){order}", bounds)


def _renewed(sealer: AesSealer, column: SealedColumn, row: Row) -> Statement | None:
    *key, old = row
    if not isinstance(old, bytes) or sealer.is_newest(old):
        return None
    name = column.row(tuple(key))
    new = sealer.seal(column.table, name, sealer.open(column.table, name, old))
    same = " AND ".join(f"{each} = :key_{each}" for each in column.key_columns)
    args: dict[str, Value] = {f"key_{each}": value for each, value in zip(column.key_columns, key, strict=True)}
    sql = f"UPDATE {column.table} SET {column.column} = :new WHERE {same} AND {column.column} = :old"  # noqa: S608
    return Statement(sql, {**args, "new": new, "old": old})


class Reseal:
    """In the running service: takes up the keys that a rotation has put into the key file, and seals everything again.

    What is cut short goes on where it was: what is done is done.
    """

    kind = RESEAL.kind
    concurrency = 1

    def __init__(
        self, database: Database, sealer: AesSealer, columns: Sequence[SealedColumn], reread: Callable[[], KeyRing]
    ) -> None:
        """`reread`: the key file as it is now."""
        self._database = database
        self._sealer = sealer
        self._columns = columns
        self._reread = reread

    async def run(self, claim: Claim) -> Outcome:
        """Raises StorageError: the key file cannot be read or is another one's, or a value does not open."""
        self._sealer.renew(await asyncio.to_thread(self._reread))
        renewed = await reseal(self._database, self._sealer, self._columns)
        log.info("what is sealed was sealed again", extra={"count": renewed})
        return NOTHING
