"""Policies in their table."""

from __future__ import annotations

import pytest

from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import BY_NAME, DEFAULT
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement
from whinchat.testing.database import MemoryDatabase

CHAT = b"chat"


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase(MIGRATIONS)


async def test_a_chat_has_the_default_until_it_says_otherwise(database: MemoryDatabase) -> None:
    policies = Policies(database)
    assert await policies.of(CHAT) == DEFAULT
    changed = BY_NAME["strikes"].set(DEFAULT, "5")
    await database.commit(Batch((policies.keep(CHAT, changed, await policies.stored(CHAT)),)))
    assert await policies.of(CHAT) == changed
    assert await policies.of(b"other") == DEFAULT


async def test_of_two_changes_at_once_none_is_lost(database: MemoryDatabase) -> None:
    policies = Policies(database)
    for _ in range(2):  # the first change of all, and one that comes later
        seen = await policies.stored(CHAT)
        first = policies.keep(CHAT, BY_NAME["strikes"].set(seen.policy, "5"), seen)
        second = policies.keep(CHAT, BY_NAME["dry_run"].set(seen.policy, "on"), seen)
        await database.commit(Batch((first,)))
        with pytest.raises(Conflict):
            await database.commit(Batch((second,)))
    assert (await policies.of(CHAT)).strikes == 5
    assert not (await policies.of(CHAT)).dry_run


async def test_a_change_to_what_was_forgotten_meanwhile_is_made_anew(database: MemoryDatabase) -> None:
    policies = Policies(database)
    await database.commit(Batch((policies.keep(CHAT, DEFAULT, await policies.stored(CHAT)),)))
    seen = await policies.stored(CHAT)
    await database.commit(Batch((Statement("DELETE FROM scanner_policies", {}),)))
    with pytest.raises(Conflict):
        await database.commit(Batch((policies.keep(CHAT, DEFAULT, seen),)))
