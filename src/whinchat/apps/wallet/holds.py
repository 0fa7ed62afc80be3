"""Holds: while one is on, no money moves. The statements that confirm and submit look at them (`transitions`)."""

from __future__ import annotations

from whinchat.core.ports import Database, Statement

LOCKDOWN = "lockdown"
"""Put on by an admin."""
RESTORED = "restored"
"""Put on by restoring a backup, until what was paid since is known (`restore`). Its time is the backup's."""
PAYOUTS = "payouts"
"""Put on when the books of custody do not add up. Stops what is paid from there, and nothing else."""


class Holds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, name: str) -> int | None:
        """When it was put on, milliseconds UTC; None while it is not."""
        row = await self._database.fetch_one("SELECT at FROM wallet_holds WHERE name = :name", {"name": name})
        return None if row is None else int(row[0] or 0)

    async def on(self) -> list[str]:
        """Names of those that are on."""
        rows = await self._database.fetch("SELECT name FROM wallet_holds ORDER BY name", {})
        return [str(name) for (name,) in rows]

    async def any(self, *, payouts: bool = False) -> bool:
        """Whether money is held; `payouts`: what is paid from custody."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM wallet_holds WHERE name <> 'payouts' OR :payouts LIMIT 1", {"payouts": payouts}
        )
        return row is not None


def put_on(name: str, now: int) -> Statement:
    """It stays as it is where it is on."""
    return Statement(
        "INSERT INTO wallet_holds (name, at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING",
        {"name": name, "now": now},
    )


def lift(name: str) -> Statement:
    return Statement("DELETE FROM wallet_holds WHERE name = :name", {"name": name})
