"""The bot's accounts: how each is connected, and linking one with a phone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from whinchat.admin.qr import Drawn, drawn
from whinchat.admin.whole import Account
from whinchat.core.dispatch.intake import Told
from whinchat.core.errors import TransportError
from whinchat.core.formatting.phone import phone_number
from whinchat.core.pages import Acted, Done, Nav, NotFound, Notice, PageRequest, Redirect, View
from whinchat.core.ports import Linkable, Pairing
from whinchat.core.types import ConnectionState, NoticeKind

REMEMBERED = 24 * 3600 * 1000  # milliseconds that a notice without an end is shown

GRADES = {
    ConnectionState.ONLINE: "ready",
    ConnectionState.STOPPED: "",
    ConnectionState.CONNECTING: "degraded",
    ConnectionState.DEGRADED: "degraded",
    ConnectionState.NEED_PAIRING: "degraded",
}
TO_BE_LINKED = frozenset({ConnectionState.NEED_PAIRING, ConnectionState.LOGGED_OUT})
RETRIED = frozenset({ConnectionState.REPLACED, ConnectionState.BANNED, ConnectionState.OUTDATED})
OF_THE_CLOUD = frozenset({"state_logged_out", "about_logged_out", "about_banned", "about_degraded", "about_connecting"})
"""What is said in other words where no phone is linked."""
SHOWN_NOTICES = frozenset({NoticeKind.RESTRICTED, NoticeKind.QUOTA, NoticeKind.QUALITY})
KNOWN_FAULTS = frozenset({"linked", "bad_number", "rate_limited", "unreachable"})


@dataclass(frozen=True, slots=True)
class Card:
    """One account as it is shown. `pairing` is secret; pages are never cached."""

    name: str
    network: str
    state: str
    """The end of a key of the catalogues, as `about` is."""
    about: str
    grade: str
    told: Sequence[Told]
    since: int | None = None
    hint: str = ""
    code: str = ""
    qr: Drawn | None = None
    expires_at: int = 0
    actions: Sequence[str] = ()
    """Of `qr`, `code`, `retry` and `logout`, those that make sense now."""


class AccountsPage:
    """A form says which `account` and what to `do` (`qr`, `code` with a `phone`, `retry` or `logout`)."""

    path = "/accounts"
    title = "admin.accounts.title"
    nav = Nav(0, "accounts")

    def __init__(self, accounts: Sequence[Account], told: Callable[[], Sequence[Told]]) -> None:
        """`told`: what the networks told the accounts, newest last."""
        self._accounts = accounts
        self._told = told
        self._linkable = {
            account.transport.account: account.transport
            for account in accounts
            if isinstance(account.transport, Linkable)
        }

    async def show(self, request: PageRequest) -> View:
        cards = [self._card(account, request.now) for account in self._accounts]
        data = {"accounts": cards, "linkable": list(self._linkable)}
        return View("admin/accounts.html", data, live="admin/accounts_live.html")

    async def mark(self, request: PageRequest) -> object:
        seen = [(each.state, each.since, each.hint, _valid(each, request.now)) for each in self._linkable.values()]
        return [account.transport.state for account in self._accounts], seen, self._told_lately(request.now)

    async def act(self, request: PageRequest) -> Acted:
        account = self._linkable.get(request.form.get("account", ""))
        do = request.form.get("do", "")
        if account is None or do not in VERBS:
            return NotFound()
        try:
            notice = await VERBS[do](account, request.form)
        except TransportError as error:
            fault = error.code if error.code in KNOWN_FAULTS else "other"
            return Redirect(self.path, Notice(f"admin.accounts.failed_{fault}", good=False))
        then = Redirect(self.path, None if notice is None else Notice(notice, {"account": account.account}))
        return Done(f"admin.account.{do}", account.account, then)

    def _card(self, account: Account, now: int) -> Card:
        transport = account.transport
        state = transport.state
        told = [each for each in self._told_lately(now) if each.notice.account == transport.account]
        card = Card(
            transport.account,
            account.network,
            _words("state", account.network, state),
            _words("about", account.network, state),
            GRADES.get(state, "failing"),
            told,
        )
        if not isinstance(transport, Linkable):
            return card
        pairing = _valid(transport, now)
        return replace(
            card,
            since=transport.since,
            hint=transport.hint,
            code="" if pairing is None else pairing.code,
            qr=drawn(pairing.qr) if pairing is not None and pairing.qr else None,
            expires_at=0 if pairing is None else pairing.expires_at,
            actions=_actions(state),
        )

    def _told_lately(self, now: int) -> Sequence[Told]:
        return [
            each
            for each in self._told()
            if each.notice.kind in SHOWN_NOTICES and (each.notice.until or each.at + REMEMBERED) > now
        ]


def _words(what: str, network: str, state: ConnectionState) -> str:
    cloud = network == "cloud" and f"{what}_{state.value}" in OF_THE_CLOUD
    return f"{what}_cloud_{state.value}" if cloud else f"{what}_{state.value}"


def _valid(account: Linkable, now: int) -> Pairing | None:
    """What is to be shown of its pairing."""
    pairing = account.pairing
    if pairing is None or account.state not in TO_BE_LINKED or pairing.expires_at <= now:
        return None
    return pairing


def _actions(state: ConnectionState) -> Sequence[str]:
    if state in TO_BE_LINKED:
        return ("qr", "code")
    if state is ConnectionState.STOPPED:
        return ()
    return ("retry", "logout") if state in RETRIED else ("logout",)


# --- what a form does: gives the key of what is said afterwards. Raises TransportError. ---------------------------


async def _qr(account: Linkable, _form: Mapping[str, str]) -> None:
    await account.pair(None)


async def _code(account: Linkable, form: Mapping[str, str]) -> None:
    phone = phone_number(form.get("phone", ""))
    if phone is None:
        raise TransportError("this is no phone number with its country's code", code="bad_number")
    await account.pair(phone)


async def _retry(account: Linkable, _form: Mapping[str, str]) -> str:
    await account.reconnect()
    return "admin.accounts.retried"


async def _logout(account: Linkable, _form: Mapping[str, str]) -> str:
    await account.logout()
    return "admin.accounts.logged_out"


VERBS: Mapping[str, Callable[[Linkable, Mapping[str, str]], Awaitable[str | None]]] = {
    "qr": _qr,
    "code": _code,
    "retry": _retry,
    "logout": _logout,
}
