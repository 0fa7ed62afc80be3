"""How much a number may send, and to whom: on the clock that the test moves.

From Meta's pages on throughput, pair rates and the customer service window (business-messaging/whatsapp/throughput,
…/messages/send-messages): 80 messages a second and number (20 where the number is also used in the app, 1,000 after an
upgrade), one in six seconds to one person with a burst of 45, and freely only for 24 hours after a person last wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.graph.errors import GraphError

WINDOW = 24 * 3600.0  # seconds
PER_SECOND = {"STANDARD": 80, "HIGH": 1000, "NOT_APPLICABLE": 0}
COEXISTENCE = 20


@dataclass
class Bucket:
    """Tokens: `rate` come back each second, `most` are saved up."""

    rate: float
    most: int
    _taken: float = field(default=0.0, init=False)
    _at: float = field(default=0.0, init=False)

    def take(self, now: float) -> bool:
        self._taken = max(0.0, self._taken - (now - self._at) * self.rate)
        self._at = now
        if self._taken + 1 > self.most:
            return False
        self._taken += 1
        return True


@dataclass
class Limits:
    """Of one number. `pair_rate` in messages a second."""

    per_second: int = PER_SECOND["STANDARD"]
    pair_rate: float = 1 / 6
    pair_burst: int = 45
    window: float = WINDOW
    _number: Bucket | None = field(default=None, init=False)
    _pairs: dict[str, Bucket] = field(default_factory=dict, init=False)
    _wrote: dict[str, float] = field(default_factory=dict, init=False)

    def heard(self, person: str, now: float) -> None:
        """A person wrote, reacted or tapped: from now on they may be written to."""
        self._wrote[person] = now

    def is_open(self, person: str, now: float) -> bool:
        wrote = self._wrote.get(person)
        return wrote is not None and now - wrote < self.window

    def spend(self, person: str, now: float) -> None:
        """One message leaves. Raises GraphError: the number's or the pair's limit is reached, and nothing is spent."""
        pair = self._pairs.setdefault(person, Bucket(self.pair_rate, self.pair_burst))
        if self._number is None or self._number.most != self.per_second:
            self._number = Bucket(self.per_second, self.per_second)
        if not self._number.take(now):
            raise GraphError(130429)
        if not pair.take(now):
            raise GraphError(131056)
