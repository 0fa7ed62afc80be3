"""`contacts`: what is typed is kept, what is shared is looked at first."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.wallet.payees import ANA, BOB
from tests.support.wallet.shop import Shop, shopping

from whinchat.apps.wallet import notebook
from whinchat.apps.wallet.backend import Unknown
from whinchat.apps.wallet.commands import contacts as command
from whinchat.core.types import ContactCard, Content

EVE, OTHER = "+18765551111", "+18765551112"


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with shopping() as shop:
        yield shop


async def test_a_contact_is_added_paid_and_removed(shop: Shop) -> None:
    assert "You have no contacts yet" in await shop.say("contacts")
    said = await shop.say(f"contacts add Bobby {BOB}")
    assert said == f"Saved: Bobby, {BOB}. Now you can write `send 5 to bobby`."
    assert "your contact Bobby, +1876…02" in await shop.say("send 5 to bobby")
    assert await shop.say("contacts list") == "*Your contact*\n• Bobby, +1876…02"
    assert await shop.say("contacts remove BOBBY") == "Bobby is no longer one of your contacts."
    assert "You have no contact called “bobby”" in await shop.say("contacts remove bobby")


async def test_a_name_of_several_words_is_written_in_quotes(shop: Shop) -> None:
    said = await shop.say(f'contacts add "Mary Ann" {BOB}')
    assert '`send 5 to "Mary Ann"`' in said
    assert "your contact Mary Ann" in await shop.say('send 5 to "mary ann"')
    assert "may be one of your contacts: “Mary Ann”" in await shop.say("send 5 to mary")


async def test_another_number_for_a_name_is_said(shop: Shop) -> None:
    await shop.say(f"contacts add Eve {EVE}")
    assert "no longer" not in await shop.say(f"contacts add eve {EVE}")
    assert await shop.say(f"contacts add Eve {OTHER}") == f"Changed: Eve is now {OTHER}, and no longer +1876…11."


async def test_ones_own_number_is_no_contact(shop: Shop) -> None:
    assert await shop.say(f"contacts add Me {ANA}") == "That is your own number."
    assert "You have no contacts yet" in await shop.say("contacts")


async def test_there_is_room_for_so_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MOST", 1)
    monkeypatch.setattr(command, "MOST", 1)
    await shop.say(f"contacts add Eve {EVE}")
    assert "no room for more" in await shop.say(f"contacts add Bob {BOB}")
    assert "no room for more" in await shop.say(cards(("Bob", BOB)))
    assert "Changed" in await shop.say(f"contacts add Eve {OTHER}")


# --- cards --------------------------------------------------------------------------------------------------------


def cards(*people: tuple[str, str]) -> Content:
    return Content(
        contacts=tuple(
            ContactCard(name, "\n".join(f"TEL:{number}" for number in numbers.split())) for name, numbers in people
        )
    )


async def test_shared_cards_are_saved(shop: Shop) -> None:
    said = await shop.say(cards(("Eve", EVE), ("Bobby", BOB), ("Eve", EVE)))
    assert [line.partition(".")[0] for line in said.splitlines()] == [
        f"Saved: Eve, {EVE}",
        f"Saved: Bobby, {BOB}",
        f"Saved: Eve, {EVE}",
    ]
    assert "*Your 2 contacts*" in await shop.say("contacts")


async def test_several_numbers_are_asked_about(shop: Shop) -> None:
    said = await shop.say(cards(("Eve", f"{EVE} {OTHER}")))
    assert said.splitlines() == [
        "“Eve” has several numbers. Which one? Send one of these:",
        f'`contacts add "Eve" {EVE}`',
        f'`contacts add "Eve" {OTHER}`',
    ]
    assert "You have no contacts yet" in await shop.say("contacts")
    assert "Saved: Eve" in await shop.say(said.splitlines()[2].strip("`"))


async def test_a_card_never_takes_the_place_of_somebody_else(shop: Shop) -> None:
    await shop.say(f"contacts add Eve {EVE}")
    said = await shop.say(cards(("EVE", OTHER)))
    assert said.splitlines() == [
        "You have a contact “EVE” with another number, +1876…11. If the card is right, send:",
        f'`contacts add "EVE" {OTHER}`',
    ]
    assert "+1876…11" in await shop.say("contacts")


@pytest.mark.parametrize(("name", "number"), [("Eve", "876 555 1234"), ("", EVE), ("\u200b", EVE), ("Eve", "")])
async def test_a_card_without_a_number_or_name(shop: Shop, name: str, number: str) -> None:
    assert "I found no number with a country code" in await shop.say(cards((name, number)))


async def test_ones_own_card(shop: Shop) -> None:
    assert await shop.say(cards(("Me", ANA))) == "That is your own number."


async def test_a_name_on_a_card_is_no_command(shop: Shop) -> None:
    said = await shop.say(cards(('x" +15550000000 “', f"{EVE} {OTHER}")))
    assert said.splitlines()[1] == f'`contacts add "x +15550000000 " {EVE}`'


# --- history ------------------------------------------------------------------------------------------------------


async def pay(shop: Shop, text: str) -> None:
    await shop.say(text)
    shop.bot.clock.move(2)
    await shop.say("yes")
    shop.bot.clock.move(60)


async def test_what_a_contact_was_sent_under_any_name(shop: Shop) -> None:
    await shop.say(f"contacts add Bobby {BOB}")
    assert await shop.say("contacts history Bobby") == "You have sent Bobby nothing lately."
    await pay(shop, "send 5 to @bob")
    assert await shop.say("contacts history Bobby") == "You have sent Bobby nothing lately."
    await pay(shop, f"send 6 to {BOB}")
    await pay(shop, "send 7 to bobby")
    shop.backend.script(Unknown("timeout"))
    await pay(shop, "send 8 to bobby")
    await shop.say("send 9 to bobby")
    said = await shop.say("contacts history bobby")
    assert said.splitlines()[0] == "*Sent to Bobby*, +1876…02"
    assert [line.partition(",")[0] for line in said.splitlines()[1:]] == ["• $8.00", "• $7.00", "• $6.00", "• $5.00"]
    assert "outcome not known yet" in said.splitlines()[1]
    assert "You have no contact called “eve”" in await shop.say("contacts history eve")
