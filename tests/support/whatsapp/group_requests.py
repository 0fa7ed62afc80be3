"""What linked devices ask about groups and do in them: `w:g2` queries, and messages to groups (whatsmeow: group.go).

Who is in no such group is told 403, who asks for none that there is 404, as whatsmeow reads these answers. That a
member is no admin is 403 as well; for one participant of several it is said at that participant.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.contents import Key
from tests.support.whatsapp.group_messages import Received
from tests.support.whatsapp.groups import Group
from tests.support.whatsapp.handlers import Handlers, Iq, Refusal
from tests.support.whatsapp.nodes import Node, child, children, data, node
from tests.support.whatsapp.proto import P
from tests.support.whatsapp.stamps import new_id

ADMIN_REVOKE = "8"
ERRORS = {429: "rate-overlimit", 500: "internal-server-error", 503: "service-unavailable"}
SETTINGS = {"announcement": "announce", "not_announcement": "open", "locked": "lock", "unlocked": "unlock"}


def register(handlers: Handlers) -> None:
    asked: dict[str, Iq] = {"query": _query, "participating": _participating}
    changed: dict[str, Iq] = {"leave": _leave, "subject": _subject}
    changed |= {kind: _participants(kind) for kind in ("add", "remove", "promote", "demote")}
    changed |= {tag: _setting(change) for tag, change in SETTINGS.items()}
    for kind, answers in (("get", asked), ("set", changed)):
        for tag, answer in answers.items():
            handlers.iq("w:g2", kind, tag, _fallible(tag, answer))
    handlers.chat("g.us", _message)


def _fallible(tag: str, answer: Iq) -> Iq:
    async def handle(connection: Connection, iq: Node) -> Sequence[Node] | None:
        fault = connection.whatsapp.groups.fault_for(tag)
        if fault is None:
            return await answer(connection, iq)
        if fault.arrives:
            await answer(connection, iq)
        if fault.error:
            raise Refusal(fault.error, ERRORS[fault.error])
        return None

    return handle


async def _query(connection: Connection, iq: Node) -> list[Node]:
    return [_group(connection, iq.attrs["to"]).description()]


async def _participating(connection: Connection, _: Node) -> list[Node]:
    groups = [group for group in connection.whatsapp.groups.all() if group.has(connection.account)]
    return [node("groups", [group.description() for group in groups])]


async def _leave(connection: Connection, iq: Node) -> list[Node]:
    told = []
    for asked in children(child(iq, "leave") or iq, "group"):
        group = _group(connection, asked.attrs["id"])
        await group.change("leave", by=connection.account)
        _note(group, "leave", connection.account, connection.account.lid)
        told.append(node("group", id=group.jid))
    return [node("leave", told)]


async def _subject(connection: Connection, iq: Node) -> list[Node]:
    group = _group(connection, iq.attrs["to"], as_admin=True)
    await group.change("subject", by=connection.account, subject=data(iq, "subject").decode())
    _note(group, "subject", connection.account)
    return []


def _setting(change: str) -> Iq:
    async def handle(connection: Connection, iq: Node) -> list[Node]:
        group = _group(connection, iq.attrs["to"], as_admin=True)
        await group.change(change, by=connection.account)
        _note(group, change, connection.account)
        return []

    return handle


def _participants(kind: str) -> Iq:
    async def handle(connection: Connection, iq: Node) -> list[Node]:
        group = _group(connection, iq.attrs["to"], as_admin=True)
        answers = []
        for asked in children(child(iq, kind) or iq, "participant"):
            error = await _change(connection, group, kind, asked.attrs["jid"])
            answers.append(node("participant", jid=asked.attrs["jid"], error=str(error) if error else None))
        return [node(kind, answers)]

    return handle


async def _change(connection: Connection, group: Group, kind: str, jid: str) -> int:
    """Gives 0, or why not for this one: 404 not there, 409 there already, 406 may not be done to the group's maker."""
    whatsapp, account = connection.whatsapp, connection.account
    if kind == "add":
        who = whatsapp.person_at(jid) or whatsapp.account_at(jid)
        error = 404 if who is None else 409 if group.has(who) else 0
    else:
        who = group.find(jid)
        error = 404 if who is None else 406 if group.is_creator(who) else 0
    if who is None or error:
        return error
    await group.change(kind, by=account, who=who)
    _note(group, kind, account, who.lid)
    return 0


async def _message(connection: Connection, stanza: Node) -> None:
    group, account = _group(connection, stanza.attrs["to"]), connection.account
    if (group.announce or stanza.attrs.get("edit") == ADMIN_REVOKE) and not group.is_admin(account):
        raise Refusal(403, "forbidden")
    stanza.attrs["phash"] = await group.messages.take(connection.linked, stanza)


def _group(connection: Connection, jid: str, *, as_admin: bool = False) -> Group:
    group = connection.whatsapp.groups.get(jid)
    if group is None:
        raise Refusal(404, "item-not-found")
    if not group.has(connection.account) or (as_admin and not group.is_admin(connection.account)):
        raise Refusal(403, "forbidden")
    return group


def _note(group: Group, kind: str, account: Account, who: str = "") -> None:
    key = Key(group.jid, account.lid, new_id())
    group.received.add(Received(kind, key, account, P.Message(), who))
