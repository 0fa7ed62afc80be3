"""What the library calls back about: its numbers, and what they are called here. Nothing but names: the child reads it.

Source: `goneonize/main.go`, the event handler in `Neonize`, and `neonize/events.py` (`EVENT_TO_INT`) of neonize 0.5.2.
"""

from __future__ import annotations

from typing import Final

ME: Final = "me"
QR: Final = "qr"
PAIR_STATUS: Final = "pair_status"
CONNECTED: Final = "connected"
KEEP_ALIVE_TIMEOUT: Final = "keep_alive_timeout"
KEEP_ALIVE_RESTORED: Final = "keep_alive_restored"
LOGGED_OUT: Final = "logged_out"
STREAM_REPLACED: Final = "stream_replaced"
TEMPORARY_BAN: Final = "temporary_ban"
CONNECT_FAILURE: Final = "connect_failure"
CLIENT_OUTDATED: Final = "client_outdated"
STREAM_ERROR: Final = "stream_error"
DISCONNECTED: Final = "disconnected"
HISTORY_SYNC: Final = "history_sync"
MESSAGE: Final = "message"
RECEIPT: Final = "receipt"
JOINED_GROUP: Final = "joined_group"
GROUP_INFO: Final = "group_info"
OFFLINE_SYNC_PREVIEW: Final = "offline_sync_preview"
OFFLINE_SYNC_COMPLETED: Final = "offline_sync_completed"
CALL_OFFER: Final = "call_offer"
CALL_OFFER_NOTICE: Final = "call_offer_notice"
UNDECRYPTABLE: Final = "undecryptable"

PAIRING_ENDED: Final = "pairing_ended"
"""Not one of the library's events: the text with which it ends to show QR codes (`success`, `timeout`, …)."""

NAMES: Final[dict[int, str]] = {
    0: ME,
    1: QR,
    2: PAIR_STATUS,
    3: CONNECTED,
    4: KEEP_ALIVE_TIMEOUT,
    5: KEEP_ALIVE_RESTORED,
    6: LOGGED_OUT,
    7: STREAM_REPLACED,
    8: TEMPORARY_BAN,
    9: CONNECT_FAILURE,
    10: CLIENT_OUTDATED,
    11: STREAM_ERROR,
    12: DISCONNECTED,
    13: HISTORY_SYNC,
    17: MESSAGE,
    18: RECEIPT,
    21: JOINED_GROUP,
    22: GROUP_INFO,
    26: OFFLINE_SYNC_PREVIEW,
    27: OFFLINE_SYNC_COMPLETED,
    36: CALL_OFFER,
    40: CALL_OFFER_NOTICE,
    44: UNDECRYPTABLE,
}
