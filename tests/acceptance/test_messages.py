"""A dangerous link in every kind of message, in groups that agreed and groups that did not, however it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.support.kinds import KINDS
from tests.support.live import until
from tests.support.running import Chat, Running, Said, running

HARMLESS = "https://en.wikipedia.org/wiki/Rain"


def bad_host(name: str) -> str:
    return f"paypa1-login-{name}.pages.dev"


def bad(name: str) -> str:
    return f"https://{bad_host(name)}/verify"


def defanged(name: str) -> str:
    return bad_host(name).replace(".", "[.]")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("messages")) as town:
        yield town


# --- every kind --------------------------------------------------------------------------------------------------


class Posted(NamedTuple):
    chat: Chat
    dangerous: dict[str, Said]
    harmless: dict[str, Said]


@pytest.fixture(scope="module")
def posted(town: Running) -> Posted:
    """One message of every kind with a dangerous link, and its twin with a harmless one, all in one group."""
    chat = town.group("All kinds")
    dangerous, harmless = {}, {}
    for name, kind in KINDS.items():
        dangerous[name] = chat.say("Bob", **kind(bad(name)))
        harmless[name] = chat.say("Bob", **kind(HARMLESS))
    town.settle()
    return Posted(chat, dangerous, harmless)


@pytest.mark.parametrize("name", KINDS)
def test_a_dangerous_link_is_warned_about_in_every_kind_of_message(posted: Posted, name: str) -> None:
    message = posted.dangerous[name]
    (warning,) = posted.chat.replies(message)
    assert "Dangerous link" in warning
    assert defanged(name) in warning
    assert bad_host(name) not in warning, "a link that can be tapped"
    assert "PayPal" in warning
    assert posted.chat.reaction(message) == "⛔"


@pytest.mark.parametrize("name", KINDS)
def test_a_harmless_link_is_met_with_silence_in_every_kind_of_message(posted: Posted, name: str) -> None:
    message = posted.harmless[name]
    assert posted.chat.replies(message) == []
    assert posted.chat.reaction(message) is None


def test_messages_without_a_link_are_met_with_silence(town: Running) -> None:
    chat = town.group("Talk")
    quiet = [
        chat.say("Bob", "shall we meet at 8.30? Bring 1.5 l of milk, e.g. from the farm..."),
        chat.say("Bob", media={"kind": "sticker", "mime": "image/webp", "data": "UklGRg=="}),
        chat.say("Bob", media={"kind": "audio", "mime": "audio/ogg", "data": "T2dnUw=="}),
        chat.say("Bob", media={"kind": "image", "mime": "image/png", "data": "bm8gcGljdHVyZQ=="}),
        chat.say("Bob", content={"location": {"latitude": 48.1, "longitude": 11.5, "name": "Home"}}),
    ]
    town.settle()
    for message in quiet:
        assert chat.replies(message) == []
        assert chat.reaction(message) is None


# --- what is said, and where -------------------------------------------------------------------------------------


def test_the_demo_sentence_is_answered_in_the_right_chat(town: Running) -> None:
    here, there = town.group("Here"), town.group("There")
    before = len(there.of_bot())
    message = here.say("Bob", "Https://paypa1-login.pages.dev/verify")
    town.settle()
    (warning,) = here.replies(message)
    assert warning.startswith("⛔ *Dangerous link:* paypa1-login[.]pages[.]dev\nIt pretends to be PayPal.")
    assert warning.splitlines()[-1].startswith("Do not open it.")
    assert here.reaction(message) == "⛔"
    assert len(there.of_bot()) == before


def test_the_same_link_in_two_groups_warns_both(town: Running) -> None:
    chats = [town.group("Family"), town.group("Club")]
    messages = [chat.say("Bob", bad("two-groups")) for chat in chats]
    town.settle()
    for chat, message in zip(chats, messages, strict=True):
        (warning,) = chat.replies(message)
        assert defanged("two-groups") in warning


def test_the_same_link_again_within_the_minute_gets_a_reaction_only(town: Running) -> None:
    chat = town.group("Again")
    first, second = chat.say("Bob", bad("again")), chat.say("Eve", bad("again"))
    town.settle()
    assert len(chat.replies(first)) == 1
    assert chat.replies(second) == []
    assert chat.reaction(second) == "⛔"


def test_several_links_get_one_warning_that_names_the_worst(town: Running) -> None:
    chat = town.group("Several")
    message = chat.say("Bob", f"{HARMLESS} {bad('several-a')} and {bad('several-b')}")
    town.settle()
    (warning,) = chat.replies(message)
    assert defanged("several-a") in warning
    assert defanged("several-b") in warning
    assert "wikipedia" not in warning


def test_a_direct_chat_is_read_without_asking(town: Running) -> None:
    chat = town.direct("Eve")
    dangerous, harmless = chat.say("Eve", bad("direct")), chat.say("Eve", HARMLESS)
    town.settle()
    assert defanged("direct") in "".join(chat.replies(dangerous))
    assert chat.reaction(dangerous) == "⛔"
    assert chat.replies(harmless) == []
    assert chat.reaction(harmless) == "✅"


# --- consent -----------------------------------------------------------------------------------------------------


def test_without_consent_nothing_is_said_and_nothing_is_written(town: Running) -> None:
    chat = town.group("Strangers", consent=False)
    tables = [name for (name,) in town.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    tables = [name for name in tables if name not in {"schedules", "jobs"}]
    before = {name: town.count(f"SELECT count(*) FROM {name}") for name in tables}
    said = len(chat.of_bot())
    messages = [chat.say("Bob", **kind(bad("strangers"))) for kind in KINDS.values()]
    town.world.call("edit", chat=chat.id, sender="Bob", id=messages[0]["id"], text=f"oh, {bad('strangers')}")
    town.world.call("react", chat=chat.id, by="Eve", sender="Bob", id=messages[0]["id"], emoji="👍")
    town.world.call("revoke", chat=chat.id, sender="Bob", id=messages[1]["id"])
    town.settle()
    assert len(chat.of_bot()) == said
    assert all(chat.reaction(message) is None for message in messages)
    assert {name: town.count(f"SELECT count(*) FROM {name}") for name in tables} == before


# --- identities --------------------------------------------------------------------------------------------------


def test_two_members_may_send_the_same_message_id(town: Running) -> None:
    chat = town.group("Same id")
    bob = chat.say("Bob", bad("same-id-bob"), id="MINE")
    eve = chat.say("Eve", bad("same-id-eve"), id="MINE")
    town.settle()
    assert defanged("same-id-bob") in "".join(chat.replies(bob))
    assert defanged("same-id-eve") in "".join(chat.replies(eve))
    assert (chat.reaction(bob), chat.reaction(eve)) == ("⛔", "⛔")


def test_the_same_message_id_in_two_chats_is_two_messages(town: Running) -> None:
    chats = [town.group("Left"), town.group("Right")]
    messages = [chat.say("Bob", bad("two-chats"), id="BOTH") for chat in chats]
    town.settle()
    assert [len(chat.replies(message)) for chat, message in zip(chats, messages, strict=True)] == [1, 1]


def test_every_edit_is_scanned_and_a_link_that_stays_is_not_warned_about_twice(town: Running) -> None:
    chat = town.group("Edits")
    message = chat.say("Bob", "good morning")
    for text in (f"see {bad('edit-one')}", f"see {bad('edit-one')} and {bad('edit-two')}", "never mind"):
        town.world.call("edit", chat=chat.id, sender="Bob", id=message["id"], text=text)
    town.settle()
    first, second = chat.replies(message)
    assert defanged("edit-one") in first
    assert defanged("edit-two") in second
    assert defanged("edit-one") not in second
    assert chat.reaction(message) == "⛔"


def test_a_quotation_of_what_was_scanned_is_not_scanned_again(town: Running) -> None:
    chat = town.group("Quotations")
    message = chat.say("Bob", bad("quoted"))
    town.settle()
    answer = chat.say("Eve", "is that true?", quote={"sender": message["sender"], "id": message["id"]})
    to_warning = chat.say("Eve", "thank you", quote={"sender": town.bot, "id": chat.history()[-2]["id"]})
    town.settle()
    assert len(chat.replies(message)) == 1
    for each in (answer, to_warning):
        assert chat.replies(each) == []
        assert chat.reaction(each) is None


# --- how it arrives ----------------------------------------------------------------------------------------------


def test_an_event_that_is_delivered_a_hundred_times_is_handled_once(town: Running) -> None:
    chat = town.group("Echo")
    town.world.call("fault", kind="duplicate", times=100, count=1, chat=chat.id)
    message = chat.say("Bob", bad("echo"))
    town.settle()
    town.world.call("clear_faults")
    assert len(chat.replies(message)) == 1
    reactions = [entry for entry in town.world.sends("react") if entry["message"] == message["id"]]
    assert len(reactions) == 1


def test_events_that_overtake_each_other_are_all_handled_once(town: Running) -> None:
    chat = town.group("Overtaking")
    town.world.call("fault", kind="delay", seconds=0.0, jitter=0.5, chat=chat.id)
    town.world.call("fault", kind="duplicate", times=3, chat=chat.id)
    messages = {name: chat.say("Bob", bad(name)) for name in (f"overtaking-{number}" for number in range(20))}
    town.settle()
    town.world.call("clear_faults")
    for name, message in messages.items():
        (warning,) = chat.replies(message)
        assert defanged(name) in warning


def test_what_was_posted_while_the_bot_was_away_is_handled_when_it_is_back(town: Running) -> None:
    chat = town.group("Away")
    town.world.call("presence", person="Whinchat", online=False)
    until(lambda: not town.connected(), "the service notices")
    messages = {name: chat.say("Bob", bad(name)) for name in (f"away-{number}" for number in range(10))}
    assert town.ready()[0] == 200, "away from the network is no reason to be restarted"
    town.world.call("presence", person="Whinchat", online=True)
    town.settle()
    assert [
        said["quoted"]["id"]
        for said in chat.history()
        if "away" in said["content"].get("text", "") and "quoted" in said
    ] == [message["id"] for message in messages.values()], "each is warned about once, in order"
    until(town.connected, "the service is well again")


def test_a_broken_connection_loses_nothing(town: Running) -> None:
    chat = town.group("Broken")
    for _ in range(3):
        town.world.call("fault", kind="disconnect", after=4)
    messages = {name: chat.say("Bob", bad(name)) for name in (f"broken-{number}" for number in range(12))}
    town.settle()
    town.world.call("clear_faults")
    assert [len(chat.replies(message)) for message in messages.values()] == [1] * len(messages)
