"""Attached files in a chat: told, deleted, or left in peace, as the chat wants it."""

from __future__ import annotations

import pytest
from tests.support.attached import archive, program
from tests.support.governed import done, policy

from whinchat.apps.scanner.files import MOST_BYTES
from whinchat.core.types import ChatRef, Content, Delete, Media, MediaKind, MessageRef
from whinchat.testing.harness import BotHarness


@pytest.fixture
async def guarded(bot: BotHarness) -> ChatRef:
    return await bot.group("guarded", admin="ana", members=["bob", "eve"], bot_is_admin=True)


async def attach(
    bot: BotHarness,
    chat: ChatRef,
    name: str | None,
    data: bytes = b"%PDF-1.7",
    *,
    kind: MediaKind = MediaKind.DOCUMENT,
    size: int = 0,
    mime: str = "",
) -> MessageRef:
    bot.transport.media["handle"] = data
    media = Media(kind, "handle", mime, size or len(data), name)
    return await bot.say("eve", chat, Content(media=media))


async def test_an_app_is_told_by_its_name(bot: BotHarness, guarded: ChatRef) -> None:
    message = await attach(bot, guarded, "update.apk")
    (text,) = bot.texts(guarded)
    head, kind, _, advice = text.splitlines()
    assert head.startswith("⚠️ *Careful with this file:* update")
    assert kind == "• It is an app for Android that comes past the official store."
    assert advice.startswith("Open or install it only if")
    assert bot.quotes(guarded) == [message]
    assert bot.reactions(guarded) == [(message.id, "⚠️")]


async def test_a_program_dressed_as_a_document_is_dangerous(bot: BotHarness, guarded: ChatRef) -> None:
    message = await attach(bot, guarded, "bill.pdf.exe")
    assert bot.texts(guarded)[0].startswith("⛔ *Dangerous file:*")
    assert "• Its name pretends that it is something else." in bot.texts(guarded)[0]
    assert bot.reactions(guarded) == [(message.id, "⛔")]


async def test_a_program_called_a_picture_is_told_by_its_bytes(bot: BotHarness, guarded: ChatRef) -> None:
    message = await attach(bot, guarded, "holiday.jpg", program())
    assert bot.reactions(guarded) == [(message.id, "⛔")]


async def test_what_is_packed_in_an_archive_is_told(bot: BotHarness, guarded: ChatRef) -> None:
    await attach(bot, guarded, "photos.zip", archive("1.jpg", "setup.exe"))
    assert "• Packed inside is a program." in bot.texts(guarded)[0]


@pytest.mark.parametrize("name", ["bill.pdf", None])
async def test_an_ordinary_document_is_passed_over_in_silence(
    bot: BotHarness, guarded: ChatRef, name: str | None
) -> None:
    await attach(bot, guarded, name)
    assert bot.sent(guarded) == []


async def test_a_large_file_is_told_by_its_name_alone(bot: BotHarness, guarded: ChatRef) -> None:
    await attach(bot, guarded, "holiday.jpg", program(), size=MOST_BYTES + 1)
    assert bot.sent(guarded) == []
    await attach(bot, guarded, "holiday.jpg", program().ljust(MOST_BYTES + 1), size=1)
    assert bot.sent(guarded) == []
    await attach(bot, guarded, "update.apk", size=MOST_BYTES + 1)
    assert len(bot.texts(guarded)) == 1


async def test_pictures_and_videos_cannot_run(bot: BotHarness, guarded: ChatRef) -> None:
    await attach(bot, guarded, "x.exe", program(), kind=MediaKind.VIDEO)
    assert bot.sent(guarded) == []


async def test_a_download_that_fails_for_now_is_tried_again(bot: BotHarness, guarded: ChatRef) -> None:
    bot.transport.media["handle"] = program()
    message = bot.message("eve", guarded, Content(media=Media(MediaKind.DOCUMENT, "handle", "", 9, "a.jpg")))
    await bot.transport.emit(message)
    bot.transport.disconnect()
    await bot.settle()
    assert bot.sent(guarded) == []
    bot.transport.reconnect()
    bot.clock.move(3600)
    await bot.settle()
    assert bot.reactions(guarded) == [(message.id, "⛔")]


async def test_consent_that_ends_ends_the_look_into_files(bot: BotHarness, guarded: ChatRef) -> None:
    bot.transport.media["handle"] = program()
    message = bot.message("eve", guarded, Content(media=Media(MediaKind.DOCUMENT, "handle", "", 9, "a.jpg")))
    bot.transport.disconnect()
    await bot.transport.emit(message)
    await bot.settle()
    bot.transport.reconnect()
    await bot.say("ana", guarded, "!scan revoke")
    bot.transport.performed.clear()
    bot.clock.move(3600)
    await bot.settle()
    assert bot.sent(guarded) == []


async def test_files_are_deleted_where_the_chat_wants_it(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "files delete")
    message = await attach(bot, guarded, "update.apk")
    assert done(bot, guarded) == [Delete(message)]
    assert bot.texts(guarded)[0].startswith("🗑️ I deleted a message of @eve.\n\n⚠️ *Careful with this file:*")
    assert bot.quotes(guarded) == [None]
    assert await bot.count("scanner_strikes") == 1


async def test_a_chat_chooses_which_files_matter(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "file_types exe,script")
    await attach(bot, guarded, "update.apk")
    assert bot.sent(guarded) == []
    await policy(bot, guarded, "files off")
    await attach(bot, guarded, "setup.exe")
    await attach(bot, guarded, "a.jpg", program())
    assert bot.sent(guarded) == []


async def test_in_quiet_hours_only_a_dangerous_file_is_told(bot: BotHarness, guarded: ChatRef) -> None:
    await bot.say("ana", guarded, "!scan mute")
    bot.transport.performed.clear()
    await attach(bot, guarded, "update.apk")
    assert bot.sent(guarded) == []
    await attach(bot, guarded, "bill.pdf.exe")
    assert len(bot.texts(guarded)) == 1


async def test_a_flood_of_files_gets_reactions_but_danger_is_always_told(bot: BotHarness, guarded: ChatRef) -> None:
    bot.limiter.close(f"file:{(await chat_key(bot, guarded)).hex()}", 30)
    await attach(bot, guarded, "update.apk")
    assert bot.texts(guarded) == []
    assert len(bot.reactions(guarded)) == 1
    await attach(bot, guarded, "bill.pdf.exe")
    assert len(bot.texts(guarded)) == 1


async def chat_key(bot: BotHarness, chat: ChatRef) -> bytes:
    return bot.sealer.digest("chat", "fake", chat.id)
