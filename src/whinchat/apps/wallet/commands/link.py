"""Linking and unlinking."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.linking import Linking
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome


class Link:
    spec = grammar.LINK

    def __init__(self, linking: Linking) -> None:
        self._linking = linking

    async def handle(self, call: Call) -> Outcome:
        return await self._linking.begin(call)


class Verify:
    spec = grammar.VERIFY

    def __init__(self, linking: Linking) -> None:
        self._linking = linking

    async def handle(self, call: Call) -> Outcome:
        return await self._linking.check(call, call.args[grammar.LOGIN_CODE])


class Unlink:
    spec = grammar.UNLINK

    def __init__(self, linking: Linking) -> None:
        self._linking = linking

    async def handle(self, call: Call) -> Outcome:
        return await self._linking.end(call)
