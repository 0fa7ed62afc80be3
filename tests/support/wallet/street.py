"""A world, a service and a bank in processes of their own: people with phones, some of them with accounts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.live import Service, World, until, world_process
from tests.support.running import UNHURRIED, Running
from tests.support.wallet.desk import Process, sandbox_process

PHONES = {
    "Ana": "+999100000001",
    "Bob": "+999100000002",
    "Dewi": "+999100000004",
}
"""Ana and Bob have accounts with money, Dewi has none."""

WAITING = """
    SELECT (SELECT count(*) FROM events WHERE state = 'waiting'),
           (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')),
           (SELECT count(*) FROM jobs
             WHERE state = 'running' OR state = 'waiting' AND (due_at IS NULL OR due_at < strftime('%s') * 1000 + 2000))
"""
"""What will be done soon: who looks for a payment looks again after minutes."""


def wallet(bank: Process) -> dict[str, str]:
    """Settings of a service that uses the bank."""
    return {
        "WHINCHAT_APPS__WALLET__BACKEND": "sandbox",
        "WHINCHAT_APPS__WALLET__URL": bank.told["graphql"],
        "WHINCHAT_APPS__WALLET__SERVICE_TOKEN": bank.told["service_token"],
        "WHINCHAT_APPS__WALLET__CUSTODY_TOKEN": bank.told["custody_token"],
        "WHINCHAT_APPS__WALLET__ESCROW": "true",
    }


class Street(Running):
    """What a test asks of all three."""

    def __init__(self, world: World, service: Service, bank: Process) -> None:
        super().__init__(world, service)
        self.bank = bank

    def tell(self, name: str, text: str, **more: Any) -> str:
        """What somebody says to the bot, and all that they are told until nothing waits any more."""
        chat, before = self.direct(name), len(self.told(name))
        chat.say(name, text, **more)
        self.settle()
        until(lambda: len(self.told(name)) > before, f"an answer to {text}")
        self.settle()
        return "\n".join(self.told(name)[before:])

    def told(self, name: str) -> list[str]:
        """All that the bot has told somebody; a picture is its caption."""
        contents = [said["content"] for said in self.direct(name).history() if said["sender"] == self.bot]
        return [content.get("text") or content.get("media", {}).get("caption", "") for content in contents]

    def waiting(self) -> tuple[int, ...]:
        return (self.world.call("post_many", messages=[])["waiting"], *self.rows(WAITING)[0])

    def link(self, name: str) -> str:
        self.tell(name, "link")
        return self.tell(name, self.code(name))

    def code(self, name: str) -> str:
        """The newest that the bank has sent to somebody; it may come a moment after it was announced."""
        codes: list[str] = []

        def came() -> bool:
            found = [each for each in self.bank.state()["messages"] if each["phone"] == PHONES[name]]
            codes.extend(str(each["code"]) for each in found)
            return bool(codes)

        until(came, "the bank sends a code")
        return codes[0]

    def confirm(self, name: str, asked: str) -> str:
        """Says yes with the code that the question names: people do not answer within a second."""
        return self.tell(name, yes(asked))

    def account(self, phone: str) -> dict[str, Any]:
        return next(each for each in self.bank.state()["accounts"] if each["phone"] == phone)

    def cents(self, name: str) -> float:
        """Of somebody's dollars at the bank."""
        (found,) = [each for each in self.account(PHONES[name])["wallets"] if each["currency"] == "USD"]
        return float(found["balance"])


def yes(asked: str) -> str:
    found = re.search(r"yes (\w{4})\b", asked)
    assert found is not None, asked
    return found[0]


@contextlib.contextmanager
def street(folder: Path, environment: Mapping[str, str] | None = None, *, profile: str = "sandbox") -> Iterator[Street]:
    """In `folder`, all gone at the end. `environment`: settings of the service besides those of the wallet."""
    options = ("--accounts", "demo", "--data", "bank.db", "--profile", profile, "--seed", "3")
    with sandbox_process(*options, folder=folder) as bank, world_process(folder, "--seed", "3") as world:
        for name, phone in PHONES.items():
            world.call("person", name=name, phone=phone)
        service = Service(folder, world, {**UNHURRIED, **wallet(bank), **(environment or {})})
        try:
            service.start()
            yield Street(world, service, bank)
        finally:
            service.kill()
