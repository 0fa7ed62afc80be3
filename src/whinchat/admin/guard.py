"""Who may come in: requests of a session, from our own pages, as often as people click."""

from __future__ import annotations

import hmac
import re
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from whinchat.admin.sessions import LONGEST, Session, Sessions
from whinchat.core.errors import StorageError
from whinchat.core.pages import Notice
from whinchat.core.ports import Limit, RateLimiter, Sealer

SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)

SIGN_IN = Limit(rate=1 / 6, burst=10)
"""How often one address may try a link."""
NOTICE_LIVES = 60  # seconds

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Mac OS", "macOS"), ("Windows", "Windows"),
    ("Linux", "Linux"))  # fmt: skip
_SAFE_PATH = re.compile(r"/[A-Za-z0-9/_.?&=%+*:@~-]*")


class Guard:
    """Reads and writes cookies. Their names are this installation's own: cookies know no ports."""

    def __init__(self, root: str, sessions: Sessions, sealer: Sealer, limiter: RateLimiter) -> None:
        self._root = root
        self._sessions = sessions
        self._sealer = sealer
        self._limiter = limiter
        own = sealer.digest("admin-cookie").hex()[:8]
        self._cookie, self._notice = f"whinchat_{own}", f"whinchat_{own}_notice"

    async def session(self, request: web.Request, *, used: bool = True) -> Session | None:
        """Whose request it is; `used`: something that somebody did, not a page that looks by itself."""
        return await self._sessions.find(request.cookies.get(self._cookie, ""), used=used)

    def check_origin(self, request: web.Request) -> None:
        """Browsers say from which page a form was sent. Raises HTTPForbidden: it was none of ours, or is not said."""
        if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
            raise web.HTTPForbidden(reason="origin")

    def check_form(self, session: Session, form: dict[str, str]) -> None:
        """Raises HTTPForbidden: the form was not made for this session."""
        if not hmac.compare_digest(form.pop("csrf", "").encode("utf-8", "surrogateescape"), session.csrf.encode()):
            raise web.HTTPForbidden(reason="form")

    def slow_down(self, request: web.Request) -> None:
        """Raises HTTPTooManyRequests."""
        wait = self._limiter.take(f"admin.sign_in {request.remote}", SIGN_IN)
        if wait > 0:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)})

    # --- cookies -------------------------------------------------------------------------------------------------

    def admit(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        self._set(request, response, self._cookie, token, LONGEST // 1000)

    def dismiss(self, response: web.StreamResponse) -> None:
        response.del_cookie(self._cookie, path=self._root)

    def say_next(self, request: web.Request, response: web.StreamResponse, notice: Notice) -> None:
        """The next page shows it."""
        sealed = self._sealer.seal("admin-notice", b"", msgspec.msgpack.encode(notice))
        self._set(request, response, self._notice, sealed.hex(), NOTICE_LIVES)

    def said(self, request: web.Request, response: web.StreamResponse) -> None:
        """It was shown."""
        if self._notice in request.cookies:
            response.del_cookie(self._notice, path=self._root)

    def notice(self, request: web.Request) -> Notice | None:
        try:
            sealed = bytes.fromhex(request.cookies.get(self._notice, ""))
            opened = self._sealer.open("admin-notice", b"", sealed) if sealed else b""
            return msgspec.msgpack.decode(opened, type=Notice) if opened else None
        except (ValueError, StorageError, msgspec.MsgspecError):
            return None

    def _set(self, request: web.Request, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
        secure = request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
        response.set_cookie(
            name, value, max_age=seconds, path=self._root, httponly=True, samesite="Strict", secure=secure
        )


def device(agent: str) -> str:
    """Browser and system by a `User-Agent`, as far as people care."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "?")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "?")
    return f"{browser}, {system}"


def inner_path(text: str) -> str:
    """Where to go on after signing in: a path of ours, or the start."""
    return text if _SAFE_PATH.fullmatch(text) and not text.startswith("//") else "/"
