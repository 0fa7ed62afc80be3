"""Names that have the addresses a test says, without a network."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.core.errors import HttpError


class FakeResolver:
    """`ports.Resolver`. A name that it was not told of does not exist. `asked`: the names, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, list[Sequence[str] | HttpError]] = {}

    def answer(self, name: str, *answers: Sequence[str] | HttpError) -> None:
        """Each time the next answer, then the last one again; an error is raised."""
        self._answers[name] = list(answers)

    async def addresses(self, name: str, *, ipv6: bool = True) -> Sequence[str]:
        self.asked.append(name)
        answers = self._answers.get(name, [()])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, HttpError):
            raise answer
        return [address for address in answer if ipv6 or ":" not in address]
