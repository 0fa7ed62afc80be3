"""Webhooks: signed, posted to the callback address, and posted again until they are answered with 200.

At least once, in no promised order (business-messaging/whatsapp/webhooks/overview): a webhook that is not taken is
tried again less and less often for seven days, while those after it go on. What Graph writes is ASCII with escaped
slashes, so that a signature over anything but the raw bytes is wrong.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random

import aiohttp
from tests.support.graph.errors import Json

from whinchat.core.ports import Clock

WEEK = 7 * 24 * 3600.0
PATIENCE = 10.0  # seconds that Graph waits for an answer


def encode(payload: Json) -> bytes:
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def sign(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(eq=False)
class Delivery:
    """One change on its way. `answers`: the status of each attempt, 0 for none."""

    business: str
    change: Json
    answers: list[int] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Backoff:
    """Seconds: the first wait, how much longer each next one is, the longest, and when to give up."""

    first: float = 1.0
    factor: float = 2.0
    longest: float = 3600.0
    most: float = WEEK

    def waits(self) -> list[float]:
        found: list[float] = []
        wait = self.first
        while sum(found) + wait <= self.most:
            found.append(wait)
            wait = min(self.longest, wait * self.factor)
        return found


class Webhooks:
    """`callback` and `secret` may change at any time; without a callback nothing is posted."""

    def __init__(self, clock: Clock, random: Random, secret: str, backoff: Backoff) -> None:
        self.callback = ""
        self.secret = secret
        self.batch = 1
        """As many changes as this are told in one webhook, when they wait."""
        self.held = False
        """While true nothing is posted for the first time."""
        self.jitter = 0.0
        """Seconds by which each webhook is late, at most: they overtake each other."""
        self.deliveries: list[Delivery] = []
        """All that there ever were."""
        self._clock = clock
        self._random = random
        self._backoff = backoff
        self._copies = 1
        self._under_way = 0
        self._lane: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    # --- what a test says ---

    def duplicate(self, times: int) -> None:
        """The next change is posted so many times."""
        self._copies = times

    def hold(self) -> None:
        self.held = True

    def release(self, *, backwards: bool = False) -> None:
        """What was held goes out now."""
        self.held = False
        if backwards:
            self._lane.reverse()
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Changes that were not taken yet, and are not given up."""
        return len(self._lane) + len(self._tasks) - 1 + self._under_way

    async def quiet(self) -> None:
        """When all have been taken or given up; with a clock that stands still, only when none is tried again."""
        async with asyncio.timeout(PATIENCE):
            while self.waiting:
                await asyncio.sleep(0.001)

    # --- posting ---

    def post(self, business: str, name: str, value: Json) -> Delivery:
        """A change of the field `name` of an account."""
        delivery = Delivery(business, {"field": name, "value": value})
        copies, self._copies = self._copies, 1
        self.deliveries.append(delivery)
        if not self.callback or self._session is None:
            delivery.tried.set()
            return delivery
        if self.held or self.jitter:
            delivery.tried.set()
        self._lane.extend([delivery] * copies)
        self._wake.set()
        return delivery

    def start(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._spawn(self._run())

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._lane and not self.held:
                together = self._next()
                if self.jitter:
                    self._spawn(self._late(together, self._random.random() * self.jitter))
                elif not await self._deliver(together):
                    self._spawn(self._again(together))

    def _next(self) -> list[Delivery]:
        together = [self._lane.popleft()]
        while self._lane and len(together) < self.batch and self._lane[0].business == together[0].business:
            together.append(self._lane.popleft())
        return together

    async def _late(self, together: list[Delivery], seconds: float) -> None:
        await self._clock.sleep(seconds)
        if not await self._deliver(together):
            await self._again(together)

    async def _again(self, together: list[Delivery]) -> None:
        for wait in self._backoff.waits():
            await self._clock.sleep(wait)
            if await self._deliver(together):
                return

    async def _deliver(self, together: list[Delivery]) -> bool:
        """Whether it was taken."""
        entry = {"id": together[0].business, "changes": [delivery.change for delivery in together]}
        self._under_way += 1
        try:
            status = await self.send(encode({"object": "whatsapp_business_account", "entry": [entry]}))
        finally:
            self._under_way -= 1
        for delivery in together:
            delivery.answers.append(status)
            delivery.tried.set()
        return status == 200

    async def send(self, body: bytes, signature: str | None = None) -> int:
        """Post raw bytes, with the right signature unless another is given. The answer's status, 0 for no answer."""
        assert self._session is not None
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign(self.secret, body) if signature is None else signature,
        }
        try:
            async with self._session.post(self.callback, data=body, headers=headers) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def verify(self, callback: str, token: str) -> bool:
        """Ask a callback whether it is ours, as Graph does before it posts anything there."""
        assert self._session is not None
        challenge = str(self._random.randrange(10**9))
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
        try:
            async with self._session.get(callback, params=query) as response:
                return response.status == 200 and await response.text() == challenge
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
