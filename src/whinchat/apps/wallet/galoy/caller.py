"""How the backend is asked: reads together and once more after a broken connection, everything else once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.galoy import operations
from whinchat.apps.wallet.galoy.errors import of_request, refused
from whinchat.apps.wallet.galoy.graphql import Answer, Endpoint
from whinchat.apps.wallet.galoy.operations import Operation, Variables
from whinchat.core.errors import HttpError
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Random
from whinchat.core.resilience.background import Background
from whinchat.core.resilience.breaker import Breaker, BreakerOpen, BreakerState
from whinchat.core.resilience.single_flight import SingleFlight
from whinchat.core.secret import Secret

T = TypeVar("T")

CALLS = Metric(
    MetricKind.COUNTER,
    "whinchat_wallet_backend_calls_total",
    "Requests to the wallet's backend, by operation (batch: several reads in one) and result: answered, or the code of "
    "the fault.",
    ("operation", "result"),
)
CALL_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_wallet_backend_seconds",
    "Time until a request to the wallet's backend was answered or given up.",
    ("operation",),
    (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SAVED = Metric(
    MetricKind.COUNTER,
    "whinchat_wallet_backend_saved_total",
    "Requests to the wallet's backend that were not made: the same was being asked for (shared), or it came along with "
    "another (batched).",
    ("operation", "how"),
)

READ = 10.0  # seconds
SEND = 60.0  # seconds: Lightning takes its time, and who gives up knows nothing
MOST_TOGETHER = 5  # reads in one request
HEAVY = frozenset({"transactionDetails"})
"""Cost more than half of what Flash lets one request cost: two together are refused (src/servers/plugins)."""
REPEATED = frozenset({"truncated", "unreachable", "protocol"})
"""Faults after which a read is asked for once more at once: a kept connection may just have been closed."""
OUTAGES = REPEATED | {"timeout", "server"}


class _Outage(HttpError):
    """A fault that the backend's other users will meet too."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    operation: Operation
    variables: Variables
    token: Secret | None
    answer: asyncio.Future[Answer]


