"""How Meta regards a number: whether it may send, how fast, and how well it is rated."""

from __future__ import annotations

import logging
from collections.abc import Callable

from whinchat.core.ports import Clock, Metric, MetricKind, Metrics
from whinchat.core.types import ConnectionState, Notice, NoticeKind
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.decode import digits, word
from whinchat.transports.cloud.errors import Remedy
from whinchat.transports.cloud.pace import COEXISTENCE, LEVELS, Pace

log = logging.getLogger(__name__)

PAUSE = 3600.0  # seconds
OF_THE_TOKEN = frozenset({None, 0, 190})
"""Codes that say no more than that the token is not good."""
SHUT_OUT = frozenset({368, 131031})
"""Of the account; the others are of the number's own doing."""
POOR = frozenset({"yellow", "red"})
BANS = {"DISABLE": True, "REINSTATE": False}
TOLD = frozenset({"DISABLED_UPDATE", "ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "ACCOUNT_DELETED", "PARTNER_REMOVED"})
FIELDS = "id,display_phone_number,quality_rating,throughput,is_on_biz_app,status"

RATE = Metric(
    MetricKind.GAUGE, "whinchat_cloud_rate", "Messages a second that a number allows itself to send.", ("account",)
)
QUALITY = Metric(
    MetricKind.GAUGE, "whinchat_cloud_quality", "1 for how Meta rates a number now.", ("account", "rating")
)

NO_ACCESS = "Meta does not accept the token: put a new one into token_file; it is read at once. `whinchat doctor` says "
NO_ACCESS += "what is missing."
MAY_NOT_SEND = (
    "Meta lets nothing be sent (error {code}): the token in token_file needs whatsapp_business_messaging, the number "
    "its registration and display name (WhatsApp Manager). `whinchat doctor` says what it can see."
)
SHUT = "Meta has shut the account out: see WhatsApp Manager, Account quality."
FLAGGED = "Too many people blocked or reported this number: Meta lets it send again after a while."


class Standing:
    """`tell` is told of what has changed; `enter` of the connection's state."""

    def __init__(
        self,
        account: str,
        pace: Pace,
        clock: Clock,
        metrics: Metrics,
        enter: Callable[[ConnectionState], None],
        tell: Callable[[Notice], None],
    ) -> None:
        self._account = account
        self._pace = pace
        self._clock = clock
        self._metrics = metrics
        self._enter = enter
        self._tell = tell
        self._held: tuple[float, ConnectionState] | None = None
        """Until when on the monotonic clock, and as what."""
        self._display = ""
        self.quality = ""
        self.hint = ""
        """What the operator can do; empty when nothing needs to be done."""

    @property
    def held_for(self) -> float:
        """Seconds that it may not send; 0 for none."""
        return 0.0 if self._held is None else max(0.0, self._held[0] - self._clock.monotonic())

    def learn(self, remedy: Remedy, code: int | None, chat: str) -> float | None:
        """As `sends.Learn`."""
        match remedy:
            case Remedy.SLOWER:
                if self._pace.slower():
                    self._notice(NoticeKind.QUOTA, str(code or "too_many"))
                    self._measure()
            case Remedy.PAIR:
                return self._pace.pair(chat)
            case Remedy.REST:
                self._pace.rest(chat)
            case Remedy.PAUSE:
                self._pause(code)
                return self.held_for
            case Remedy.ACCESS:
                self.no_access(code)
        return None

    def no_access(self, code: int | None = None) -> None:
        if not self.hint:
            log.error(
                "Meta does not accept the token or its permissions", extra={"account": self._account, "error": code}
            )
        self.hint = NO_ACCESS if code in OF_THE_TOKEN else MAY_NOT_SEND.format(code=code)
        self._enter(ConnectionState.LOGGED_OUT)

    def seen(self, number: shapes.Number) -> None:
        """What Meta says of the number: it answers, so the token is good."""
        self._display = digits(number.display_phone_number)
        level = number.throughput.level if number.throughput is not None else None
        self._pace.allow(COEXISTENCE if number.is_on_biz_app else LEVELS.get(level or ""))
        self._rate(word(number.quality_rating) if number.quality_rating else "")
        self._measure()
        if number.status == "BANNED":
            self._hold(ConnectionState.BANNED, SHUT)
        if self._held is not None and self.held_for > 0:
            self._enter(self._held[1])
            return
        self._held = None
        self.hint = ""
        self._enter(ConnectionState.ONLINE)

    def told(self, field: str, value: shapes.Value) -> bool:
        """A webhook about the account or one of its numbers. Whether it is worth another look at the number."""
        if field == "phone_number_quality_update":
            if self._display and digits(value.display_phone_number) not in {"", self._display}:
                return False
            self._notice(NoticeKind.QUALITY, word(value.event))
            return True
        if field != "account_update" or value.event not in TOLD:
            return False
        restrictions = value.restriction_info or []
        ends = [each.expiration for each in restrictions if each.expiration is not None]
        kinds = [word(each.restriction_type) for each in restrictions]
        detail = kinds[0] if kinds else word(value.event)
        self._notice(NoticeKind.RESTRICTED, detail, until=max(ends) * 1000 if ends else None)
        ban = None if value.ban_info is None else BANS.get(value.ban_info.waba_ban_state or "")
        if ban:
            self._hold(ConnectionState.BANNED, SHUT)
        elif ban is False:
            self._held = None
        return True

    def _pause(self, code: int | None) -> None:
        if self.held_for > 0:
            return
        self._notice(NoticeKind.RESTRICTED, str(code), until=self._clock.now() + int(PAUSE * 1000))
        if code in SHUT_OUT:
            self._hold(ConnectionState.BANNED, SHUT)
        else:
            self._hold(ConnectionState.DEGRADED, FLAGGED)

    def _hold(self, state: ConnectionState, hint: str) -> None:
        self._held = (self._clock.monotonic() + PAUSE, state)
        self.hint = hint
        self._enter(state)

    def _rate(self, rating: str) -> None:
        if rating == self.quality:
            return
        if self.quality or rating in POOR:
            self._notice(NoticeKind.QUALITY, rating)
        if self.quality:
            self._metrics.set(QUALITY, 0, account=self._account, rating=self.quality)
        if rating:
            self._metrics.set(QUALITY, 1, account=self._account, rating=rating)
        self.quality = rating

    def _measure(self) -> None:
        self._metrics.set(RATE, self._pace.rate, account=self._account)

    def _notice(self, kind: NoticeKind, detail: str, until: int | None = None) -> None:
        self._tell(Notice(account=self._account, kind=kind, detail=detail, until=until))
