"""Chats and what they decided, changed as commands change it."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, SHADY, link
from tests.support.pages import Desk
from tests.unit.apps.scanner.pages.test_rules import key

from whinchat.apps.scanner.pages import chats
from whinchat.apps.scanner.policy import KEYS
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness

HOUR = 3600  # seconds


async def settings(desk: Desk, path: str, **changed: str | None) -> dict[str, str]:
    """What a browser would send when `changed` was chosen; None: without a tick."""
    fields = {**(await desk.get(path)).fields, "do": "settings", **changed}
    return {name: value for name, value in fields.items() if value is not None}


@pytest.fixture
async def page(bot: BotHarness, family: ChatRef) -> str:
    """The path of the family's page."""
    await bot.say("eve", family, link(EVIL))
    bot.transport.performed.clear()
    return f"/scanner/chats/{key(bot, family)}"


async def test_at_first_there_is_no_chat(desk: Desk) -> None:
    assert "No chat is known yet" in (await desk.get("/scanner/chats")).text


async def test_chats_are_listed_with_what_they_decided(desk: Desk, bot: BotHarness, family: ChatRef, page: str) -> None:
    await bot.say("ana", bot.direct("ana"), link(EVIL))
    await bot.group("club")
    quiet = await bot.group("quiet")
    await bot.say("ana", quiet, "!scan mute 2h")
    shown = await desk.get("/scanner/chats")
    for told in ("family", "1 link", "1 warning", "Direct chat", "0 links", "Muted", "Protected"):
        assert told in shown.text
    assert f"/admin{page}" in shown.links
    await bot.say("ana", family, "!scan revoke")
    assert "Not read" in (await desk.get("/scanner/chats")).text


async def test_only_so_many_are_listed(desk: Desk, bot: BotHarness, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chats, "SHOWN", 1)
    await bot.group("club")
    assert "The 1 busiest lately of 2 chats" in (await desk.get("/scanner/chats")).text


async def test_a_form_that_nobody_touched_changes_nothing(desk: Desk, bot: BotHarness, page: str) -> None:
    done = await desk.post(page, await settings(desk, page))
    assert "Nothing was different" in (await desk.follow(done)).text
    assert (await bot.given.audit.page())[0].action != "scanner.chat.set"


async def test_every_key_of_the_policy_is_on_the_page(desk: Desk, page: str) -> None:
    names = {name.partition(".")[0] for _, given in (await desk.get(page)).tags if (name := given.get("name", ""))}
    assert {policy.name for policy in KEYS} <= names


async def test_a_policy_that_is_saved_holds_from_the_next_message_on(
    desk: Desk, bot: BotHarness, family: ChatRef, page: str
) -> None:
    fields = await settings(
        desk, page, strikes="5", dry_run="on", **{"suspicious.warn": None, "suspicious.react": None}
    )
    shown = await desk.follow(await desk.post(page, fields))
    assert "Saved" in shown.text
    assert shown.fields["strikes"] == "5"
    assert "suspicious.warn" not in shown.fields
    assert shown.text.count("Changed") == 3
    await bot.say("eve", family, link(SHADY))
    assert bot.sent(family) == []
    newest, *_ = await bot.given.audit.page()
    assert newest.detail == "suspicious=nothing, dry_run=on, strikes=5"
    assert newest.chat == bytes.fromhex(key(bot, family))


async def test_language_privacy_and_silence(desk: Desk, bot: BotHarness, family: ChatRef, page: str) -> None:
    fields = await settings(desk, page, language="de", privacy="local", mute="1h")
    shown = await desk.follow(await desk.post(page, fields))
    assert (shown.fields["language"], shown.fields["privacy"]) == ("de", "local")
    assert "Muted" in shown.text
    await bot.say("eve", family, link(SHADY))
    assert bot.sent(family) == []
    await desk.post(page, await settings(desk, page, mute="off"))
    assert "Muted" not in (await desk.get(page)).text
    await bot.say("eve", family, link(SHADY, "again"))
    assert "Verdächtiger Link" in bot.texts(family)[0]


async def test_values_that_cannot_be_are_kept_as_typed_and_nothing_is_changed(desk: Desk, page: str) -> None:
    fields = await settings(desk, page, strikes="a lot", timezone="Atlantis", privacy="full")
    shown = await desk.post(page, fields)
    assert shown.status == 422
    assert "Nothing was changed yet" in shown.text
    assert (shown.fields["strikes"], shown.fields["timezone"]) == ("a lot", "Atlantis")
    assert shown.html.count('aria-invalid="true"') == 2
    again = await desk.get(page)
    assert (again.fields["strikes"], again.fields["privacy"]) == ("3", "hash-only")


async def test_words_that_nobody_offers_choose_nothing(desk: Desk, page: str) -> None:
    done = await desk.post(page, await settings(desk, page, language="xx", privacy="all", mute="ever"))
    assert "Nothing was different" in (await desk.follow(done)).text


async def test_an_admin_of_the_service_can_make_it_stop_reading(
    desk: Desk, bot: BotHarness, family: ChatRef, page: str
) -> None:
    shown = await desk.follow(await desk.post(page, do="withdraw"))
    assert "nothing but commands is read" in shown.text
    await bot.say("eve", family, link(EVIL, "again"))
    assert bot.texts(family) == []
    assert (await bot.given.audit.page())[0].action == "scanner.consent.withdraw"


async def test_a_direct_chat_needs_no_consent(desk: Desk, bot: BotHarness) -> None:
    chat = bot.direct("ana")
    await bot.say("ana", chat, link(EVIL))
    assert "A direct chat" in (await desk.get(f"/scanner/chats/{key(bot, chat)}")).text


@pytest.mark.parametrize("chat", ["zz", "ab", "ab" * 17])
async def test_a_chat_that_cannot_be_is_not_there(desk: Desk, chat: str) -> None:
    assert (await desk.get(f"/scanner/chats/{chat}")).status == 404
    assert (await desk.post(f"/scanner/chats/{chat}", do="withdraw")).status == 404
