"""Who is signed in, to be signed out."""

from __future__ import annotations

from whinchat.admin.sessions import Sessions
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.pages import Acted, Done, Nav, NotFound, Notice, PageRequest, Redirect, View
from whinchat.core.ports import Batch


class SignedIn:
    path = "/sessions"
    title = "admin.sessions.title"
    nav = Nav(3, "sessions")

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def show(self, request: PageRequest) -> View:
        return View("admin/sessions.html", {"signed_in": await self._sessions.all(), "own": request.actor})

    async def act(self, request: PageRequest) -> Acted:
        """Ends the session whose number the form has as `session`."""
        given = request.form.get("session", "")
        ended = next((each for each in await self._sessions.all() if each.id.hex() == given), None)
        if ended is None:
            return NotFound()
        return Done(
            "admin.session.end",
            f"{ended.short} {ended.device}",
            Redirect("/sessions", Notice("admin.sessions.ended")),
            Outcome(changes=Batch((self._sessions.end(ended.id),))),
        )
