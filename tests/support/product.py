"""The whole product in this process, over a network that a test has made: scanner, wallet, a bank beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.running import UNHURRIED
from tests.support.wallet.desk import Process, sandbox_process
from tests.support.wallet.street import wallet

from whinchat.bootstrap import APPS, build
from whinchat.config import load
from whinchat.core.ports import Transport
from whinchat.service import Service

PHONES = {"ana": "+999100000001", "bob": "+999100000002"}
"""They have accounts with money at the bank."""
PATIENCE = 30.0  # seconds


class Product:
    def __init__(self, service: Service, bank: Process) -> None:
        self.service = service
        self.bank = bank

    def transport(self, account: str) -> Transport:
        return next(each for each in self.service.transports if each.account == account)

    async def code(self, name: str) -> str:
        """The newest that the bank has sent to somebody."""
        async with asyncio.timeout(PATIENCE):
            while True:
                messages = await asyncio.to_thread(lambda: self.bank.state()["messages"])
                found = [str(each["code"]) for each in messages if each["phone"] == PHONES[name]]
                if found:
                    return found[0]
                await asyncio.sleep(0.05)

    async def dollars(self, name: str) -> float:
        """What somebody has at the bank."""
        accounts = (await asyncio.to_thread(self.bank.state))["accounts"]
        (account,) = [each for each in accounts if each["phone"] == PHONES[name]]
        (found,) = [each for each in account["wallets"] if each["currency"] == "USD"]
        return float(found["balance"])


@asynccontextmanager
async def product(
    folder: Path, environment: Mapping[str, str], *, file: Path | None = None, trust: tuple[str, ...] = ()
) -> AsyncIterator[Product]:
    """`environment` and `file`: the settings of the network; the rest is set here."""
    with sandbox_process("--accounts", "demo", folder=folder) as bank:
        settings = load(
            file,
            {
                "WHINCHAT_STORAGE__DATA": str(folder / "data"),
                "WHINCHAT_KEYS__PATH": str(folder / "root.key"),
                "WHINCHAT_PRIVATE__PORT": "0",
                "WHINCHAT_SERVICE__OFFLINE": "true",
                **UNHURRIED,
                **wallet(bank),
                **environment,
            },
            {app.name: app.settings for app in APPS},
        )
        service = await build(settings, mixed=True, trust=trust)
        try:
            await service.start()
            yield Product(service, bank)
        finally:
            await service.stop()
