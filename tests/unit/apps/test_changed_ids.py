"""A person who was known by number comes under an id of the network's own: what they began goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace
from tests.support.opinions import EVIL, Opinions, link, scanner
from tests.support.wallet.whole import ANA, BOB, Whole, whole

from whinchat.apps.basics.app import APP as BASICS
from whinchat.core.types import ChatKind, ChatRef, Content, MessageEdited, MessageReceived, Quoted, UserRef
from whinchat.testing.harness import ACCOUNT, BotHarness, running

MINUTE = 60.0  # seconds


@dataclass
class Somebody:
    """A person whom the network describes as `user`, until it changes its mind."""

    bot: BotHarness
    user: UserRef
    said: list[MessageReceived] = field(default_factory=list)

    async def say(self, text: str, quoted: Quoted | None = None) -> list[str]:
        """What they are answered where they are now."""
        self.bot.clock.move(1)
        before = len(self.bot.sent())
        message = MessageReceived(
            account=ACCOUNT,
            chat=ChatRef(self.user.id, ChatKind.DIRECT),
            id=f"said {len(self.said)}",
            sender=self.user,
            time=self.bot.clock.now(),
            content=Content(text=text),
            quoted=quoted,
        )
        self.said.append(message)
        await self.bot.emit(message)
        return self.heard(before)

    def heard(self, since: int = 0) -> list[str]:
        """There; the network takes either id for the other's chat."""
        return [getattr(done.action, "text", "") for done in self.bot.sent()[since:] if done.chat.id == self.user.id]


BY_NUMBER = UserRef("15550000001@s.whatsapp.net", phone=ANA)
BY_LID = UserRef("111@lid", phone=ANA, lid="111@lid")
CHANGES = [
    pytest.param(BY_NUMBER, BY_LID, id="lid"),
    pytest.param(UserRef("15550000001", phone=ANA), UserRef("US.abc", phone=ANA), id="business-scoped"),
]


async def linked(it: Whole, user: UserRef) -> Somebody:
    ana = Somebody(it.bot, user)
    await ana.say("link")
    await ana.say(next(each.code for each in it.bank.messages() if each.phone == ANA))
    return ana


def code(told: list[str]) -> str:
    return next(found[1] for text in told if (found := re.search(r"yes (\w+)", text)))


# --- wallet ---


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_a_payment_asked_for_under_one_id_is_confirmed_under_the_other(before: UserRef, after: UserRef) -> None:
    async with whole("bob") as it:
        ana = await linked(it, before)
        given = code(await ana.say("send $5 to +15550000002"))
        ana.user = after
        since = len(it.bot.sent())
        await ana.say(f"yes {given}")
        await it.later(MINUTE)
        assert it.told(since)[0].startswith("✅ Paid $5.00")
        assert await it.bot.count("wallet_users") == 2


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_a_code_asked_for_under_one_id_links_under_the_other(before: UserRef, after: UserRef) -> None:
    async with whole() as it:
        ana = Somebody(it.bot, before)
        await ana.say("link")
        ana.user = after
        await ana.say(next(each.code for each in it.bank.messages() if each.phone == ANA))
        assert await it.bot.count("wallet_users", "session IS NOT NULL") == 1
        assert await it.bot.count("wallet_users") == 1


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_wrong_codes_are_counted_on_under_the_other_id(before: UserRef, after: UserRef) -> None:
    async with whole() as it:
        ana = Somebody(it.bot, before)
        await ana.say("link")
        for wrong in ("000001", "000002"):
            await ana.say(f"!wallet verify {wrong}")
        ana.user = after
        await ana.say("!wallet verify 000003")
        told = await ana.say("!wallet verify 000004")
        assert "Too many" in told[0] or "too many" in told[0], told


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_what_others_ask_for_is_told_where_the_person_is_now(before: UserRef, after: UserRef) -> None:
    async with whole("bob") as it:
        ana = await linked(it, before)
        ana.user = after
        await ana.say("balance")
        since = len(it.bot.sent())
        await it.say("bob", f"request $5 from {ANA}")
        assert "$5.00" in ana.heard(since)[0]


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_contacts_and_the_language_stay(before: UserRef, after: UserRef) -> None:
    async with whole("bob") as it:
        ana = await linked(it, before)
        await ana.say(f"!wallet contacts add bobby {BOB}")
        await ana.say("!language es")
        spanish = await ana.say("!wallet contacts")
        ana.user = after
        assert await ana.say("!wallet contacts") == spanish
        assert "bobby" in spanish[0]


# --- scanner ---


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_a_direct_chats_rules_and_question_stay(before: UserRef, after: UserRef) -> None:
    async with running(BASICS, scanner(Opinions())) as bot:
        ana = Somebody(bot, before)
        await ana.say("!scan allow evil-site.com")
        rules = await ana.say("!scan rules")
        await ana.say("!scan check")
        ana.user = after
        assert "evil-site" in rules[0]
        answer = await ana.say(link(EVIL))  # the answer to the question
        assert "evil-site" in answer[0]
        assert await ana.say("!scan rules") == rules


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_an_edit_of_a_message_of_before_is_not_another_message(before: UserRef, after: UserRef) -> None:
    async with running(BASICS, scanner(Opinions())) as bot:
        ana = Somebody(bot, before)
        await ana.say(link(EVIL))
        told, (message,) = len(bot.sent()), ana.said
        chat = ChatRef(after.id, ChatKind.DIRECT)
        await bot.emit(
            MessageEdited(
                account=ACCOUNT,
                chat=chat,
                id="edit",
                sender=after,
                time=bot.clock.now(),
                target=message.id,
                content=Content(text=f"look: {link(EVIL)}"),
            )
        )
        assert len(bot.sent()) == told
        await bot.emit(replace(message, chat=chat, sender=after))  # the same message, told again
        assert len(bot.sent()) == told
        assert await bot.count("scanner_sightings") == 1


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_a_message_of_before_is_known_when_it_is_quoted(before: UserRef, after: UserRef) -> None:
    async with running(BASICS, scanner(Opinions())) as bot:
        ana = Somebody(bot, before)
        await ana.say(link(EVIL))
        ana.user = after
        told = await ana.say("!scan explain", Quoted(ana.said[0].id, after.id, Content(text="another text")))
        assert "evil-site" in told[0]
