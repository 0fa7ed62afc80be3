"""The fake Graph judged by pywa: a real webhook server understands what it posts, and means the same by it."""

from __future__ import annotations

import pytest
from pywa.errors import (
    WhatsAppError,
)
from pywa_async import types
from tests.support.graph.graph import Graph
from tests.support.graph.oracle import PywaBot
from tests.support.graph.people import Person

from whinchat.testing.clock import FakeClock

PNG = b"\x89PNG\r\n\x1a\n and more"


async def test_words_and_who_says_them(graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock) -> None:
    said = await ana.say("https://example.com/ ☂ hello")
    await ana.say("why?", quote=said)
    await ana.say("look", context={"forwarded": True})
    first, second, third = bot.updates
    for message in (first, second, third):
        assert isinstance(message, types.Message)
        assert (message.from_user.bsuid, message.from_user.wa_id) == (ana.user_id, ana.phone)
        assert (message.from_user.name, message.from_user.username) == ("Ana", "ana")
        assert message.timestamp.timestamp() * 1000 == clock.now()
        assert message.metadata.phone_number_id == graph.number.id
    assert isinstance(first, types.Message)
    assert isinstance(second, types.Message)
    assert isinstance(third, types.Message)
    assert (first.id, first.text) == (said, "https://example.com/ ☂ hello")
    assert second.reply_to_message is not None
    assert (second.reply_to_message.id, second.reply_to_message.from_user_id) == (said, ana.phone)
    assert third.forwarded


@pytest.mark.parametrize(
    ("kind", "mime", "name"),
    [
        ("image", "image/jpeg", ""),
        ("video", "video/mp4", ""),
        ("audio", "audio/ogg; codecs=opus", ""),
        ("document", "application/pdf", "a.pdf"),
        ("sticker", "image/webp", ""),
    ],
)
async def test_people_send_media_of_every_kind(
    bot: PywaBot, ana: Person, clock: FakeClock, kind: str, mime: str, name: str
) -> None:
    caption = "" if kind in {"audio", "sticker"} else "look"
    await ana.send(kind, PNG, mime, caption=caption, file_name=name)
    (message,) = bot.updates
    assert isinstance(message, types.Message)
    media = message.media
    assert media is not None
    assert (message.type, media.mime_type, media.filename or "") == (kind, mime, name)
    assert message.caption == (caption or None)
    assert await bot.client.get_media_bytes(url=str(media.url)) == PNG
    clock.move(7 * 24 * 3600)
    with pytest.raises(WhatsAppError):
        await bot.client.get_media_url(media.id)


async def test_reactions_of_people(bot: PywaBot, ana: Person) -> None:
    sent = await bot.client.send_message(ana.user_id, "hello")
    await ana.react(sent.id, "👍")
    await ana.react(sent.id, "")
    given, taken = (each for each in bot.updates if isinstance(each, types.Message))
    assert given.reaction is not None
    assert taken.reaction is not None
    assert (given.reaction.message_id, given.reaction.emoji) == (sent.id, "👍")
    assert taken.reaction.is_removed


async def test_a_number_that_is_in_the_app_too_hears_of_edits_and_deletions(
    graph: Graph, bot: PywaBot, ana: Person
) -> None:
    said = await ana.say("frist")
    await ana.edit(said, "first")
    graph.number.coexistence = True
    await ana.edit(said, "first!")
    await ana.delete(said)
    _, unsupported, edited, deleted = bot.updates
    assert isinstance(unsupported, types.Message)
    assert unsupported.type is types.MessageType.UNSUPPORTED
    assert isinstance(edited, types.EditedMessage)
    assert (edited.original_message_id, edited.message.text) == (said, "first!")
    assert isinstance(deleted, types.DeletedMessage)
    assert deleted.original_message_id == said


async def test_other_things_that_people_send(bot: PywaBot, ana: Person) -> None:
    await ana.post("location", {"latitude": 52.5, "longitude": 13.4, "name": "Here"})
    await ana.post("contacts", [{"name": {"formatted_name": "Bob"}, "phones": [{"phone": "+999100000002"}]}])
    place, cards = bot.updates
    assert isinstance(place, types.Message)
    assert isinstance(cards, types.Message)
    assert place.location is not None
    assert cards.contacts is not None
    assert (place.location.latitude, place.location.name) == (52.5, "Here")
    assert cards.contacts[0].as_vcard()


async def test_who_changes_the_number_is_told_by_the_old_one(bot: PywaBot, ana: Person) -> None:
    before = ana.phone
    await ana.change_phone("999100000099", "DE.99")
    (changed,) = bot.updates
    assert isinstance(changed, types.PhoneNumberChange)
    assert (changed.old_wa_id, changed.new_wa_id, changed.new_user_id) == (before, "999100000099", "DE.99")


async def test_who_has_a_username_may_hide_the_number(bot: PywaBot, ana: Person) -> None:
    ana.hidden = True
    await ana.say("hi")
    (message,) = bot.updates
    assert isinstance(message, types.Message)
    assert (message.from_user.bsuid, message.from_user.wa_id) == (ana.user_id, None)


async def test_what_becomes_of_a_message_is_told(graph: Graph, bot: PywaBot, ana: Person) -> None:
    ana.away = True
    sent = await bot.client.send_message(ana.user_id, "hello", tracker="reference")
    await graph.webhooks.quiet()
    assert [update.status for update in bot.updates if isinstance(update, types.MessageStatus)] == ["sent"]
    await ana.back()
    await ana.read()
    statuses = [update for update in bot.updates if isinstance(update, types.MessageStatus)]
    assert [status.status for status in statuses] == ["sent", "delivered", "read"]
    assert {(status.id, status.tracker, status.from_user.bsuid) for status in statuses} == {
        (sent.id, "reference", ana.user_id)
    }


async def test_a_webhook_with_the_wrong_signature_is_not_taken(graph: Graph, bot: PywaBot, ana: Person) -> None:
    graph.webhooks.secret = "another"
    await ana.say("hello?")
    assert (bot.answers[-1], bot.updates) == (403, [])
    assert await graph.webhooks.send(b"{}", "sha256=00") == 403
    assert await graph.webhooks.send(b"{}", "") == 401
