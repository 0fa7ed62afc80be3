"""What the library calls back with, in our own words. Which callback carries what: `goneonize/utils/encoder.go`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from whinchat.core.types import Notice, NoticeKind
from whinchat.transports.linked import callbacks, wire
from whinchat.transports.linked.decode_groups import Groups
from whinchat.transports.linked.decode_history import Histories
from whinchat.transports.linked.decode_messages import Messages
from whinchat.transports.linked.items import (
    Identities,
    Item,
    Lifecycle,
    LifecycleKind,
    QrCodes,
    Told,
    Undecodable,
)
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import bare, text

SERVER_CODES: Final = {
    wire.ConnectFailureReason.GENERIC: "400",
    wire.ConnectFailureReason.LOGGED_OUT: "401",
    wire.ConnectFailureReason.TEMP_BANNED: "402",
    wire.ConnectFailureReason.MAIN_DEVICE_GONE: "403",
    wire.ConnectFailureReason.CLIENT_OUTDATED: "405",
    wire.ConnectFailureReason.UNKNOWN_LOGOUT: "406",
    wire.ConnectFailureReason.BAD_USER_AGENT: "409",
    wire.ConnectFailureReason.INTERNAL_SERVER_ERROR: "500",
    wire.ConnectFailureReason.EXPERIMENTAL: "501",
    wire.ConnectFailureReason.SERVICE_UNAVAILABLE: "503",
}
"""What the server said, by the library's name for it (whatsmeow `types/events/events.go`)."""

LONGEST_BAN: Final = 10 * 365 * 24 * 3600  # seconds

_UNSPEAKABLE = re.compile(r"[^a-z0-9_-]+")


class Decoder:
    """For one account. Pure but for `Identities.learn`; one callback at a time, in the order in which they came."""

    def __init__(self, account: str, identities: Identities) -> None:
        self._account = account
        self._people = People(identities)
        self._messages = Messages(account, self._people)
        self._groups = Groups(account, self._people)
        self._histories = Histories(account, self._people, self._messages)
        self._readers: dict[str, Callable[[bytes], Item | None]] = {
            callbacks.ME: self._me,
            callbacks.QR: _qr,
            callbacks.PAIR_STATUS: self._pair_status,
            callbacks.PAIRING_ENDED: _pairing_ended,
            callbacks.CONNECTED: lambda _: Lifecycle(LifecycleKind.CONNECTED),
            callbacks.DISCONNECTED: lambda _: Lifecycle(LifecycleKind.DISCONNECTED),
            callbacks.KEEP_ALIVE_TIMEOUT: _keep_alive_timeout,
            callbacks.KEEP_ALIVE_RESTORED: lambda _: Lifecycle(LifecycleKind.HEARD_AGAIN),
            callbacks.LOGGED_OUT: _logged_out,
            callbacks.STREAM_REPLACED: lambda _: Lifecycle(LifecycleKind.REPLACED),
            callbacks.TEMPORARY_BAN: _temporary_ban,
            callbacks.CONNECT_FAILURE: _connect_failure,
            callbacks.CLIENT_OUTDATED: lambda _: Lifecycle(LifecycleKind.OUTDATED),
            callbacks.STREAM_ERROR: _stream_error,
            callbacks.OFFLINE_SYNC_PREVIEW: _offline_sync_preview,
            callbacks.OFFLINE_SYNC_COMPLETED: _offline_sync_completed,
            callbacks.HISTORY_SYNC: self._histories.piece,
            callbacks.RECEIPT: self._messages.receipt,
            callbacks.UNDECRYPTABLE: self._messages.undecryptable,
            callbacks.CALL_OFFER: self._call,
            callbacks.CALL_OFFER_NOTICE: self._call,
        }

    def item(self, name: str, data: bytes, *, now: int, offline: bool = False) -> Item | None:
        """What the callback `name` (`callbacks`) says, or None when it is nothing to us.

        `now`: milliseconds, for what comes without a time. `offline`: it is one of those that waited while the account
        was away (`LifecycleKind.WAITING` to `CAUGHT_UP`).

        Raises:
            Undecodable: and nothing else, whatever the bytes are.
        """
        try:
            match name:
                case callbacks.MESSAGE:
                    return self._messages.message(data, now=now, offline=offline)
                case callbacks.GROUP_INFO:
                    return self._groups.changed(data, now=now)
                case callbacks.JOINED_GROUP:
                    return self._groups.joined(data, now=now)
                case _:
                    reader = self._readers.get(name)
                    return None if reader is None else reader(data)
        except wire.DecodeError as error:
            raise Undecodable("a callback cannot be read") from error

    def _me(self, data: bytes) -> Lifecycle:
        told = wire.Device.FromString(data)
        phone, lid = bare(told.JID), bare(told.LID)
        if not phone:
            raise Undecodable("an account without an id")
        self._people.learn(lid, phone)
        return Lifecycle(
            LifecycleKind.ME, user=self._people.user(phone, text(told.PushName, 100)), device=_device(told.JID)
        )

    def _pair_status(self, data: bytes) -> Lifecycle:
        told = wire.PairStatus.FromString(data)
        if not told.HasField("Status") or told.Status != wire.PairResult.SUCCESS:
            return Lifecycle(LifecycleKind.PAIRING_FAILED, code="error")
        phone = bare(told.ID)
        if not phone:
            raise Undecodable("an account without an id")
        return Lifecycle(LifecycleKind.PAIRED, user=self._people.user(phone), device=_device(told.ID))

    def _call(self, _: bytes) -> Told:
        return Told(Notice(account=self._account, kind=NoticeKind.CALL))


