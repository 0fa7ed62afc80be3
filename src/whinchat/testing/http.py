"""Addresses that answer what a test says, without a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits


@dataclass(frozen=True, slots=True)
class Answer:
    """`error` is raised instead of answering, or, when there is a body, after it was given."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: HttpError | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `body` is empty for what sends none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class FakeHttp:
    """`ports.HttpClient`. Each address gives its answers in turn, whatever the method, then the last one again; others
    are unreachable. `asked` is what came in, in order."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: defaultdict[str, list[Answer]] = defaultdict(list)

    def answer(self, url: str, *answers: Answer) -> None:
        self._answers[url] = list(answers)

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str], limits: HttpLimits) -> AsyncIterator[_Response]:
        yield self._answered(Asked("GET", url, dict(headers)), limits)

    @asynccontextmanager
    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AsyncIterator[_Response]:
        yield self._answered(Asked("POST", url, dict(headers), body), limits)

    def _answered(self, asked: Asked, limits: HttpLimits) -> _Response:
        self.asked.append(asked)
        answers = self._answers[asked.url]
        if not answers:
            raise HttpError("it cannot be reached", code="unreachable")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.error is not None and not answer.body:
            raise answer.error
        return _Response(answer, limits)


class _Response:
    def __init__(self, answer: Answer, limits: HttpLimits) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        self._answer = answer
        self._limits = limits

    async def chunks(self) -> AsyncIterator[bytes]:
        body = self._answer.body
        if len(body) > self._limits.most_bytes:
            raise HttpError("the answer is too large", code="too_large")
        half = len(body) // 2
        for piece in (body[:half], body[half:]):
            if piece:
                yield piece
        if self._answer.error is not None:
            raise self._answer.error
