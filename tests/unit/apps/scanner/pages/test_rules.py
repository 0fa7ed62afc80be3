"""Rules of everywhere and of one chat, added and removed as commands do it."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, NICE, link
from tests.support.pages import Desk

from whinchat.apps.scanner.pages import rulebook
from whinchat.core.dispatch.audit import Via
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness

DAY = 24 * 3600  # seconds


def key(bot: BotHarness, chat: ChatRef) -> str:
    return bot.engine.inbox.chat_key(bot.message("ana", chat, "")).hex()


async def test_a_rule_of_everywhere_holds_in_every_chat_from_the_next_message_on(
    desk: Desk, bot: BotHarness, family: ChatRef
) -> None:
    done = await desk.post("/scanner/rules", effect="deny", rule=NICE, span="", reason="a <joke>")
    shown = await desk.follow(done)
    assert "nice-site[.]com is denied from now on" in shown.text
    assert "a <joke>" in shown.text
    newest, *_ = await bot.given.audit.page()
    assert (newest.action, newest.detail, newest.via, newest.chat) == (
        "scanner.rule.add",
        f"deny {NICE}",
        Via.PAGE,
        None,
    )
    await bot.say("eve", family, link(NICE))
    assert "nice-site[.]com" in bot.texts(family)[0]


async def test_a_chats_own_rule_is_its_own(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club")
    path = f"/scanner/rules?chat={key(bot, family)}"
    await bot.say("eve", family, link(NICE))
    await desk.post(path, effect="deny", rule=f"*.{NICE}", span="1d")
    assert "1 day" in (await desk.get(path)).text
    assert f"*[.]{NICE.replace('.', '[.]')}" in (await desk.get(path)).text
    assert "No rules here yet" in (await desk.get("/scanner/rules")).text
    await bot.say("ana", club, link(NICE))
    assert bot.texts(club) == []
    assert (await bot.given.audit.page())[0].chat == bytes.fromhex(key(bot, family))
    bot.clock.move(DAY)
    await desk.sign_in()
    assert "No rules here yet" in (await desk.get(path)).text


async def test_chats_where_links_were_seen_can_be_chosen(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(NICE))
    shown = await desk.get("/scanner/rules")
    assert key(bot, family) in [given.get("value") for tag, given in shown.tags if tag == "option"]
    assert "family" in shown.text
    unknown = await desk.get(f"/scanner/rules?chat={'ab' * 16}")
    assert "Chat abababab" in unknown.text


async def test_a_rule_is_removed(desk: Desk, bot: BotHarness) -> None:
    await desk.post("/scanner/rules", effect="allow", rule=EVIL, span="")
    done = await desk.post("/scanner/rules", remove="1")
    assert "is gone" in (await desk.follow(done)).text
    assert "No rules here yet" in (await desk.get("/scanner/rules")).text
    assert [entry.action for entry in await bot.given.audit.page()][:2] == ["scanner.rule.remove", "scanner.rule.add"]
    assert (await desk.post("/scanner/rules", remove="1")).status == 404
    assert (await desk.post("/scanner/rules", remove="x")).status == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule": "not a link", "effect": "deny"}, "That is no link or host"),
        ({"rule": "", "effect": "deny"}, "That is no link or host"),
        ({"rule": "example.com"}, "Choose whether to allow or to deny it"),
        ({"rule": "example.com", "effect": "explode"}, "Choose whether to allow or to deny it"),
        ({"rule": "example.com", "effect": "deny", "span": "9y"}, "Choose whether to allow or to deny it"),
        ({"rule": "*.pages.dev", "effect": "allow"}, "name.pages[.]dev"),
        ({"rule": "<script>", "effect": "deny"}, "That is no link or host"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_typed(desk: Desk, fields: dict[str, str], said: str) -> None:
    shown = await desk.post("/scanner/rules", {"span": "", **fields})
    assert shown.status == 422
    assert said.replace("name.pages", "name[.]pages") in shown.text
    assert shown.fields["rule"] == fields["rule"]
    assert "No rules here yet" in shown.text


async def test_a_rule_may_be_typed_as_it_is_shown(desk: Desk) -> None:
    assert (await desk.post("/scanner/rules", rule="hxxps://evil[.]example/x", effect="deny", span="")).status == 303
    assert "evil[.]example/x" in (await desk.get("/scanner/rules")).text


async def test_the_same_rule_again_is_the_same_rule(desk: Desk) -> None:
    for effect in ("deny", "allow"):
        await desk.post("/scanner/rules", rule="example.com", effect=effect, span="")
    shown = await desk.get("/scanner/rules")
    assert shown.html.count('class="item"') == 1
    assert "badge allow" in shown.html


async def test_there_are_only_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "MOST_RULES", 1)
    await desk.post("/scanner/rules", rule="example.com", effect="deny", span="")
    assert "too many rules" in (await desk.post("/scanner/rules", rule="example.org", effect="deny", span="")).text


@pytest.mark.parametrize("chat", ["zz", "ab", "ab" * 15, "ab" * 17])
async def test_a_chat_that_cannot_be_is_not_there(desk: Desk, chat: str) -> None:
    assert (await desk.get(f"/scanner/rules?chat={chat}")).status == 404
    assert (await desk.post(f"/scanner/rules?chat={chat}", rule="example.com", effect="deny")).status == 404
