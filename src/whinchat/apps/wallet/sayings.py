"""What people are told of their account, session and PIN: as an answer, or in their direct chat by jobs, which have no
message to answer.
"""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.users import Profile
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Sealer
from whinchat.core.types import MessageReceived, OnUnknown, Reply, SendText


class Sayings:
    """All sentences may name the backend, as people call it, and commands, as one types them in a direct chat."""

    def __init__(self, words: Words, chats: Chats, sealer: Sealer, backend: str) -> None:
        self._words = words
        self._chats = chats
        self._sealer = sealer
        self._named = {
            "backend": Markup(backend.capitalize()),
            "new_pin": _typed(grammar.PIN, "2749"),
            "no_pin": _typed(grammar.PIN, "off"),
            "payment_limit": _typed(grammar.LIMITS, "50"),
            "daily_limit": _typed(grammar.LIMITS, "day 200"),
            "currency_example": _typed(grammar.CURRENCY, "EUR"),
            "username_example": _typed(grammar.USERNAME, "alice"),
            "send_example": _typed(grammar.SEND, "10 to alice"),
            "receive_example": _typed(grammar.RECEIVE, "10"),
            "request_example": _typed(grammar.REQUEST, "10 from bob"),
            "help_example": code(f"help {grammar.APP}"),
            **{command.name: code(command.name) for command in grammar.COMMANDS},
        }

    def text(self, key: str, language: str, *, span: int | None = None, **values: str | int) -> Markup:
        """`span`: milliseconds, said in minutes, rounded up."""
        if span is not None:
            values["span"] = self._words.duration(max(1, -(-span // 60_000)) * 60_000, language)
        return self._words.say(key, language, **{**self._named, **values})

    def answer(self, context: Context, key: str, *, span: int | None = None, **values: str | int) -> Outcome:
        return Outcome((quoting(context, self.text(key, context.language, span=span, **values)),))

    async def to(self, profile: Profile, key: str, *, span: int | None = None, **values: str | int) -> Reply:
        language = await self._chats.language(chat_key(self._sealer, profile.transport, profile.chat))
        text = self.text(key, language, span=span, **values)
        return Reply(profile.transport, profile.chat, SendText(text), OnUnknown.RESEND_ONCE)


def _typed(command: Command, arguments: str) -> Markup:
    return code(f"{command.name} {arguments}")


def quoting(context: Context, text: str) -> Reply:
    """`text` as the answer to the message."""
    event = context.event
    return context.reply(SendText(text, quote=event.ref if isinstance(event, MessageReceived) else None))
