"""Who did what: every change by an admin, and what the service did to messages and members by itself."""

from __future__ import annotations

from whinchat.admin.sessions import short
from whinchat.core.dispatch.audit import Audit, AuditEntry
from whinchat.core.pages import Nav, PageRequest, View

SHOWN = 50


class AuditLog:
    """`before`: entries with smaller numbers; `chat`: of one chat, by its key in hexadecimal digits."""

    path = "/audit"
    title = "admin.audit.title"
    nav = Nav(2, "audit")

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def show(self, request: PageRequest) -> View:
        chat = _key(request.query.get("chat", ""))
        before = request.query.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        entries = await self._audit.page(before=number, chat=chat, limit=SHOWN + 1)
        data = {
            "entries": [_shown(entry) for entry in entries[:SHOWN]],
            "chat": chat.hex() if chat else "",
            "next": entries[SHOWN - 1].id if len(entries) > SHOWN else None,
            "first": number is None,
        }
        return View("admin/audit.html", data)


def _shown(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "via": entry.via.value,
        "actor": short(entry.actor) if entry.actor else "",
        "chat": entry.chat.hex() if entry.chat else "",
        "action": entry.action,
        "detail": entry.detail,
    }


def _key(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text[:64]) or None
    except ValueError:
        return None
