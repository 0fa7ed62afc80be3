"""Codes by phone, sessions, and how often each may be tried."""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

from whinchat.core.ports import Random
from whinchat.sandbox.ledger import Ledger
from whinchat.sandbox.records import BankError, Message

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
CODE_LIVES = 10 * MINUTE
TOKEN_BYTES = 32
SHOWN = 100
"""Messages."""


class Limit(Struct, frozen=True):
    """`points` attempts in a window of `window` ms that the first one opens; one more blocks for `block` ms."""

    name: str
    points: int
    window: int
    block: int
    code: str
    message: str


def _limit(name: str, points: int, window: int, block: int, message: str) -> Limit:
    return Limit(name, points, window, block, "TOO_MANY_REQUEST", message)


# lnflash/flash src/config/schema.ts (rateLimits), src/graphql/error-map.ts
CODES_PHONE = _limit(
    "code-phone", 4, HOUR, 3 * HOUR, "Too many request code attempts, please wait for a while and try again."
)
CODES_IP = _limit(
    "code-ip", 16, HOUR, DAY, "Too many phone code attempts on same network, please wait for a while and try again."
)
LOGINS_PHONE = _limit(
    "login-phone", 8, 20 * MINUTE, HOUR, "Too many login attempts, please wait for a while and try again."
)
LOGINS_IP = _limit(
    "login-ip", 20, 6 * HOUR, DAY, "Too many login attempts on same network, please wait for a while and try again."
)


class Identity:
    """Methods that refuse may still have counted the attempt: the caller commits before it raises."""

    def __init__(self, ledger: Ledger, random: Random) -> None:
        self._ledger = ledger
        self._random = random

    def send_code(self, phone: str, ip: str, now: int) -> BankError | None:
        """A new code that takes the place of the phone's older ones; the refusal when there were too many."""
        for limit, key in ((CODES_IP, ip), (CODES_PHONE, phone)):
            if refusal := self._take(limit, key, now):
                return refusal
        self._ledger.run("UPDATE code SET used = 1 WHERE phone = ?", phone)
        code = f"{int.from_bytes(self._random.randbytes(8)) % 1_000_000:06}"
        self._ledger.run(
            "INSERT INTO code (phone, code, sent_at, expires_at) VALUES (?, ?, ?, ?)",
            phone,
            code,
            now,
            now + CODE_LIVES,
        )
        return None

    def use_code(self, phone: str, code: str, ip: str, now: int) -> BankError | None:
        """Once; the refusal when it is wrong, too old, or there were too many wrong ones."""
        for limit, key in ((LOGINS_IP, ip), (LOGINS_PHONE, phone)):
            if refusal := self._take(limit, key, now):
                return refusal
        current = self._ledger.value(
            "SELECT code FROM code WHERE phone = ? AND used = 0 AND expires_at > ?", phone, now
        )
        if current is None:
            return BankError("PHONE_CODE_ERROR", "Invalid or incorrect phone entered.")
        if current != code:
            return BankError("PHONE_CODE_ERROR", "Invalid or incorrect code entered.")
        self._ledger.run("UPDATE code SET used = 1 WHERE phone = ?", phone)
        self._give_back(LOGINS_IP, ip)  # only failures count
        self._give_back(LOGINS_PHONE, phone)
        return None

    def messages(self) -> tuple[Message, ...]:
        rows = self._ledger.rows("SELECT phone, code, sent_at, expires_at FROM code ORDER BY id DESC LIMIT ?", SHOWN)
        return tuple(
            Message(phone=phone, code=code, sent_at=sent_at, expires_at=expires_at)
            for phone, code, sent_at, expires_at in rows
        )

    # --- sessions ---

    def open_session(self, account: str) -> str:
        token = "sandbox_" + self._random.randbytes(TOKEN_BYTES).hex()
        self._ledger.run("INSERT INTO session VALUES (?, ?)", _hashed(token), account)
        return token

    def account(self, token: str) -> str | None:
        found: str | None = self._ledger.value("SELECT account FROM session WHERE token_hash = ?", _hashed(token))
        return found

    def close_session(self, token: str) -> None:
        self._ledger.run("DELETE FROM session WHERE token_hash = ?", _hashed(token))

    def close_sessions(self, account: str | None) -> None:
        self._ledger.run("DELETE FROM session WHERE ?1 IS NULL OR account = ?1", account)

    # --- limits ---

    def _take(self, limit: Limit, key: str, now: int) -> BankError | None:
        name = f"{limit.name}:{key}"
        row = self._ledger.rows("SELECT points, until FROM attempt WHERE key = ? AND until > ?", name, now)
        points, until = row[0] if row else (0, now + limit.window)
        points += 1
        if points == limit.points + 1:  # the block begins, and does not grow by trying
            until = now + limit.block
        self._ledger.run("INSERT OR REPLACE INTO attempt VALUES (?, ?, ?)", name, points, until)
        return BankError(limit.code, limit.message) if points > limit.points else None

    def _give_back(self, limit: Limit, key: str) -> None:
        self._ledger.run("UPDATE attempt SET points = points - 1 WHERE key = ?", f"{limit.name}:{key}")


def _hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()
