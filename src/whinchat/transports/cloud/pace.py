"""How fast a number may send, and whom it has to leave alone.

Meta, business-messaging/whatsapp/throughput (80 messages a second and number, 20 where the Business app uses it too,
1,000 after an upgrade) and /messages/send-messages (pair rate limits: about one message in 6 s, a burst of 45).
"""

from __future__ import annotations

from whinchat.core.ports import Clock
from whinchat.core.types import Pacing
from whinchat.transports.cloud.recent import Recent

PAIR_RATE = 1 / 6  # messages a second to one person
PAIR_BURST = 45
SLOWEST = 1.0  # messages a second
LEVELS = {"STANDARD": 80, "HIGH": 1000}
COEXISTENCE = 20  # messages a second of a number that is in the Business app too

SETTLE = 2.0  # seconds in which more complaints say the same as the first
STEP = 30.0  # seconds without a complaint after which a tenth of the full pace comes back
LONGEST_PAIR = 4  # 4 to the power of this: 256 s
REST = 24 * 3600.0  # seconds that a person is left alone whom Meta does not want to be written to


class Pace:
    """Halved by a complaint about the number, a tenth of it regained each `STEP`; `per_second` is its ceiling."""

    def __init__(self, clock: Clock, per_second: int) -> None:
        self._clock = clock
        self._chosen = per_second
        self._ceiling = float(per_second)
        self._lowered = float(per_second)
        self._complained: float | None = None
        self._pairs: Recent[tuple[int, float]] = Recent()
        """Chat to how often in a row it was too fast, and until when it has to wait."""
        self._rests: Recent[float] = Recent()
        self._pacing = self._paced(self._ceiling)

    @property
    def rate(self) -> float:
        """Messages a second, now."""
        if self._complained is None:
            return self._ceiling
        steps = (self._clock.monotonic() - self._complained) // STEP
        return min(self._ceiling, self._lowered + self._ceiling * steps / 10)

    @property
    def pacing(self) -> Pacing:
        rate = self.rate
        if rate != self._pacing.account_rate:
            self._pacing = self._paced(rate)
        return self._pacing

    def allow(self, per_second: int | None) -> None:
        """What Meta says the number may do; None where it does not say."""
        self._ceiling = float(self._chosen if per_second is None else min(self._chosen, per_second))
        self._lowered = min(self._lowered, self._ceiling)

    def slower(self) -> bool:
        """The number sent too much. False when that was said only just now."""
        now = self._clock.monotonic()
        if self._complained is not None and now - self._complained < SETTLE:
            return False
        self._lowered = max(SLOWEST, self.rate / 2)
        self._complained = now
        return True

    def pair(self, chat: str) -> float:
        """That chat was sent too much: seconds that it has to wait."""
        known = self._pairs.get(chat)
        times = 0 if known is None else min(LONGEST_PAIR, known[0] + 1)
        wait = 4.0**times
        self._pairs.put(chat, (times, self._clock.monotonic() + wait))
        return wait

    def waits(self, chat: str) -> float:
        """Seconds that the chat still has to wait; 0 for none."""
        known = self._pairs.get(chat)
        return 0.0 if known is None else max(0.0, known[1] - self._clock.monotonic())

    def fine(self, chat: str) -> None:
        """A message went through."""
        self._pairs.pop(chat)

    def rest(self, chat: str) -> None:
        self._rests.put(chat, self._clock.monotonic() + REST)

    def rests(self, chat: str) -> bool:
        until = self._rests.get(chat)
        return until is not None and self._clock.monotonic() < until

    def _paced(self, rate: float) -> Pacing:
        return Pacing(account_rate=rate, account_burst=max(1, int(rate)), chat_rate=PAIR_RATE, chat_burst=PAIR_BURST)
