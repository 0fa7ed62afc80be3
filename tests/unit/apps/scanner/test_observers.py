"""What the scanner reads, and what it may not read."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.opinions import EVIL, NICE, SHADY, link

from whinchat.apps.scanner.links.collect import LARGE, Text, beginning
from whinchat.apps.scanner.repository import KEPT
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.types import (
    AdReply,
    ChatKind,
    ChatRef,
    Choice,
    ContactCard,
    Content,
    GroupInvite,
    LinkPreview,
    Location,
    Media,
    MediaKind,
    MembershipChange,
    MessageReceived,
    MessageRef,
    Poll,
    Quoted,
    ReactionChanged,
    UserRef,
)
from whinchat.testing.harness import ACCOUNT, BotHarness

BAD = link(EVIL)
TABLES = ("events", "outbox", "scanner_chats", "scanner_sightings", "scanner_verdicts", "memory_jobs")
VCARD = f"BEGIN:VCARD\nVERSION:3.0\nFN:Bank\nURL:{BAD}\nEND:VCARD"

KINDS = {
    "text": Content(text=f"look {BAD}"),
    "caption of an image": Content(text=BAD, media=Media(MediaKind.IMAGE, "h")),
    "caption of a video": Content(text=BAD, media=Media(MediaKind.VIDEO, "h")),
    "caption of a document": Content(text=BAD, media=Media(MediaKind.DOCUMENT, "h", file_name="a.pdf")),
    "header": Content(header=BAD),
    "footer": Content(footer=BAD),
    "button": Content(text="press", buttons=(Choice("fine", url=link(NICE)), Choice("here", url=BAD))),
    "title of a button": Content(buttons=(Choice(BAD),)),
    "row of a list": Content(rows=(Choice("one"), Choice("two", description=BAD))),
    "poll": Content(poll=Poll("which?", ("this", BAD))),
    "question of a poll": Content(poll=Poll(BAD, ("yes", "no"))),
    "contact card": Content(contacts=(ContactCard("Bank", VCARD),)),
    "location": Content(location=Location(1.0, 2.0, "Bank", url=BAD)),
    "name of a location": Content(location=Location(1.0, 2.0, BAD)),
    "invite": Content(invite=GroupInvite("ABCDEFGHIJKLMNOPQRSTUV", "club", BAD)),
    "preview": Content(text="look", preview=LinkPreview(url=BAD, title="nice")),
    "advertisement": Content(text="hi", ad=AdReply(url=BAD)),
    "disappearing": Content(text=BAD, disappearing=True),
    "view once": Content(text=BAD, view_once=True),
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
async def test_links_are_found_in_every_kind_of_message(bot: BotHarness, family: ChatRef, content: Content) -> None:
    message = await bot.say("eve", family, content)
    assert bot.quotes(family) == [message]
    assert bot.texts(family)[0].startswith("⛔ *Dangerous link:* evil-site[.]com")


# --- consent ---------------------------------------------------------------------------------------------------------


async def test_on_joining_the_scanner_says_what_it_does(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", consent=False)
    (hello,) = bot.texts(club)
    assert "I look at links posted here" in hello
    assert "no message texts" in hello
    assert "!scan consent" in hello


async def test_without_consent_nothing_is_read_and_nothing_is_written(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", members=["eve"], consent=False)
    before = {table: await bot.count(table) for table in TABLES}
    message = await bot.say("eve", club, BAD)
    await bot.edit("eve", message, f"really {BAD}")
    await bot.say("eve", club, Content(media=Media(MediaKind.IMAGE, "handle")))
    await bot.say("bob", club, "what?", quoted=bot.quoting(message, BAD))
    assert len(bot.texts(club)) == 1
    assert {table: await bot.count(table) for table in TABLES} == before
    assert before["scanner_sightings"] == before["scanner_verdicts"] == 0


async def test_consent_is_an_admins_to_give_and_to_withdraw(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", members=["eve"], consent=False)
    bot.transport.performed.clear()
    for said in ("!scan revoke", "!scan consent", "!scan consent"):
        await bot.say("ana", club, said)
    await bot.say("eve", club, BAD)
    await bot.say("ana", club, "!scan revoke")
    await bot.say("eve", club, BAD)
    assert [text.split(".")[0] for text in bot.texts(club)] == [
        "I was not reading links here anyway",
        "Thank you",
        "I already watch the links here",
        bot.texts(club)[3].split(".")[0],
        "I have stopped",
    ]
    assert bot.texts(club)[3].startswith("⛔")
    assert await bot.count("scanner_sightings") == 1


async def test_a_new_member_changes_nothing(bot: BotHarness, family: ChatRef) -> None:
    await bot.membership("ana", family, MembershipChange.ADD, ["mia"])
    await bot.membership("mia", family, MembershipChange.PROMOTE, ["bot"], me=True)
    assert bot.sent(family) == []
    await bot.say("mia", family, BAD)
    assert len(bot.texts(family)) == 1


@pytest.mark.parametrize("change", [MembershipChange.REMOVE, MembershipChange.LEAVE])
async def test_consent_ends_when_the_bot_goes(bot: BotHarness, family: ChatRef, change: MembershipChange) -> None:
    await bot.membership("ana", family, change, ["bot"], me=True)
    await bot.say("eve", family, BAD)
    assert bot.sent(family) == []


async def test_consent_is_asked_for_anew_when_the_bot_comes_back_unseen(bot: BotHarness, family: ChatRef) -> None:
    await bot.membership("ana", family, MembershipChange.ADD, ["bot"], me=True)
    await bot.say("eve", family, BAD)
    (hello,) = bot.texts(family)
    assert "Until an admin agrees" in hello


async def test_a_channel_is_never_read(bot: BotHarness) -> None:
    await bot.say("eve", ChatRef("news@c", ChatKind.CHANNEL), BAD)
    assert bot.transport.performed == []
    assert await bot.count("events") == 0


# --- what others said before -----------------------------------------------------------------------------------------


async def test_what_was_scanned_is_not_scanned_again_when_it_is_quoted(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, BAD)
    await bot.say("bob", family, "really?", quoted=bot.quoting(message, BAD))
    assert len(bot.sent(family)) == 2


async def test_what_was_said_before_is_scanned_when_it_is_quoted_and_then_once(
    bot: BotHarness, family: ChatRef
) -> None:
    earlier = MessageRef(family, "before-we-came", "eve")
    first = await bot.say("bob", family, "look at this", quoted=bot.quoting(earlier, BAD))
    bot.clock.move(100)
    await bot.say("ana", family, "yes, look", quoted=bot.quoting(earlier, BAD))
    assert bot.quotes(family) == [first]
    assert bot.reactions(family) == [(first.id, "⛔")]


async def test_a_false_quote_hides_nothing(bot: BotHarness, family: ChatRef) -> None:
    harmless = await bot.say("ana", family, link(NICE))
    lie = await bot.say("eve", family, "Ana says so", quoted=bot.quoting(harmless, BAD))
    assert bot.quotes(family) == [lie]


async def test_a_link_of_ones_own_counts_even_if_it_was_quoted_before(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, BAD)
    again = await bot.say("bob", family, f"mine too {BAD}", quoted=bot.quoting(message, BAD))
    assert bot.reactions(family) == [(message.id, "⛔"), (again.id, "⛔")]


async def test_our_own_warnings_are_no_links(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, BAD)
    bot.clock.move(100)
    ours = Quoted("sent-1", "bot", Content(text=bot.texts(family)[0]), from_me=True)
    await bot.say("ana", family, "thank you", quoted=ours)
    assert len(bot.sent(family)) == 2


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["!scan status", "!scan chekc", "!scan allow", "!scan mute 1h"])
async def test_a_link_cannot_hide_behind_a_command(bot: BotHarness, family: ChatRef, command: str) -> None:
    message = await bot.say("eve", family, f"{command} {BAD}")
    assert (message.id, "⛔") in bot.reactions(family)


async def test_a_command_hides_its_own_text_only(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("ana", family, f"!scan check {BAD}")
    assert bot.reactions(family) == []
    poll = await bot.say("ana", family, Content(text="!scan status", poll=Poll("?", (link(SHADY), "no"))))
    assert bot.reactions(family) == [(poll.id, "⚠️")]


# --- hostile messages ------------------------------------------------------------------------------------------------

HOSTILE = {
    "10 kB of dots and ones": "1.1." * 2500,
    "64 kB of a letter": "a" * 65_536,
    "64 kB of slashes": "http://" + "/" * 65_000,
    "64 kB without a space": "https://" + "a." * 32_000 + "com",
    "bidi soup": "\u202e\u2066https://\u202eevil\u2069" * 500,
    "lone surrogates": "\ud800\udc00\udfff https://a\ud800b.com/",
    "NULs": "\x00https://\x00evil-site.com\x00/" * 100,
    "zero width": "\u200b\u200c\u200d\ufeff" * 5000,
    "brackets": "[" * 20_000 + "](" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_texts_are_met_calmly(bot: BotHarness, family: ChatRef, text: str) -> None:
    await bot.say("eve", family, text)
    await bot.say("eve", bot.direct("eve"), f"scan check {text}"[:5000])
    assert await bot.engine.inbox.aside() == []
    assert await bot.count("events", "state <> 'done'") == 0
    assert await bot.count("memory_jobs") == 0


async def test_a_surrogate_beside_a_link_hides_nothing(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, f"\ud83d {BAD} \ude00")
    assert bot.texts(family)[0].startswith("⛔")


async def test_a_message_of_a_thousand_links_is_read_by_a_job_and_does_not_hold_up_its_chat(
    bot: BotHarness, family: ChatRef
) -> None:
    links = " ".join(f"a{number:03x}.club" for number in range(1000))
    large = bot.message("eve", family, f"{links} {BAD}")
    await bot.transport.emit(large, bot.message("bob", family, link(SHADY)))
    await bot.settle()
    assert bot.quotes(family)[1] == large.ref
    assert "evil-site[.]com" in bot.texts(family)[1]
    assert await bot.count("events", "attempts > 0") == 0
    assert await bot.count("scanner_sightings") == KEPT + 1


async def test_a_large_message_is_not_read_when_consent_ended_meanwhile(bot: BotHarness, family: ChatRef) -> None:
    text = "x " * LARGE + BAD
    await bot.transport.emit(bot.message("eve", family, text), bot.message("ana", family, "!scan revoke"))
    await bot.settle()
    assert bot.reactions(family) == []
    assert await bot.count("scanner_sightings") == 0


async def test_ids_of_any_shape_are_just_names(bot: BotHarness, family: ChatRef) -> None:
    message = msgspec.structs.replace(
        bot.message("eve", family, BAD), id="\x00\ud800'; DROP TABLE events; --" * 20, sender=UserRef("\ud800")
    )
    await bot.emit(message)
    (quote,) = bot.quotes(family)
    assert quote is not None
    assert quote.id.startswith("\x00\ufffd'; DROP")


def test_the_beginning_of_a_message_is_cut_where_it_gets_large() -> None:
    parts = [Text("body", "a" * (LARGE - 1)), Text("poll", "bc"), Text("poll", "d")]
    assert beginning(parts) == [parts[0], Text("poll", "b")]
    assert beginning(parts[:1]) == parts[:1]


async def test_a_direct_chat_needs_no_consent(bot: BotHarness) -> None:
    message = MessageReceived(
        account=ACCOUNT, chat=bot.direct("eve"), id="1", sender=UserRef("eve"), time=0, content=Content(text=BAD)
    )
    await bot.emit(message)
    assert bot.quotes() == [message.ref]


async def test_what_is_no_message_is_nothing_to_read(bot: BotHarness) -> None:
    (scanner,) = [app for app in bot.apps if app.name == "scanner"]
    ref = MessageRef(bot.direct("eve"), "m", "eve")
    reaction = ReactionChanged(
        account=ACCOUNT, chat=ref.chat, id="1", sender=UserRef("eve"), time=0, target=ref, emoji=BAD
    )
    context = Context(reaction, 1, b"chat", b"eve", 0, "en")
    assert [await observer.observe(context) for observer in scanner.observers[:1]] == [NOTHING]
    await bot.emit(reaction)
    assert await bot.count("events") == 0
