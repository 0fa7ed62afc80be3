"""Moderation over the running service: messages deleted, members removed, a group locked, in the simulator's world."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.attached import program
from tests.support.live import until
from tests.support.running import Chat, Running, Said, running


def bad(name: str) -> str:
    return f"https://paypa1-login-{name}.pages.dev/verify"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("moderation")) as town:
        yield town


def guarded(town: Running, subject: str, *settings: str, admin: bool = True) -> Chat:
    """A group with that policy, in which the bot is an admin."""
    chat = town.group(subject)
    if admin:
        town.world.call("promote", chat=chat.id, by="Ana", people=["Whinchat"])
    for each in settings:
        chat.ask("Ana", f"!scan policy {each}")
    return chat


def shown(town: Running, chat: Chat) -> dict[str, Any]:
    """The chat as the page shows it."""
    chats: list[dict[str, Any]] = town.world.call("history", chat=chat.id, limit=1)["chats"]
    return next(each for each in chats if each["id"] == chat.id)


def gone(chat: Chat, message: Said) -> bool:
    return any(
        said["id"] == message["id"] and said["sender"] == message["sender"] and said.get("revoked_by")
        for said in chat.history()
    )


def sends(town: Running, chat: Chat, action: str) -> list[dict[str, Any]]:
    """What the bot tried there, whether it happened or not."""
    entries = town.world.transcript()
    return [each for each in entries if each["kind"] == "send" and each["chat"] == chat.id and each["action"] == action]


def test_a_dangerous_message_is_deleted_for_everyone(town: Running) -> None:
    chat = guarded(town, "Deleting", "malicious warn,react,delete")
    message = chat.say("Eve", f"look {bad('deleted')}")
    harmless = chat.say("Eve", "https://en.wikipedia.org/wiki/Rain")
    town.settle()
    assert gone(chat, message)
    assert not gone(chat, harmless)
    (warning,) = [text for text in chat.of_bot() if text.startswith("🗑️")]
    assert "paypa1-login-deleted[.]pages[.]dev" in warning
    assert not chat.replies(message)
    (deletion,) = sends(town, chat, "delete")
    assert deletion["arrived"]


def test_who_posts_danger_is_removed_from_the_group(town: Running) -> None:
    chat = guarded(town, "Removing", "strikes 2", "strike_action remove_member")
    chat.say("Eve", bad("first"))
    town.settle()
    assert not sends(town, chat, "remove_member")
    chat.say("Eve", bad("second"))
    town.settle()
    (removal,) = sends(town, chat, "remove_member")
    assert removal["arrived"]
    assert chat.ask("Ana", "!scan strikes").splitlines()[1:] == ["No longer here: 2"]


def test_a_bot_without_rights_warns_and_tries_nothing(town: Running) -> None:
    chat = guarded(town, "Powerless", "malicious warn,react,delete,remove_member", admin=False)
    message = chat.say("Eve", bad("powerless"))
    town.settle()
    assert len(chat.replies(message)) == 1
    assert chat.reaction(message) == "⛔"
    assert not sends(town, chat, "delete")
    assert not sends(town, chat, "remove_member")


def test_rights_that_were_just_taken_away_are_refused_by_the_network_and_nothing_is_lost(town: Running) -> None:
    chat = guarded(town, "Demoted", "malicious warn,react,delete")
    town.world.call("demote", chat=chat.id, by="Ana", people=["Whinchat"])
    message = chat.say("Eve", bad("demoted"))
    town.settle()
    assert not gone(chat, message)
    assert len(chat.replies(message)) == 1


def test_a_demoted_admin_is_refused_and_a_promoted_one_obeyed_at_once(town: Running) -> None:
    chat = guarded(town, "Roles")
    town.world.call("promote", chat=chat.id, by="Ana", people=["Bob"])
    assert chat.ask("Bob", "!scan policy strikes 5") == "strikes is now `5`."
    town.world.call("demote", chat=chat.id, by="Ana", people=["Bob"])
    assert chat.ask("Bob", "!scan policy strikes 6") == "Only admins of this group can use this command."


def test_a_program_called_a_picture_is_told_by_its_bytes(town: Running) -> None:
    chat = guarded(town, "Files")
    data = base64.b64encode(program()).decode()
    media = {"kind": "document", "mime": "image/jpeg", "file_name": "holiday.jpg", "data": data}
    message = chat.say("Eve", media=media)
    town.settle()
    (warning,) = chat.replies(message)
    assert warning.startswith("⛔ *Dangerous file:* holiday")
    assert chat.reaction(message) == "⛔"


def test_admins_are_told_in_their_own_chat_what_was_done(town: Running) -> None:
    chat = guarded(town, "Notices", "malicious warn,delete")
    chat.ask("Ana", "!scan notices on")
    chat.say("Eve", bad("noticed"))
    town.settle()
    (notice,) = town.direct("Ana").of_bot()
    assert notice.startswith("*Notices*: @")
    assert notice.endswith("I deleted the message.\nStrike 1 of 3.")


def test_what_is_kept_of_members_and_admins_cannot_be_read(town: Running) -> None:
    """Runs after the others: there are strikes, somebody who wants notices, and what was done is noted."""
    for table in ("scanner_strikes", "scanner_members", "scanner_notices", "scanner_policies", "audit"):
        for row in town.rows(f"SELECT * FROM {table}"):
            for value in row:
                text = value if isinstance(value, bytes) else str(value).encode()
                assert b"@sim" not in text
                assert b"+999" not in text
                assert b"paypa1" not in text


def test_a_flood_locks_the_group_and_the_lock_outlives_the_process(town: Running) -> None:
    chat = guarded(town, "Flooded", "lock_after 3")
    for number in range(3):
        chat.say("Eve", bad(f"flood{number}"))
    until(lambda: any(each["arrived"] for each in sends(town, chat, "lock_group")), "the group is locked")
    until(lambda: any(text.startswith("🔒") for text in chat.of_bot()), "it says so")
    with pytest.raises(AssertionError, match="announce_only"):
        chat.say("Eve", "hello?")
    town.service.kill()
    town.service.start()
    assert town.count("SELECT count(*) FROM jobs WHERE kind = 'scanner.unlock'") == 1
    # An admin who opens the group has taken the matter over: nothing is left to be opened by the bot.
    town.world.call("announce", chat=chat.id, by="Ana", on=False)
    until(lambda: town.count("SELECT count(*) FROM scanner_locks") == 0, "the lock is the admin's")
