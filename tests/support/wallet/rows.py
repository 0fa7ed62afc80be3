"""Rows as other parts of the wallet would write them."""

from __future__ import annotations

import msgspec

from whinchat.testing.harness import BotHarness


async def intent(bot: BotHarness, owner: str, state: str, name: str = "") -> None:
    """A payment of somebody's in some state, called so or after it."""
    table = await bot.database.fetch("PRAGMA table_info(wallet_intents)")
    needed = {str(column): 0 if kind == "INTEGER" else "x" for _, column, kind, required, *_ in table if required}
    values = {**needed, "id": name or state, "owner": owner, "state": state}
    names = list(values)
    await bot.database.fetch(f"INSERT INTO wallet_intents ({', '.join(names)}) VALUES (:{', :'.join(names)})", values)


async def states(bot: BotHarness) -> dict[str, str]:
    """Of all payments, by their names."""
    rows = await bot.database.fetch("SELECT id, state FROM wallet_intents")
    return dict(msgspec.convert(row, tuple[str, str]) for row in rows)


async def tables(bot: BotHarness) -> list[str]:
    rows = await bot.database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [msgspec.convert(row, tuple[str])[0] for row in rows]
