"""The stock neonize client in a process of its own, told what to do by lines of JSON: it keeps the fake honest.

Run as `python -m tests.support.whatsapp.driver STORE PROXY`, with `SSL_CERT_FILE` and `WHATSAPP_ROOT_KEY` set. A line
in is `{"n": 1, "do": "send", ...}`; a line out answers it, `{"n": 1, "result": ...}` or `{"n": 1, "error": ...}`, or
tells what happened, `{"event": "message", ...}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from tests.support.whatsapp import root_key
from tests.support.whatsapp.driver_groups import GroupDriver

OPTIONS = "?_foreign_keys=on&_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_x=1"
"""neonize adds its own after these, which the last one swallows."""
LIFE = {
    "ConnectedEv": "connected",
    "DisconnectedEv": "disconnected",
    "LoggedOutEv": "logged out",
    "StreamReplacedEv": "replaced",
    "StreamErrorEv": "stream error",
    "TemporaryBanEv": "banned",
    "ConnectFailureEv": "failure",
    "ClientOutdatedEv": "outdated",
    "PairStatusEv": "paired",
    "KeepAliveTimeoutEv": "no answer",
    "KeepAliveRestoredEv": "answer again",
    "OfflineSyncPreviewEv": "backlog",
    "OfflineSyncCompletedEv": "backlog done",
    "IdentityChangeEv": "identity",
    "CallOfferEv": "call",
    "ChatPresenceEv": "typing",
}


def tell(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def jid(text: str) -> Any:
    build = import_module("neonize.utils.jid").build_jid
    user, _, server = text.partition("@")
    return build(user, server)


def written(parsed: Any) -> str:
    return f"{parsed.User}@{parsed.Server}" if parsed.Server else ""


class Driver:
    def __init__(self, store: str, proxy: str) -> None:
        aioze, events = import_module("neonize.aioze.client"), import_module("neonize.aioze.events")
        root_key.prepare(os.environ[root_key.VARIABLE])
        self._client: Any = aioze.NewAClient(store + OPTIONS, uuid="driven")
        self._proxy: Any = import_module("neonize._binder").ProxySettings(proxy)
        self._client.qr(self._on_qr)
        for event, name in LIFE.items():
            self._client.event(getattr(events, event))(self._telling(name))
        self._client.event(events.MessageEv)(self._on_message)
        self._client.event(events.ReceiptEv)(self._on_receipt)
        self._client.event(events.HistorySyncEv)(self._on_history)
        self._verbs: dict[str, Callable[[dict[str, Any]], Awaitable[object]]] = {
            "connect": self._connect,
            "disconnect": self._disconnect,
            "code": self._code,
            "send": self._send,
            "read": self._read,
            "present": self._present,
            "typing": self._typing,
            "log out": self._log_out,
            "on whatsapp": self._on_whatsapp,
            **GroupDriver(self._client, tell, jid, written).verbs(),
        }

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=1 << 22)
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(16))
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tell(event="ready")
        async with asyncio.TaskGroup() as tasks:
            while line := await reader.readline():
                tasks.create_task(self._obey(json.loads(line)))

    async def _obey(self, command: dict[str, Any]) -> None:
        try:
            tell(n=command["n"], result=await self._verbs[command["do"]](command))
        except Exception as error:  # whatever the library raises is the test's to see
            tell(n=command["n"], error=f"{type(error).__name__}: {error}")

    async def _connect(self, _: dict[str, Any]) -> None:
        await self._client.connect(self._proxy)

    async def _disconnect(self, _: dict[str, Any]) -> None:
        await self._client.disconnect()

    async def _code(self, told: dict[str, Any]) -> object:
        return await self._client.PairPhone(told["phone"], True)

    async def _send(self, told: dict[str, Any]) -> object:
        return (await self._client.send_message(jid(told["to"]), told["text"])).ID

    async def _read(self, told: dict[str, Any]) -> None:
        kind = import_module("neonize.utils.enum").ReceiptType.READ
        chat = jid(told["chat"])
        await self._client.mark_read(*told["ids"], chat=chat, sender=chat, receipt=kind)

    async def _present(self, _: dict[str, Any]) -> None:
        await self._client.send_presence(import_module("neonize.utils.enum").Presence.AVAILABLE)

    async def _typing(self, told: dict[str, Any]) -> None:
        enum = import_module("neonize.utils.enum")
        state = enum.ChatPresence.CHAT_PRESENCE_COMPOSING
        await self._client.send_chat_presence(jid(told["chat"]), state, enum.ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT)

    async def _log_out(self, _: dict[str, Any]) -> None:
        await self._client.logout()

    async def _on_whatsapp(self, told: dict[str, Any]) -> object:
        found = await self._client.is_on_whatsapp(*told["phones"])
        return [[written(each.JID), each.IsIn] for each in found]

    async def _on_qr(self, _: object, code: bytes) -> None:
        tell(event="qr", code=code.decode())

    def _telling(self, name: str) -> Callable[[object, object], Awaitable[None]]:
        async def listen(_: object, event: object) -> None:
            tell(event=name, about=str(event)[:2000])

        return listen

    async def _on_message(self, _: object, event: Any) -> None:
        source = event.Info.MessageSource
        message = event.Message
        tell(
            event="message",
            id=event.Info.ID,
            chat=written(source.Chat),
            sender=written(source.Sender),
            other=written(source.SenderAlt),
            from_me=source.IsFromMe,
            name=event.Info.Pushname,
            time=event.Info.Timestamp,
            text=message.conversation or message.extendedTextMessage.text,
            edit=event.Info.Edit,
            message=b64encode(message.SerializeToString()).decode(),
        )

    async def _on_receipt(self, _: object, event: Any) -> None:
        chat = written(event.MessageSource.Chat)
        tell(event="receipt", ids=list(event.MessageIDs), kind=str(event.Type), chat=chat)

    async def _on_history(self, _: object, event: Any) -> None:
        data = event.Data
        texts = [each.message.message.conversation for chat in data.conversations for each in chat.messages]
        tell(event="history", kind=data.syncType, texts=texts)


if __name__ == "__main__":
    asyncio.run(Driver(sys.argv[1], sys.argv[2]).run())
    os._exit(0)
