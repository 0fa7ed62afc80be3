"""Commands to the scanner and what they are answered, and labels that came of them."""

from __future__ import annotations

import msgspec
from tests.support.opinions import EVIL, Opinions, link

from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.labels import Labelled, Source, Truth, labelled
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.types import ChatRef, MessageRef
from whinchat.testing.harness import BotHarness

DOUBTFUL = ("shade-one.com", "shade-two.com", "shade-three.com")
"""Sites that `Thresholds` finds suspicious."""


class Thresholds(Opinions):
    """A list decides about one site; of what stands around a link, only the chat's threshold counts."""

    def __init__(self) -> None:
        super().__init__()
        self.levels |= dict.fromkeys(DOUBTFUL, Level.SUSPICIOUS)

    def judge(self, link: Link, now: int) -> Verdict:
        verdict = super().judge(link, now)
        return msgspec.structs.replace(verdict, decided_by=DecidedBy.FEED) if link.host == EVIL else verdict

    def in_situation(self, verdict: Verdict, link: Link, situation: Situation, *, leniency: float = 0.0) -> Verdict:
        return self.real.in_situation(verdict, link, Situation(self.tables), leniency=leniency)


async def answer(bot: BotHarness, chat: ChatRef, command: str, *, by: str = "ana", **more: object) -> str:
    """The one text that a command is answered with; it quotes the command."""
    before = len(bot.sent(chat))
    asked = await bot.say(by, chat, command, **more)
    texts = [text for text, quote in zip(bot.texts(chat), bot.quotes(chat), strict=True) if quote == asked]
    assert len(bot.sent(chat)) == before + 1
    assert len(texts) == 1
    return texts[0]


async def labels(bot: BotHarness, *sources: Source) -> list[Labelled]:
    """Those from these sources, by default from all."""
    return [each async for each in labelled(bot.database, bot.sealer, sources=sources or tuple(Source))]


async def said(bot: BotHarness) -> list[tuple[str, Truth, Source]]:
    """What people said of which link."""
    return [(each.example.url, each.truth, each.source) for each in await labels(bot)]


def of_ours(chat: ChatRef) -> MessageRef:
    """A message of the bot's, as somebody answers it."""
    return MessageRef(chat, "sent-1", "bot", from_me=True)


async def call_wrong(bot: BotHarness, chat: ChatRef, *hosts: str) -> None:
    """An admin says of a link of each host, which somebody posts, that it is safe."""
    for host in hosts:
        message = await bot.say("eve", chat, link(host, "offer"))
        await answer(bot, chat, "!scan report safe", quoted=bot.quoting(message))
