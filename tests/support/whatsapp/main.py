"""The fake network as a process of its own, for benchmarks and for what is killed: lines of JSON in and out.

Run as `python -m tests.support.whatsapp.main [--state FILE] [--port N]`. The first line out is
`{"event": "ready", "proxy": ..., "authority": ..., "root_key": ...}` with the authority's certificate as PEM text. A
line in is `{"n": 1, "do": "say", ...}` and is answered by `{"n": 1, "result": ...}` or `{"n": 1, "error": ...}`.
What bots send comes as `{"event": "received", ...}`; who logs in as `{"event": "connected", ...}`; what a person said
and will not be forgotten as `{"event": "said", ...}`. Started again with the same file and port after it was killed, it
knows everybody, and what had not been confirmed is sent again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.support.whatsapp.accounts import Device
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.messages import Receipt, Sent
from tests.support.whatsapp.server import WhatsApp

Told = dict[str, Any]


def tell(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


class Process:
    def __init__(self, whatsapp: WhatsApp) -> None:
        self._whatsapp = whatsapp
        self._verbs: dict[str, Callable[[Told], Awaitable[object]]] = {
            "account": self._account,
            "person": self._person,
            "group": self._group,
            "scan": self._scan,
            "enter": self._enter,
            "say": self._say,
            "steady": self._steady,
            "fault": self._fault,
            "backlog": self._backlog,
            "quiet": self._quiet,
        }
        self._quietly = False
        whatsapp.received.tell(self._on_received)
        whatsapp.connected.tell(self._on_connected)
        whatsapp.receipts.tell(self._on_receipt)

    async def run(self) -> None:
        tell(
            event="ready",
            proxy=self._whatsapp.proxy_url,
            authority=self._whatsapp.authority_pem.decode(),
            root_key=self._whatsapp.root_key.hex(),
        )
        reader = asyncio.StreamReader(limit=1 << 22)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self._whatsapp.spawn(self._obey(json.loads(line)))

    async def _obey(self, told: Told) -> None:
        try:
            result = await self._verbs[told["do"]](told)
            self._whatsapp.state.save()
            tell(n=told["n"], result=result)
        except Exception as error:  # whatever goes wrong is for who asked
            tell(n=told["n"], error=f"{type(error).__name__}: {error}")

    async def _account(self, told: Told) -> object:
        account = self._whatsapp.account(told["name"], phone=told.get("phone"), lid=told.get("lid"))
        return {"jid": account.jid, "lid": account.lid}

    async def _person(self, told: Told) -> object:
        person = self._whatsapp.person(told["name"], phone=told.get("phone"), lid=told.get("lid"))
        return {"jid": person.jid, "lid": person.lid}

    async def _group(self, told: Told) -> object:
        """`people`: names, the first of whom made it; all accounts are in it."""
        admin, *members = [self._whatsapp.person(name) for name in told["people"]]
        return self._whatsapp.group(
            told["subject"], admins=[admin], members=members, bot_admin=told.get("bot_admin", False)
        ).jid

    async def _scan(self, told: Told) -> None:
        await self._whatsapp.scan(self._whatsapp.account(told["account"]), told["qr"])

    async def _enter(self, told: Told) -> None:
        await self._whatsapp.enter(self._whatsapp.account(told["account"]), told["code"])

    async def _say(self, told: Told) -> object:
        """`count` messages as quickly as they are taken; in the text `{i}` is the number. Gives ids and seconds."""
        began = time.perf_counter()
        ids = [await self._once(told, number) for number in range(told.get("count", 1))]
        return {"ids": ids, "seconds": time.perf_counter() - began}

    async def _steady(self, told: Told) -> object:
        """`rate` messages a second for `seconds`; `{time}` in the text is when it was said, in seconds since 1970."""
        loop = asyncio.get_running_loop()
        began, ids = loop.time(), []
        for number in range(int(told["rate"] * told["seconds"])):
            await asyncio.sleep(began + number / told["rate"] - loop.time())
            ids.append(await self._once(told, number))
        return {"ids": ids}

    async def _once(self, told: Told, number: int) -> str:
        reference = await self._speak(told, number)
        self._whatsapp.state.save()
        if not self._quietly:
            tell(event="said", id=reference, person=told["person"], time=time.time())
        return reference

    async def _speak(self, told: Told, number: int) -> str:
        person = self._whatsapp.person(told["person"])
        text = told["text"].replace("{i}", str(number)).replace("{time}", f"{time.time():.6f}")
        if (jid := told.get("group")) is not None:
            group = self._whatsapp.groups.get(jid)
            assert group is not None
            return (await group.say(person, text)).id
        account = self._whatsapp.account(told["account"]) if "account" in told else None
        return await person.say(text, to=account)

    async def _fault(self, told: Told) -> None:
        """`kind`: a method of `Faults`, with `arguments`; or `send`, with what a `SendFault` has, or `set`."""
        faults, kind, arguments = self._whatsapp.faults, told["kind"], told.get("arguments", {})
        if kind == "send":
            faults.on_send(SendFault(**arguments))
        elif kind == "set":
            for name, value in arguments.items():
                setattr(faults, name, value)
        else:
            done = getattr(faults, kind)(**arguments)
            if isinstance(done, Awaitable):
                await done

    async def _backlog(self, _: Told) -> object:
        """How much each account's devices have not confirmed."""
        accounts = self._whatsapp.accounts.values()
        return {account.name: sum(len(device.outbox) for device in account.devices.values()) for account in accounts}

    async def _quiet(self, told: Told) -> None:
        """Whether what is said, received and confirmed is not told."""
        self._quietly = told["quiet"]

    def _on_received(self, sent: Sent) -> None:
        self._whatsapp.received.clear()  # a run may take hours
        if not self._quietly:
            about = {"account": sent.account, "chat": sent.chat, "id": sent.id, "text": sent.text}
            quoted = sent.message.extendedTextMessage.contextInfo.stanzaId
            tell(event="received", **about, quoted=quoted, time=time.time())

    def _on_receipt(self, receipt: Receipt) -> None:
        self._whatsapp.receipts.clear()
        if not self._quietly:
            tell(event="receipt", account=receipt.account, chat=receipt.chat, ids=receipt.ids, kind=receipt.kind)

    def _on_connected(self, device: Device) -> None:
        tell(event="connected", account=device.account.name, device=device.number, time=time.time())


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path)
    parser.add_argument("--port", type=int, default=0)
    told = parser.parse_args()
    async with WhatsApp(told.state, told.port) as whatsapp:
        await Process(whatsapp).run()


if __name__ == "__main__":
    asyncio.run(main())
