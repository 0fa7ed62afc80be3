"""What the sandbox answers, whoever carries it: GraphQL in requests and in conversations, with the faults planned."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, OperationType, execute_sync

from whinchat.core.ports import Clock
from whinchat.sandbox.api.call import Call
from whinchat.sandbox.api.dialect import Calls, Document, Refused, dialect
from whinchat.sandbox.api.queries import my_updates
from whinchat.sandbox.api.wire import Dropped, Failure, Result, Socket, converse
from whinchat.sandbox.bank import Bank
from whinchat.sandbox.faults import CLEAR, Plan
from whinchat.sandbox.records import BankError

logger = logging.getLogger(__name__)

LONGEST_BODY = 256 * 1024
JSON = "application/json"
SETTLING = 0.25  # seconds between two looks at what is pending
BROKEN = (
    "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>"
    "<hr><center>nginx</center></body></html>"
)
"""What a proxy says when what is behind it does not answer."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """https://graphql.github.io/graphql-over-http/draft/"""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = JSON


class Application:
    def __init__(self, bank: Bank, clock: Clock) -> None:
        self.bank = bank
        self._clock = clock
        self._dialect = dialect(bank.profile.name)
        self._connected: set[Socket] = set()

    async def request(self, body: bytes, authorization: str | None, address: str) -> Answer:
        """One POST. Raises Dropped: the connection is to be cut without an answer."""
        try:
            request, document = self._understood(body)
        except Refused as refused:
            return _json(400, {"errors": self._errors(refused.errors)})
        plans = {key: self.bank.faults.plan(name) for key, name in document.fields.items()}
        await self._before(plans.values())
        try:
            calls = self._calls(plans, _bearer(authorization), address)
        except BankError:
            return _json(401, UNAUTHORIZED)
        result = self._executed(request, document, calls)
        await self._after(plans.values())
        if any(plan.garbage for plan in plans.values()):
            return Answer(502, BROKEN.encode(), "text/html")
        return _json(200, self._payload(result))

    async def converse(self, socket: Socket, address: str) -> None:
        """One connection of graphql-transport-ws, from its beginning to its end."""
        self._connected.add(socket)
        try:
            await converse(socket, _Subscriber(self, address))
        finally:
            self._connected.discard(socket)

    async def cut(self) -> None:
        """Every open connection, as when a server dies."""
        for socket in tuple(self._connected):
            await socket.abort()

    async def keep_settling(self) -> None:
        """So that pending payments end, and are told, without anybody asking."""
        while True:
            self.bank.settle()
            await self._clock.sleep(SETTLING)

    async def updates(self, payload: Mapping[str, Any], authorization: str | None, address: str) -> Updates:
        """One subscription. Raises Dropped."""
        try:
            request, document = self._subscription(payload)
        except Refused as refused:
            yield Failure(self._errors(refused.errors))
            return
        plans = {key: self.bank.faults.plan(name) for key, name in document.fields.items()}
        await self._before(plans.values())
        try:
            calls = self._calls(plans, _bearer(authorization), address)
        except BankError:
            calls = self._calls(plans, None, address)  # as the real ones: who is not known is nobody
        ((key, name),) = document.fields.items()
        try:
            async with aclosing(my_updates(calls[key])) as events:
                async for event in events:
                    yield Result(self._payload(self._executed(request, document, calls, {name: event})))
        except BankError as error:
            yield Failure(self._errors([GraphQLError(error.message, original_error=error)]))

    # --- the steps of a call ---

    def _understood(self, body: bytes) -> tuple[Request, Document]:
        try:
            request = msgspec.convert(json.loads(body, parse_float=Decimal), Request)
        except (ValueError, RecursionError):  # msgspec's are ValueErrors too
            raise Refused([GraphQLError("POST body missing, invalid, or no request.")]) from None
        document = self._dialect.document(request.query, request.operation_name)
        if document.kind is OperationType.SUBSCRIPTION:
            raise Refused([GraphQLError("Subscriptions are not supported over HTTP.")])
        return request, document

    def _subscription(self, payload: Mapping[str, Any]) -> tuple[Request, Document]:
        try:
            request = msgspec.convert(payload, Request)
        except msgspec.ValidationError:
            raise Refused([GraphQLError("The payload is no request")]) from None
        document = self._dialect.document(request.query, request.operation_name)
        if document.kind is not OperationType.SUBSCRIPTION:
            raise Refused([GraphQLError("Only subscription operations are supported")])
        return request, document

    def _executed(
        self, request: Request, document: Document, calls: Calls, root: Mapping[str, Any] | None = None
    ) -> ExecutionResult:
        return execute_sync(
            self._dialect.schema,
            document.node,
            root_value=root,
            context_value=calls,
            variable_values=request.variables,
            operation_name=request.operation_name,
        )

    async def _before(self, plans: Iterable[Plan]) -> None:
        await self._pass(max((plan.slow for plan in plans), default=0))
        if any(plan.drop_before for plan in plans):
            raise Dropped

    async def _after(self, plans: Iterable[Plan]) -> None:
        await self._pass(max((plan.stall for plan in plans), default=0))
        if any(plan.drop_after for plan in plans):
            raise Dropped

    async def _pass(self, seconds: float) -> None:
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _calls(self, plans: Mapping[str, Plan], token: str | None, address: str) -> Calls:
        """BankError: a token that is not valid."""
        expiring = next((plan for plan in plans.values() if plan.expired_token), CLEAR)
        asking = None if token is None else self.bank.authenticate(token, expiring)
        return {key: Call(self.bank, plan, token, asking, address) for key, plan in plans.items()}

    # --- answers ---

    def _payload(self, result: ExecutionResult) -> dict[str, Any]:
        if not result.errors:
            return {"data": result.data}
        return {"errors": self._errors(result.errors), "data": result.data}

    def _errors(self, errors: Iterable[GraphQLError]) -> list[Mapping[str, Any]]:
        """The real ones put the code beside the message (`formatError` of their graphql-server.ts); the sandbox's own
        dialect has it where the specification wants it.
        """
        standard = self.bank.profile.name == "sandbox"
        return [_formatted(error, _code(error), standard) for error in errors]


Updates = AsyncGenerator[Result | Failure]

UNAUTHORIZED = {"error": {"code": 401, "status": "Unauthorized", "message": "Access credentials are invalid"}}
"""As the proxy before the real ones answers for a token that is not valid (ory/oathkeeper)."""


class _Subscriber:
    def __init__(self, application: Application, address: str) -> None:
        self._application = application
        self._address = address
        self._authorization: str | None = None

    async def admit(self, params: Mapping[str, Any]) -> bool:
        given = params.get("Authorization")
        self._authorization = given if isinstance(given, str) else None
        return True

    def subscribe(self, payload: Mapping[str, Any]) -> Updates:
        return self._application.updates(payload, self._authorization, self._address)


def _bearer(authorization: str | None) -> str | None:
    kind, _, token = (authorization or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _code(error: GraphQLError) -> str | None:
    cause = error.original_error
    if isinstance(cause, BankError):
        return cause.code
    if cause is not None and not isinstance(cause, GraphQLError):
        logger.error("a resolver failed", exc_info=cause)
        return "INTERNAL_SERVER_ERROR"
    return str((error.extensions or {}).get("code", "BAD_USER_INPUT"))


def _formatted(error: GraphQLError, code: str | None, standard: bool) -> Mapping[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    shown.pop("extensions", None)
    if code is not None:
        shown |= {"extensions": {"code": code}} if standard else {"code": code}
    return shown


def _json(status: int, value: object) -> Answer:
    return Answer(status, _ENCODER.encode(value))
