"""Signing in: a link that works once and soon ends makes a session, which ends when it is not used, or by hand."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import msgspec

from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Clock, Database, Random, Sealer, Statement

ROOT = "/admin"
"""Where the pages are."""
MINUTE = 60_000  # milliseconds
HOUR = 60 * MINUTE
LINK_LIVES = 30 * MINUTE
IDLE = 12 * HOUR
"""Without a request for so long, a session ends."""
LONGEST = 7 * 24 * HOUR
"""However busy, a session ends after so long."""
TOUCHED = MINUTE
"""Between two notes of a session's use."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes


@dataclass(frozen=True, slots=True)
class Session:
    """`id`: what the audit knows the admin by, 16 bytes. `csrf`: what its forms must bring."""

    id: bytes
    csrf: str
    created_at: int
    seen_at: int
    device: str
    """Such as `Firefox, Linux`, by the browser's own word."""

    @property
    def short(self) -> str:
        """For people, to tell sessions apart."""
        return short(self.id)


def short(session: bytes) -> str:
    return session.hex()[:8]


_ROW = tuple[bytes, int, int, bytes]


class Sessions:
    def __init__(self, database: Database, sealer: Sealer, clock: Clock, random: Random, audit: Audit) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random
        self._audit = audit

    # --- links ---------------------------------------------------------------------------------------------------

    async def new_link(self) -> str:
        """The token of a link that signs in once, within `LINK_LIVES`. Raises Refused: nothing can be written."""
        token = self._token()
        now = self._clock.now()
        forget = Statement("DELETE FROM admin_links WHERE expires_at <= :now", {"now": now})
        keep = Statement(
            "INSERT INTO admin_links (token, expires_at) VALUES (:token, :expires)",
            {"token": self._link(token), "expires": now + LINK_LIVES},
        )
        await self._database.commit(Batch((forget, keep)))
        return token

    async def is_open(self, token: str) -> bool:
        """Whether the link would sign in now; it does not use it up."""
        row = None
        if _TOKEN.fullmatch(token):
            row = await self._database.fetch_one(
                "SELECT expires_at FROM admin_links WHERE token = :token", {"token": self._link(token)}
            )
        return row is not None and msgspec.convert(row, tuple[int])[0] > self._clock.now()

    async def redeem(self, token: str, device: str) -> str | None:
        """The token of a new session, for a link that is used up by this; None: it was not open."""
        if not _TOKEN.fullmatch(token):
            return None
        now = self._clock.now()
        fresh = self._token()
        session = self._session(fresh)
        use_up = Statement(
            "DELETE FROM admin_links WHERE token = :token AND expires_at > :now",
            {"token": self._link(token), "now": now},
            rows=1,
        )
        keep = Statement(
            """INSERT INTO admin_sessions (token, created_at, seen_at, device)
                    VALUES (:token, :now, :now, :device)""",
            {"token": session, "now": now, "device": self._sealer.seal("admin_sessions", session, device.encode())},
        )
        note = self._audit.entry("admin.sign_in", via=Via.PAGE, key=session, actor=session, detail=device)
        try:
            await self._database.commit(Batch((use_up, self._forget_over(now), keep, note)))
        except Conflict:
            return None
        return fresh

    # --- sessions ------------------------------------------------------------------------------------------------

    async def find(self, token: str, *, used: bool = True) -> Session | None:
        """The session of a browser; None when it is over, or was none. `used`: somebody did something, to be noted."""
        if not _TOKEN.fullmatch(token):
            return None
        session = self._session(token)
        row = await self._database.fetch_one(
            "SELECT token, created_at, seen_at, device FROM admin_sessions WHERE token = :token", {"token": session}
        )
        if row is None:
            return None
        found = self._open(*msgspec.convert(row, _ROW))
        now = self._clock.now()
        if now >= min(found.seen_at + IDLE, found.created_at + LONGEST):
            return None
        if used and now - found.seen_at >= TOUCHED:
            touch = Statement(
                "UPDATE admin_sessions SET seen_at = :now WHERE token = :token", {"token": session, "now": now}
            )
            await self._database.commit(Batch((touch,)))
        return found

    async def all(self) -> list[Session]:
        """Those that go on, the last used first."""
        now = self._clock.now()
        rows = await self._database.fetch(
            """SELECT token, created_at, seen_at, device FROM admin_sessions
                WHERE seen_at > :idle AND created_at > :oldest ORDER BY seen_at DESC, token LIMIT 100""",
            {"idle": now - IDLE, "oldest": now - LONGEST},
        )
        return [self._open(*msgspec.convert(row, _ROW)) for row in rows]

    def _open(self, session: bytes, created: int, seen: int, device: bytes) -> Session:
        csrf = self._sealer.digest("admin-csrf", session).hex()
        return Session(session, csrf, created, seen, self._sealer.open("admin_sessions", session, device).decode())

    @staticmethod
    def end(session: bytes) -> Statement:
        return Statement("DELETE FROM admin_sessions WHERE token = :token", {"token": session})

    async def end_all(self, via: Via) -> int:
        """Every session, and the links that were not used yet; how many sessions there were."""
        ended, *_ = await self._database.commit(
            Batch(
                (
                    Statement("DELETE FROM admin_sessions RETURNING token", {}),
                    Statement("DELETE FROM admin_links", {}),
                    self._audit.entry("admin.sign_out_all", via=via, key=self._random.randbytes(16), detail=""),
                )
            )
        )
        return len(ended)

    def _forget_over(self, now: int) -> Statement:
        return Statement(
            "DELETE FROM admin_sessions WHERE seen_at <= :idle OR created_at <= :oldest",
            {"idle": now - IDLE, "oldest": now - LONGEST},
        )

    # -------------------------------------------------------------------------------------------------------------

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(32)).rstrip(b"=").decode()

    def _link(self, token: str) -> bytes:
        return self._sealer.digest("admin-link", token)

    def _session(self, token: str) -> bytes:
        return self._sealer.digest("admin-session", token)
