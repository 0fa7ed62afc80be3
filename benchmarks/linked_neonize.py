"""The stock neonize client as a bot: a plain script with the library's own asyncio client and its protobufs.

Run as `python -m benchmarks.linked_neonize FOLDER PROXY`, with `SSL_CERT_FILE` and `WHATSAPP_ROOT_KEY` set; it speaks
as `baileys/driver.mjs` does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

from neonize._binder import ProxySettings
from neonize.aioze.client import NewAClient
from neonize.aioze.events import ConnectedEv, MessageEv
from tests.support.whatsapp import root_key


def tell(**told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


class Bot:
    def __init__(self, folder: str, proxy: str) -> None:
        root_key.prepare(os.environ[root_key.VARIABLE])
        self._client: Any = NewAClient(f"{folder}/session.db", uuid="plain")
        self._proxy = ProxySettings(proxy)
        self._came = 0
        self._client.qr(self._on_qr)
        self._client.event(ConnectedEv)(self._on_connected)
        self._client.event(MessageEv)(self._on_message)

    async def run(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await self._client.connect(self._proxy)
        while line := await reader.readline():
            tell(n=json.loads(line)["n"], result=self._came)

    async def _on_qr(self, _: object, code: bytes) -> None:
        tell(event="qr", code=code.decode())

    async def _on_connected(self, _: object, __: object) -> None:
        tell(event="open", time=time.time())

    async def _on_message(self, client: Any, event: Any) -> None:
        text = event.Message.conversation or event.Message.extendedTextMessage.text
        if event.Info.MessageSource.IsFromMe or not text:
            return
        self._came += 1
        if text.endswith("ping"):
            await client.reply_message("pong", event)


if __name__ == "__main__":
    asyncio.run(Bot(sys.argv[1], sys.argv[2]).run())
    os._exit(0)  # threads of the library are still there
