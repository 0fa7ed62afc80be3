"""The pages' own site: signing in, the way to the pages of all applications, and errors as pages."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aiohttp import web

from whinchat.admin.guard import SESSION, Guard, device, inner_path
from whinchat.admin.live import Streams
from whinchat.admin.render import Renderer
from whinchat.admin.sessions import ROOT, Session, Sessions
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.errors import Conflict, Refused
from whinchat.core.pages import Acted, Done, Download, Form, Live, Page, PageRequest, Redirect, Shown, View
from whinchat.core.ports import Batch, Clock, Random, RateLimiter, Sealer, Statement

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
STATIC = {path.name: path for path in (HERE / "static").iterdir()}
LONGEST_FORM = 64 * 1024  # bytes
LONGEST_FIELD = 4096  # code points
ATTEMPTS = 5  # at a change that met a newer state
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With `no-referrer`, browsers would not say either from which page a form comes (Fetch Standard, 3.2).
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex",
}
KNOWN_ERRORS = frozenset((400, 401, 403, 404, 405, 409, 413, 429, 503))
"""Those that the catalogues have sentences for; others are said as 500."""

Settle = Callable[[Outcome, Statement, int | None], Awaitable[None]]
"""`Settlement.settle`."""


@dataclass(frozen=True, slots=True)
class Section:
    """The pages of one application: its name stands for its templates, its title is `<name>.pages.title`."""

    name: str
    pages: Sequence[Page]
    templates: Path
    words: Path


@dataclass(frozen=True, slots=True)
class Tools:
    """What the site needs of the service."""

    sessions: Sessions
    audit: Audit
    settle: Settle
    sealer: Sealer
    clock: Clock
    random: Random
    limiter: RateLimiter


class Site:
    def __init__(self, sections: Sequence[Section], tools: Tools) -> None:
        self._sections = sections
        self._tools = tools
        self._guard = Guard(ROOT, tools.sessions, tools.sealer, tools.limiter)
        self._streams = Streams(tools.clock)
        self._pages = [(_pattern(page.path), page) for section in sections for page in section.pages]
        templates = {section.name: section.templates for section in sections}
        self._renderer = Renderer(templates, [section.words for section in sections], ROOT)

    def stop(self) -> None:
        """Streams that are open would keep the server from stopping."""
        self._streams.stop()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any request below `ROOT`."""
        response = await self._with_errors_as_pages(request)
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    async def _lead(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(ROOT)
        posted = request.method == "POST"
        if path.startswith("/static/"):
            return _file(path.removeprefix("/static/"))
        if path == "/sign-in":
            return await (self._sign_in(request) if posted else self._ask_to_sign_in(request))
        if path == "/sign-out" and posted:
            return await self._sign_out(request)
        session = await self._known(request)  # who may not look learns nothing of what there is
        for pattern, page in self._pages:
            found = pattern.fullmatch(path)
            if found is not None:
                return await self._page_asked_for(page, found.groupdict(), request, session)
        raise web.HTTPNotFound

    async def _page_asked_for(
        self, page: Page, parts: dict[str, str], request: web.Request, session: Session
    ) -> web.StreamResponse:
        if request.method in {"GET", "HEAD"}:
            return await self._show(page, self._asked(request, session, parts), request, session)
        if request.method == "POST" and isinstance(page, Form):
            self._guard.check_origin(request)
            form = await _fields(request)
            self._guard.check_form(session, form)
            return await self._act(page, self._asked(request, session, parts, form), request, session)
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "POST"] if isinstance(page, Form) else ["GET"])

    # --- signing in and out --------------------------------------------------------------------------------------

    async def _ask_to_sign_in(self, request: web.Request) -> web.Response:
        """Only the button uses the link up: previews and prefetching browsers must not."""
        if await self._guard.session(request) is not None:
            return self._leading_to(inner_path(request.query.get("to", "/")))
        token = request.query.get("token", "")
        found = bool(token) and await self._tools.sessions.is_open(token)
        data = {"token": token if found else "", "dead": bool(token) and not found, "to": request.query.get("to", "")}
        return self._page(request, View("admin/sign_in.html", data), None)

    async def _sign_in(self, request: web.Request) -> web.Response:
        self._guard.check_origin(request)
        self._guard.slow_down(request)
        form = await _fields(request)
        agent = device(request.headers.get("User-Agent", ""))
        token = await self._tools.sessions.redeem(form.get("token", ""), agent)
        if token is None:
            view = View("admin/sign_in.html", {"token": "", "dead": True, "to": ""}, status=403)
            return self._page(request, view, None)
        log.info("an admin signed in")
        response = self._leading_to(inner_path(form.get("to", "/")))
        self._guard.admit(request, response, token)
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        self._guard.check_origin(request)
        session = await self._known(request)
        self._guard.check_form(session, await _fields(request))
        done = Done("admin.sign_out", session.device, Redirect("/sign-in"), _ended(session))
        response = await self._carry_out(request, session, done)
        self._guard.dismiss(response)
        return response

    async def _known(self, request: web.Request) -> Session:
        """Raises HTTPUnauthorized. The session also goes with the request, for what an error page may show."""
        session = await self._guard.session(request, used="text/event-stream" not in request.headers.get("Accept", ""))
        if session is None:
            raise web.HTTPUnauthorized
        request[SESSION] = session
        return session

    # --- pages ---------------------------------------------------------------------------------------------------

    async def _show(self, page: Page, asked: PageRequest, request: web.Request, session: Session) -> web.StreamResponse:
        if request.headers.get("Accept") == "text/event-stream":
            return await self._stream(page, request, asked)
        return await self._answer(request, session, page, await page.show(asked))

    async def _stream(self, page: Page, request: web.Request, asked: PageRequest) -> web.StreamResponse:
        if not isinstance(page, Live):
            raise web.HTTPNotFound

        async def draw() -> str:
            shown = await page.show(asked)
            return self._renderer.part(shown, asked.language) if isinstance(shown, View) and shown.live else ""

        async def allowed() -> bool:
            return await self._guard.session(request, used=False) is not None

        return await self._streams.serve(request, mark=lambda: page.mark(asked), draw=draw, allowed=allowed)

    async def _act(self, page: Form, asked: PageRequest, request: web.Request, session: Session) -> web.StreamResponse:
        key = self._tools.random.randbytes(16)
        for _ in range(ATTEMPTS):
            acted = await page.act(asked)
            if not isinstance(acted, Done):
                return await self._answer(request, session, page, acted)
            with contextlib.suppress(Conflict):
                return await self._carry_out(request, session, acted, key)
        raise web.HTTPConflict

    async def _carry_out(
        self, request: web.Request, session: Session, done: Done, key: bytes | None = None
    ) -> web.Response:
        """Raises Conflict: the state had moved on."""
        tools = self._tools
        note = tools.audit.entry(
            done.action,
            via=Via.PAGE,
            key=key or tools.random.randbytes(16),
            actor=session.id,
            chat=done.chat,
            detail=done.detail,
        )
        await tools.settle(done.outcome, note, None)
        response = self._leading_to(done.then.to)
        if done.then.notice is not None:
            self._guard.say_next(request, response, done.then.notice)
        return response

    async def _answer(self, request: web.Request, session: Session, page: Page, answer: Shown | Acted) -> web.Response:
        match answer:
            case View():
                return self._page(request, answer, session, page)
            case Redirect():
                response = self._leading_to(answer.to)
                if answer.notice is not None:
                    self._guard.say_next(request, response, answer.notice)
                return response
            case Download():
                name = "".join(mark if mark.isalnum() or mark in "._-" else "_" for mark in answer.name)
                headers = {
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Content-Security-Policy": "sandbox; default-src 'none'",
                }
                return web.Response(body=answer.data, content_type=answer.mime, headers=headers)
            case _:
                raise web.HTTPNotFound

    def _asked(
        self, request: web.Request, session: Session, parts: dict[str, str], form: dict[str, str] | None = None
    ) -> PageRequest:
        return PageRequest(
            language=self._language(request),
            now=self._tools.clock.now(),
            actor=session.id,
            parts=parts,
            query={name: value[:LONGEST_FIELD] for name, value in request.query.items()},
            form=form or {},
        )

    def _language(self, request: web.Request) -> str:
        return self._renderer.language(request.headers.get("Accept-Language", ""))

    # --- answers -------------------------------------------------------------------------------------------------

    def _page(
        self, request: web.Request, view: View, session: Session | None, page: Page | None = None
    ) -> web.Response:
        language = self._language(request)
        notice = self._guard.notice(request) if session is not None else None
        frame = {
            "title": page.title if page is not None else "admin.title",
            "active": self._active(page),
            "home": self._home,
            "sections": self._navigation if session is not None else (),
            "csrf": session.csrf if session is not None else "",
            "notice": notice,
        }
        html = self._renderer.draw(view, language, frame)
        response = web.Response(text=html, content_type="text/html", status=view.status)
        if notice is not None:
            self._guard.said(request, response)
        return response

    @cached_property
    def _home(self) -> Page:
        """The start page, which stands above all sections."""
        return next(page for section in self._sections for page in section.pages if page.path == "/")

    @cached_property
    def _navigation(self) -> list[tuple[str, list[Page]]]:
        found = []
        for section in self._sections:
            pages = [page for page in section.pages if page.nav is not None and page is not self._home]
            found.append((section.name, sorted(pages, key=lambda page: page.nav.order if page.nav else 0)))
        return found

    def _active(self, page: Page | None) -> str:
        """The entry of the navigation that a page stands under: its own, or that with the longest part of its path."""
        paths = [self._home.path, *(each.path for _, pages in self._navigation for each in pages)]
        above = [path for path in paths if page is not None and f"{page.path}/".startswith(f"{path.rstrip('/')}/")]
        return max(above, key=len, default="")

    def _leading_to(self, path: str, **query: str) -> web.Response:
        return web.Response(status=303, headers={"Location": self._renderer.url(path, **query)})

    async def _with_errors_as_pages(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._lead(request)
        except web.HTTPUnauthorized:
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                return self._leading_to("/sign-in", to=request.path_qs.removeprefix(ROOT))
            return self._error(request, 401)
        except web.HTTPException as error:
            response = self._error(request, error.status, error.reason)
            if "Retry-After" in error.headers:
                response.headers["Retry-After"] = error.headers["Retry-After"]
            return response
        except Refused as refusal:
            return self._error(request, 409, hint=f"{refusal}. {refusal.hint}")
        except Exception:
            log.exception("a page failed")
            return self._error(request, 500)

    def _error(self, request: web.Request, status: int, reason: str = "", hint: str = "") -> web.Response:
        known = status if status in KNOWN_ERRORS else 500
        key = f"{known}_{reason}" if reason in {"origin", "form"} else str(known)
        view = View("admin/error.html", {"key": key, "hint": hint}, status=status)
        return self._page(request, view, request.get(SESSION))


def _pattern(path: str) -> re.Pattern[str]:
    """Of a page's path: `{name}` stands for one part."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _file(name: str) -> web.StreamResponse:
    """Raises HTTPNotFound."""
    if name not in STATIC:
        raise web.HTTPNotFound
    return web.FileResponse(STATIC[name], headers={"Cache-Control": "no-cache"})  # kept, but asked about


async def _fields(request: web.Request) -> dict[str, str]:
    """The form's fields that are texts. Raises HTTPBadRequest, HTTPRequestEntityTooLarge."""
    try:
        posted: Any = await request.clone(client_max_size=LONGEST_FORM).post()
    except ValueError:
        raise web.HTTPBadRequest from None
    return {name: value[:LONGEST_FIELD] for name, value in posted.items() if isinstance(value, str)}


def _ended(session: Session) -> Outcome:
    return Outcome(changes=Batch((Sessions.end(session.id),)))
