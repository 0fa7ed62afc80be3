"""Links in pictures."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, NICE, SHADY, link
from tests.support.pictures import code, encoded, on_white

from whinchat.apps.scanner import qr
from whinchat.apps.scanner.reading import Order, opened, ordered
from whinchat.core.dispatch.context import Context
from whinchat.core.types import ChatRef, Content, Media, MediaKind
from whinchat.testing.harness import BotHarness

BAD = link(EVIL)


def picture(bot: BotHarness, *texts: str, name: str = "picture") -> Media:
    data = encoded(on_white((1200, 400), *(code(text) for text in texts)))
    bot.transport.media[name] = data
    return Media(MediaKind.IMAGE, name, size=len(data))


async def test_a_code_in_a_picture_is_a_link_like_any_other(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, Content(text="our menu", media=picture(bot, BAD)))
    assert bot.quotes(family) == [message]
    assert bot.reactions(family) == [(message.id, "⛔")]
    assert await bot.count("scanner_sightings", "part = 'picture'") == 1


async def test_what_is_written_below_a_picture_is_told_at_once_and_the_code_afterwards(
    bot: BotHarness, family: ChatRef
) -> None:
    media = picture(bot, BAD, "just words")
    message = await bot.say("eve", family, Content(text=link(SHADY), media=media))
    assert bot.quotes(family) == [message, message]
    assert "shady" in bot.texts(family)[0]
    assert "evil" in bot.texts(family)[1]


async def test_a_picture_that_harms_nobody_is_passed_over(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, Content(media=picture(bot, link(NICE))))
    await bot.say("eve", family, Content(media=picture(bot)))
    assert bot.sent(family) == []
    assert await bot.count("memory_jobs") == 0


async def test_the_job_keeps_no_texts(bot: BotHarness, family: ChatRef) -> None:
    message = bot.message("eve", family, Content(text="secret", media=picture(bot)), quoted=None)
    context = Context(message, 1, b"chat", b"user", 0, "en")
    bot.transport.disconnect()
    await bot.emit(message)
    ((payload,),) = await bot.database.fetch("SELECT payload FROM memory_jobs")
    assert isinstance(payload, bytes)
    assert b"secret" not in payload
    bot.transport.reconnect()
    assert opened(ordered("kind", context, message).payload) == Order(message, 1, b"chat", b"user", "en")


@pytest.mark.parametrize(
    "media",
    [
        Media(MediaKind.VIDEO, "picture"),
        Media(MediaKind.STICKER, "picture"),
        Media(MediaKind.IMAGE, "picture", size=qr.MAX_BYTES + 1),
    ],
)
async def test_what_is_no_picture_or_too_large_is_not_fetched(bot: BotHarness, family: ChatRef, media: Media) -> None:
    picture(bot, BAD)
    await bot.say("eve", family, Content(media=media))
    assert bot.sent(family) == []


async def test_a_picture_that_is_gone_or_larger_than_it_said_is_given_up(bot: BotHarness, family: ChatRef) -> None:
    bot.transport.media["large"] = b"x" * (qr.MAX_BYTES + 1)
    for handle in ("gone", "large"):
        await bot.say("eve", family, Content(media=Media(MediaKind.IMAGE, handle)))
    assert bot.sent(family) == []
    assert await bot.count("memory_jobs") == 0


async def test_a_picture_that_cannot_be_fetched_now_is_fetched_later(bot: BotHarness, family: ChatRef) -> None:
    media = picture(bot, BAD)
    bot.transport.disconnect()
    message = bot.message("eve", family, Content(media=media))
    await bot.emit(message)
    assert await bot.count("memory_jobs", "error = 'disconnected'") == 1
    bot.transport.reconnect()
    await bot.clock.advance(2)
    await bot.settle()
    assert bot.quotes(family) == [message.ref]


async def test_a_picture_is_not_looked_at_when_consent_ended_meanwhile(bot: BotHarness, family: ChatRef) -> None:
    message = bot.message("eve", family, Content(media=picture(bot, BAD)))
    await bot.transport.emit(message, bot.message("ana", family, "!scan revoke"))
    await bot.settle()
    assert bot.reactions(family) == []


async def test_without_a_decoder_pictures_are_scanned_by_caption_only(
    bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qr, "available", lambda: False)
    await bot.crash()
    await bot.say("eve", family, Content(text=link(SHADY), media=picture(bot, BAD)))
    assert len(bot.texts(family)) == 1


async def test_an_edited_caption_is_looked_at_again_and_the_code_is_no_news(bot: BotHarness, family: ChatRef) -> None:
    media = picture(bot, BAD)
    message = await bot.say("eve", family, Content(media=media))
    await bot.edit("eve", message, Content(text="menu", media=media))
    assert len(bot.sent(family)) == 2
