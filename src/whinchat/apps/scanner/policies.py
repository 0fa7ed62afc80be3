"""Where the chats' policies are kept: what differs from the default, one row a chat."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.policy import DEFAULT, Policy
from whinchat.core.ports import Database, Statement

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Policy).decode


@dataclass(frozen=True, slots=True)
class Stored:
    policy: Policy
    version: int
    """0: nothing was ever set."""


class Policies:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, chat: bytes) -> Policy:
        return (await self.stored(chat)).policy

    async def stored(self, chat: bytes) -> Stored:
        row = await self._database.fetch_one(
            "SELECT policy, version FROM scanner_policies WHERE chat = :chat", {"chat": chat}
        )
        if row is None:
            return Stored(DEFAULT, 0)
        policy, version = msgspec.convert(row, tuple[str, int])
        return Stored(_decode(policy), version)

    def keep(self, chat: bytes, policy: Policy, seen: Stored) -> Statement:
        """`policy` instead of `seen`. Conflict when somebody has changed it since: neither change is lost."""
        return Statement(
            """INSERT INTO scanner_policies (chat, version, policy)
                    SELECT :chat, :version + 1, :policy
                     WHERE :version = 0 OR EXISTS (SELECT 1 FROM scanner_policies WHERE chat = :chat)
               ON CONFLICT (chat) DO UPDATE SET version = excluded.version, policy = excluded.policy
                     WHERE scanner_policies.version = :version""",
            {"chat": chat, "version": seen.version, "policy": _encode(policy).decode()},
            rows=1,
        )
