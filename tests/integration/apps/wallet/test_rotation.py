"""New keys while people link and use their accounts: all that is sealed opens, and other keys open nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from whinchat.apps.wallet.guards import Guard, Guards
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.users import Profile, Users
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Statement, Value
from whinchat.core.secret import Secret
from whinchat.core.types import ChatKind, ChatRef
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.rotation import MIGRATIONS as ROTATION
from whinchat.infra.crypto.rotation import key_ids_in_use, reseal, verify_key
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase

RING = KeyRing.new(0)
OLD, NEW = AesSealer(RING), AesSealer(RING.with_new_key(1))
PEOPLE = 700
MINE = tuple(column for column in SEALED if column.table in {"wallet_users", "wallet_guards"})


def profile(number: int, currency: str = "") -> Profile:
    return Profile(f"+1555{number:07}", ChatRef(f"{number}@d", ChatKind.DIRECT), "fake", currency)


async def settle(database: SqliteDatabase, users: Users, guards: Guards, number: int) -> None:
    """Somebody links, and sets a PIN."""
    user_id, account = f"u{number}", users.account_key(f"account {number}")
    await database.commit(Batch((users.add(user_id, profile(number), 1),)))
    user = await users.get(user_id)
    assert user is not None
    began = users.began(user, f"s{number}", Secret(f"token {number}"), account, "USD", 2)
    await database.commit(Batch((began, guards.keep(account, Guard(pin=f"hash {number}")))))


def change(values: str, **args: Value) -> Batch:
    """To the first of two people."""
    return Batch((Statement(f"UPDATE wallet_users SET {values} WHERE id = 'u1'", args),))


async def check(users: Users, guards: Guards, number: int) -> None:
    user = await users.get(f"u{number}")
    assert user is not None
    assert user.session is not None
    assert user.profile.phone == f"+1555{number:07}"
    assert user.session.token.reveal() == f"token {number}"
    assert (await guards.of(user.session.account)).pin == f"hash {number}"


async def test_keys_are_rotated_while_people_use_the_wallet(tmp_path: Path) -> None:
    path = tmp_path / "wallet.db"
    migrate(path, (*ROTATION, *MIGRATIONS), None, SystemClock())
    async with SqliteDatabase(path) as database:
        await verify_key(database, OLD)
        users, guards = Users(database, OLD, "sandbox"), Guards(database, OLD, "sandbox")
        for number in range(PEOPLE):
            await settle(database, users, guards, number)

        users, guards = Users(database, NEW, "sandbox"), Guards(database, NEW, "sandbox")

        async def traffic() -> None:
            for number in range(0, PEOPLE, 7):
                await check(users, guards, number)
                used = users.used(f"u{number}", f"s{number}", 3, profile(number, "JMD"))
                await database.commit(Batch((used,)))
            for number in range(PEOPLE, PEOPLE + 50):
                await settle(database, users, guards, number)

        renewed, _ = await asyncio.gather(reseal(database, NEW, MINE), traffic())
        renewed += await reseal(database, NEW, MINE)
        assert renewed > 2 * PEOPLE
        assert await key_ids_in_use(database, MINE) == {NEW.ring.newest.id}
        only = AesSealer(NEW.ring.without({RING.newest.id}))
        users, guards = Users(database, only, "sandbox"), Guards(database, only, "sandbox")
        for number in range(PEOPLE + 50):
            await check(users, guards, number)
        seventh = await users.get("u7")
        assert seventh is not None
        assert seventh.profile.currency == "JMD"


async def test_another_key_opens_nothing_and_deletes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wallet.db"
    migrate(path, (*ROTATION, *MIGRATIONS), None, SystemClock())
    async with SqliteDatabase(path) as database:
        await verify_key(database, OLD)
        await settle(database, Users(database, OLD, "sandbox"), Guards(database, OLD, "sandbox"), 1)
        stranger = AesSealer(KeyRing.new(0))
        with pytest.raises(StorageError):
            await verify_key(database, stranger)
        with pytest.raises(StorageError):
            await Users(database, stranger, "sandbox").get("u1")
        await check(Users(database, OLD, "sandbox"), Guards(database, OLD, "sandbox"), 1)


async def test_a_token_cannot_be_passed_off_as_something_else(tmp_path: Path) -> None:
    """Sealed values open only where they were sealed: not in another row, and not in another column."""
    path = tmp_path / "wallet.db"
    migrate(path, (*ROTATION, *MIGRATIONS), None, SystemClock())
    async with SqliteDatabase(path) as database:
        users, guards = Users(database, OLD, "sandbox"), Guards(database, OLD, "sandbox")
        for number in (1, 2):
            await settle(database, users, guards, number)
        for theft in ("token = (SELECT token FROM wallet_users WHERE id = 'u2')", "token = body", "body = token"):
            before = await database.fetch_one("SELECT body, token FROM wallet_users WHERE id = 'u1'")
            assert before is not None
            await database.commit(change(theft))
            with pytest.raises(StorageError):
                await users.get("u1")
            await database.commit(change("body = :body, token = :token", body=before[0], token=before[1]))
        await check(users, guards, 1)
