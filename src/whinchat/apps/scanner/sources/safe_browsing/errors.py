"""The one thing that can go wrong with Safe Browsing: no answer that can be used."""

from __future__ import annotations

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.core.errors import WhinchatError


class Unanswered(WhinchatError):
    """`answer` says why, in the words of the sources; its reason is the `code` too."""

    retryable = True

    def __init__(self, answer: NoAnswer, message: str) -> None:
        super().__init__(message, code=answer.reason.value, retry_after=answer.retry_after)
        self.answer = answer


def garbled(message: str) -> Unanswered:
    return Unanswered(NoAnswer(Missing.GARBLED), message)
