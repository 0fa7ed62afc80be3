"""The whole product in this process, over a network that a test has made: scanner, wallet, a bank beside it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.graph.graph import SECRET, TOKEN, VERIFY_TOKEN, Graph
from tests.support.linked.accounts import link, trusting
from tests.support.running import UNHURRIED
from tests.support.wallet.desk import Process, sandbox_process
from tests.support.wallet.street import wallet
from tests.support.whatsapp.server import WhatsApp

from whinchat.bootstrap import APPS, build
from whinchat.config import load
from whinchat.core.ports import Transport
from whinchat.service import Service
from whinchat.transports.linked.transport import LinkedTransport

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


@asynccontextmanager
async def linked_product(
    folder: Path, whatsapp: WhatsApp, *accounts: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Product]:
    """Linked by their codes, as a person does it. `settings`: further ones, as variables of the environment."""
    environment = {
        "WHINCHAT_TRANSPORT__KIND": "whatsapp",
        "WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": ",".join(accounts),
        "WHINCHAT_TRANSPORT__LINKED__PROXY": whatsapp.proxy_url,
        "WHINCHAT_TRANSPORT__LINKED__PER_MINUTE": "600",
        "WHINCHAT_TRANSPORT__LINKED__TYPING": "false",
        **(settings or {}),
    }
    with trusting(whatsapp):
        async with product(folder, environment, trust=whatsapp.prepare) as made:
            for account in accounts:
                transport = made.transport(account)
                assert isinstance(transport, LinkedTransport)
                await link(transport, whatsapp)
            yield made


@asynccontextmanager
async def cloud_product(folder: Path, graph: Graph) -> AsyncIterator[Product]:
    """One number, whose webhook Graph calls."""
    async with product(folder, {}, file=cloud_settings(folder, graph)) as made:
        yield made


def cloud_settings(folder: Path, graph: Graph) -> Path:
    """A file of settings for one number, whose webhook Graph calls."""
    for name, value in (("token", TOKEN), ("secret", SECRET), ("verify", VERIFY_TOKEN)):
        (folder / name).write_text(value)
        (folder / name).chmod(0o600)
    port = _free_port()
    file = folder / "whinchat.toml"
    file.write_text(f"""
[public]
port = {port}
[transport]
kind = "whatsapp"
[transport.cloud]
api = "{graph.url}"
[[transport.cloud.numbers]]
name = "shop"
phone_number_id = "{graph.number.id}"
business_account_id = "{graph.number.business}"
token_file = "{folder / "token"}"
app_secret_file = "{folder / "secret"}"
verify_token_file = "{folder / "verify"}"
""")
    graph.webhooks.callback = f"http://127.0.0.1:{port}/whatsapp"
    return file


def _free_port() -> int:
    """One that nothing listens on now; Graph has to be told of it before the service is there."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number: int = found.getsockname()[1]
        return number
