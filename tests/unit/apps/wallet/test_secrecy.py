"""Codes, tokens, PINs, numbers and names of people: nowhere but sealed, and nowhere in what operators see."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from tests.support.wallet.door import House, tell

from whinchat.apps.wallet.backend import BackendError
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.testing import harness
from whinchat.testing.harness import BotHarness

PHONES = {"ana": "+15557654321", "bob": "+15559876543"}
LIDS = {"ana": "447788990", "bob": "665544332", "eve": "112233445"}
RIGHT, WRONG, PIN = "123456", "918273", "73920"
SECRETS = (
    *(phone[1:] for phone in PHONES.values()),
    *LIDS.values(),
    *(RIGHT, WRONG, PIN),
    *("token-1", "token-2", "anabanana", "ana@d", "bob@d"),
)


RING = KeyRing.new(0)


def said(bot: BotHarness, person: str) -> Callable[[str], Awaitable[list[str]]]:
    """What somebody says, whom the network knows by three names."""
    return partial(tell, bot, person, lid=LIDS[person], phone=PHONES[person])


async def busy(bot: BotHarness, house: House) -> None:
    """Everything that can be said, right and wrong."""
    ana, bob = said(bot, "ana"), said(bot, "bob")
    for words in ("link", f"verify {WRONG}", f"verify {RIGHT} please", f"verify {RIGHT}", "balance", "settings"):
        await ana(f"!wallet {words}")
    for words in (f"pin {PIN}", "limits 20", "limits 30", "username anabanana", "currency JMD", "start"):
        await ana(f"!wallet {words}")
    await ana("!wallet pin off")
    await ana(WRONG)
    house.door.fail_next("send_code", BackendError("no", code="rate_limited"))
    await bob("!wallet link")
    await bob("!wallet link")
    await bot.clock.advance(600)
    await bot.settle()
    house.door.fail_next("login", BackendError("no", code="rate_limited"))
    await bob(f"!wallet verify {RIGHT}")
    await bob(f"!wallet verify {RIGHT}")
    house.door.fail_next("logout", BackendError("no", code="rejected"))
    await bob("!wallet unlink")
    await tell(bot, "eve", "!wallet start", phone=PHONES["ana"], lid=LIDS["eve"])


async def life(folder: Path) -> BotHarness:
    """A bot after a busy time."""
    house = House()
    for name in ("ana", "bob"):
        house.door.resident(name, PHONES[name])
    bot = BotHarness((house.spec,), folder)
    await bot.start()
    await busy(bot, house)
    await bot.stop()
    assert len(house.door.opened) == 2
    return bot


async def test_nothing_personal_is_in_logs_metrics_or_in_the_clear_on_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed as by the service."""
    monkeypatch.setattr(harness, "PlainSealer", lambda: AesSealer(RING))
    caplog.set_level(logging.DEBUG)
    bot = await life(tmp_path)
    disk = bot.database._connection.serialize()
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    measured = repr(vars(bot.metrics))
    for secret in SECRETS:
        assert secret.encode() not in disk, secret
        assert secret not in logged, secret
        assert secret not in measured, secret


async def test_the_search_would_find_it(tmp_path: Path) -> None:
    """With a seal that only marks what it seals."""
    bot = await life(tmp_path)
    disk = bot.database._connection.serialize()
    assert all(PHONES[name].encode() in disk for name in ("ana", "bob"))