class Caller:
    def __init__(self, endpoint: Endpoint, clock: Clock, random: Random, metrics: Metrics) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._metrics = metrics
        self._breaker = Breaker(clock, random, window=30.0, cool_down=10.0, counts=(_Outage,))
        self._background = Background()
        self._flights: SingleFlight[tuple[int, Secret | None, str, bytes], Any] = SingleFlight()
        self._epoch = 0
        self._waiting: list[_Part] = []

    @property
    def healthy(self) -> bool:
        return self._breaker.state is BreakerState.CLOSED

    def moved(self) -> None:
        """Money moved: a person's read that is under way is not shared with who asks from now on."""
        self._epoch += 1

    async def read(
        self, operation: Operation, variables: Variables, kind: Callable[[bytes], T], token: Secret | None = None
    ) -> T:
        """Without effects: the same at the same time is asked for once, and several of one person go together.

        `kind` decodes the operation's field. Without a token it is the same for everybody.

        Raises:
            BackendError
        """
        asked = False

        async def work() -> T:
            nonlocal asked
            asked = True
            return await self._read(operation, variables, kind, token)

        epoch = 0 if token is None else self._epoch
        key = (epoch, token, operation.name, msgspec.json.encode(variables, order="sorted"))
        try:
            found: T = await self._flights.run(key, work)
            return found
        finally:
            if not asked:
                self._metrics.add(SAVED, operation=operation.name, how="shared")

    async def write(
        self, operation: Operation, variables: Variables, kind: Callable[[bytes], T], token: Secret | None = None
    ) -> T:
        """Once, whatever happens. Raises BackendError."""
        try:
            answer = await self._call(operation.name, operation.text, variables, token, READ)
        except HttpError as error:
            raise refused("unavailable", error.retry_after) from None
        return _decoded(answer, operation, kind)

    async def send(self, operation: Operation, variables: Variables, token: Secret) -> Answer:
        """For payments: once. Raises HttpError."""
        return await self._call(operation.name, operation.text, variables, token, SEND)

    async def _read(
        self, operation: Operation, variables: Variables, kind: Callable[[bytes], T], token: Secret | None
    ) -> T:
        if operation.kind == "query":
            answer = await self._together(operation, variables, token)
        else:
            answer = await self._alone(operation, variables, token)
        return _decoded(answer, operation, kind)

    async def _alone(self, operation: Operation, variables: Variables, token: Secret | None) -> Answer:
        return await self._repeated(partial(self._call, operation.name, operation.text, variables, token, READ))

    async def _repeated(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            try:
                return await call()
            except HttpError as error:
                if error.code not in REPEATED:
                    raise
            return await call()
        except HttpError as error:
            raise refused("unavailable", error.retry_after) from None

    # --- several reads in one request ---

    async def _together(self, operation: Operation, variables: Variables, token: Secret | None) -> Answer:
        """What is asked for in the same turn of the event loop goes together."""
        part = _Part(operation, variables, token, asyncio.get_running_loop().create_future())
        self._waiting.append(part)
        if len(self._waiting) == 1:
            self._background.start(self._leave())
        return await part.answer

    async def _leave(self) -> None:
        waiting, self._waiting = self._waiting, []
        for parts in _grouped(waiting):
            self._background.start(self._carry(parts))

    async def _carry(self, parts: Sequence[_Part]) -> None:
        error = refused("unavailable")
        try:
            left = parts if len(parts) == 1 else await self._batch(parts)
            await asyncio.gather(*(self._carry_alone(part) for part in left))
        except BackendError as outage:
            error = outage
        finally:  # nobody is left waiting
            for part in parts:
                _settle(part, error)

    async def _carry_alone(self, part: _Part) -> None:
        try:
            _settle(part, await self._alone(part.operation, part.variables, part.token))
        except BackendError as error:
            _settle(part, error)

    async def _batch(self, parts: Sequence[_Part]) -> list[_Part]:
        """Those that have to be asked for alone: something was wrong with one of them, or with all."""
        batch = operations.batch([(part.operation, part.variables) for part in parts])
        token = next((part.token for part in parts if part.token is not None), None)
        answer = await self._repeated(partial(self._call, "batch", batch.text, batch.variables, token, READ))
        if answer.status == 429 or answer.status >= 500:  # more requests would make it worse
            raise of_request(answer.status, answer.errors, answer.retry_after)
        wrong = {error.path[0] if error.path else None for error in answer.errors}
        left = []
        for index, part in enumerate(parts):
            name = operations.alias(index)
            if None in wrong or name in wrong or name not in answer.data:
                left.append(part)
            else:
                _settle(part, Answer(answer.status, {part.operation.root: answer.data[name]}, (), None))
        for part in parts[1:]:
            if part not in left:
                self._metrics.add(SAVED, operation=part.operation.name, how="batched")
        return left

    # --- one request ---

    async def _call(self, name: str, text: str, variables: Variables, token: Secret | None, seconds: float) -> Answer:
        begun = self._clock.monotonic()
        result = "answered"
        try:
            return await self._breaker.call(lambda: self._ask(text, variables, token, seconds))
        except BreakerOpen as error:
            result = error.code
            raise HttpError("it is left alone for now", code=error.code, retry_after=error.retry_after) from None
        except HttpError as error:
            result = error.code
            raise
        finally:
            self._metrics.add(CALLS, operation=name, result=result)
            self._metrics.observe(CALL_TIME, self._clock.monotonic() - begun, operation=name)

    async def _ask(self, text: str, variables: Variables, token: Secret | None, seconds: float) -> Answer:
        try:
            answer = await self._endpoint.ask(text, variables, token, seconds)
        except HttpError as error:
            if error.code in OUTAGES:
                raise _Outage(str(error), code=error.code) from None
            raise
        if answer.status >= 500 and not answer.errors and not answer.data:
            raise _Outage("it is out of order", code="server", retry_after=answer.retry_after)
        return answer


def _decoded(answer: Answer, operation: Operation, kind: Callable[[bytes], T]) -> T:
    data = answer.data.get(operation.root)
    if answer.errors or data is None:
        raise of_request(answer.status, answer.errors, answer.retry_after)
    try:
        return kind(bytes(data))
    except (msgspec.DecodeError, RecursionError):
        raise refused("unavailable") from None


def _settle(part: _Part, outcome: Answer | BackendError) -> None:
    if part.answer.done():
        return
    if isinstance(outcome, BackendError):
        part.answer.set_exception(outcome)
    else:
        part.answer.set_result(outcome)


def _grouped(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Those of one person, and with the first of them those of everybody."""
    people: dict[Secret | None, list[_Part]] = {}
    for part in sorted(parts, key=lambda part: part.token is None):
        token = next(iter(people), None) if part.token is None else part.token
        people.setdefault(token, []).append(part)
    return [group for own in people.values() for group in _portions(own)]


def _portions(parts: Sequence[_Part]) -> list[list[_Part]]:
    """What may go in one request."""
    portions: list[list[_Part]] = []
    for part in parts:
        heavy = part.operation.name in HEAVY
        for portion in portions:
            if len(portion) < MOST_TOGETHER and not (heavy and any(each.operation.name in HEAVY for each in portion)):
                portion.append(part)
                break
        else:
            portions.append([part])
    return portions