def _device(jid: wire.Jid) -> str:
    user, _, server = bare(jid).partition("@")
    return f"{user}:{jid.Device}@{server}" if jid.Device else f"{user}@{server}"


def code(value: str | bytes) -> str:
    """A word of the server's or the library's, fit for logs."""
    return _UNSPEAKABLE.sub("_", text(value, 40).lower()).strip("_") or "unknown"


def _qr(data: bytes) -> QrCodes:
    return QrCodes(tuple(text(each, 1024) for each in wire.QR.FromString(data).Codes[:16]))


def _pairing_ended(data: bytes) -> Lifecycle | None:
    said = code(data)
    return None if said == "success" else Lifecycle(LifecycleKind.PAIRING_FAILED, code=said)


def _keep_alive_timeout(data: bytes) -> Lifecycle:
    return Lifecycle(LifecycleKind.SILENT, count=max(wire.KeepAliveTimeout.FromString(data).ErrorCount, 0))


def _reason(told: wire.LoggedOut | wire.ConnectFailure) -> str:
    return SERVER_CODES[wire.ConnectFailureReason(told.Reason)] if told.HasField("Reason") else "unknown"


def _logged_out(data: bytes) -> Lifecycle:
    """Not while connecting (the library says GENERIC or nothing): the phone has taken the device off, as with 401."""
    told = wire.LoggedOut.FromString(data)
    return Lifecycle(LifecycleKind.LOGGED_OUT, code=_reason(told))


def _connect_failure(data: bytes) -> Lifecycle:
    return Lifecycle(LifecycleKind.CONNECT_FAILED, code=_reason(wire.ConnectFailure.FromString(data)))


def _temporary_ban(data: bytes) -> Lifecycle:
    told = wire.TemporaryBan.FromString(data)
    why = wire.BanReason(told.Code).name.lower() if told.HasField("Code") else "unknown"
    lasts = min(told.Expire, LONGEST_BAN)
    return Lifecycle(LifecycleKind.BANNED, code=why, seconds=lasts if lasts > 0 else None)


def _stream_error(data: bytes) -> Lifecycle:
    return Lifecycle(LifecycleKind.STREAM_FAILED, code=code(wire.StreamError.FromString(data).Code))


def _offline_sync_preview(data: bytes) -> Lifecycle:
    return Lifecycle(LifecycleKind.WAITING, count=max(wire.OfflineSyncPreview.FromString(data).Total, 0))


def _offline_sync_completed(data: bytes) -> Lifecycle:
    return Lifecycle(LifecycleKind.CAUGHT_UP, count=max(wire.OfflineSyncCompleted.FromString(data).Count, 0))
