"""Every command over the running service: by admins and members, in groups and alone with the bot."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.support.running import Running, running

from whinchat.bootstrap import APPS
from whinchat.core.dispatch.command import Command, Where, Who

BAD = "https://paypa1-login.pages.dev/verify"
GOOD = "https://en.wikipedia.org/wiki/Rain"
PERHAPS = ("verify-update.net", "netflix-update.com", "docs-update.vercel.app", "account-verify-help.net")
"""One of these is suspicious at least, and no more than that, by the weights of the day."""

COMMANDS = {command.path: command for app in APPS if app.enabled(app.settings()) for command in app.commands}
"""Of the applications that are on without being told to; the wallet's are tried in `test_wallet`."""
ARGUMENTS = {
    "language": "en",
    "scan check": GOOD,
    "scan allow": "example.org for 2h our newsletter",
    "scan deny": "example.net",
    "scan remove": "1",
    "scan rescan": GOOD,
    "scan mute": "30m",
}
"""What each command is given when it is tried; the others need nothing."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("commands")) as town:
        yield town


@pytest.fixture(scope="module")
def suspicious(town: Running) -> str:
    lines = town.verb("scan", "check", "--json", *PERHAPS).out.splitlines()
    found: list[str] = [each["url"] for each in map(json.loads, lines) if each["verdict"] == "suspicious"]
    return found[0]


def refused(answer: str) -> bool:
    return answer.startswith(("Only admins", "Only the owner", "This command works in groups only"))


def typed(command: Command) -> str:
    return f"!{command.path} {ARGUMENTS.get(command.path, '')}".strip()


# --- all of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMANDS)
def test_an_admin_may_use_it_in_the_group(town: Running, path: str) -> None:
    chat, command = town.group("Admin"), COMMANDS[path]
    message = chat.say("Bob", f"look {BAD}")
    quote = {"quote": {"sender": message["sender"], "id": message["id"]}} if command.needs_reply else {}
    if path == "scan remove":
        chat.ask("Ana", "!scan deny example.net")
    answer = chat.ask("Ana", typed(command), **quote)
    assert refused(answer) is (command.who is Who.OWNER)
    assert "Usage:" not in answer


@pytest.mark.parametrize("path", COMMANDS)
def test_a_member_may_use_it_in_the_group_if_it_is_for_everybody(town: Running, path: str) -> None:
    chat, command = town.group("Member"), COMMANDS[path]
    message = chat.say("Bob", f"look {BAD}")
    quote = {"quote": {"sender": message["sender"], "id": message["id"]}} if command.needs_reply else {}
    before = town.rows("SELECT * FROM scanner_rules"), town.rows("SELECT * FROM scanner_chats")
    answer = chat.ask("Bob", typed(command), **quote)
    assert refused(answer) is (command.who is not Who.ANYONE or path == "language")
    assert (town.rows("SELECT * FROM scanner_rules"), town.rows("SELECT * FROM scanner_chats")) == before


@pytest.mark.parametrize("path", COMMANDS)
def test_everybody_is_the_admin_of_their_own_chat_with_the_bot(town: Running, path: str) -> None:
    chat, command = town.direct("Eve"), COMMANDS[path]
    refusal = command.where is Where.GROUP or command.who is Who.OWNER
    quote = {"quote": {"sender": "Bob", "id": "X", "content": {"text": BAD}}} if command.needs_reply else {}
    if path == "scan remove":
        listed = chat.ask("Eve", "!scan deny example.net")
        answer = chat.ask("Eve", f"scan remove {listed.rpartition('Rule ')[2].rstrip('.')}")
    elif refusal:
        # Refusals are said once a minute: somebody new asks.
        name = path.replace(" ", "-")
        town.world.call("person", name=name)
        answer = town.direct(name).ask(name, typed(command))
    else:
        answer = chat.ask("Eve", typed(command).removeprefix("!"), **quote)
    assert refused(answer) is refusal


# --- the bot's own -----------------------------------------------------------------------------------------------


def test_help_names_what_the_person_may_use_here(town: Running) -> None:
    chat = town.group("Help")
    for sender, theirs in (("Ana", True), ("Bob", False)):
        overview = chat.ask(sender, "!help")
        assert "`!ping` – see whether I am awake" in overview
        assert ("revoke" in overview) is theirs
        page = chat.ask(sender, "!scan help")
        assert "`!scan check [LINK]`" in page
        assert ("`!scan allow RULE [for DURATION] [REASON]`" in page) is theirs
    assert "`!scan mute 8 hours`" in chat.ask("Ana", "!help scan mute")
    assert "Did you mean `!help scan check`?" in chat.ask("Ana", "!help scan chek")


@pytest.mark.parametrize("text", ["!ping", "!PING", "! ping", "*!ping*", "！ping", "@Whinchat ping", "ping?"])
def test_in_a_group_only_the_prefix_or_a_mention_makes_a_command(town: Running, text: str) -> None:
    chat = town.group("Ping")
    message = chat.say("Bob", text, mentions=["Whinchat"] if "@" in text else [])
    town.settle()
    assert chat.replies(message) == ([] if text == "ping?" else ["I am here."])


def test_other_bots_commands_are_nobodys_business(town: Running) -> None:
    chat = town.group("Other bots")
    messages = [chat.say("Bob", text) for text in ("!weather", "/start", "!scanner check", "!")]
    town.settle()
    assert [chat.replies(message) for message in messages] == [[], [], [], []]


def test_a_command_that_does_not_exist_or_is_written_wrongly_is_explained(town: Running) -> None:
    chat = town.group("Mistakes")
    assert "Did you mean `!scan check`?" in chat.ask("Bob", "!scan chek example.com")
    assert "Usage: `!scan check [LINK]`" in chat.ask("Bob", "!scan check example.com and more")
    assert "RULE is missing." in chat.ask("Ana", "!scan deny")
    assert "is not a length of time" in chat.ask("Ana", "!scan mute forever")
    assert "Send this command as a reply" in chat.ask("Bob", "!scan explain")
    assert "cannot read that as a link" in chat.ask("Bob", "!scan check nothing")


def test_warnings_and_answers_are_in_the_chats_language(town: Running) -> None:
    chat, other = town.group("Idiomas"), town.group("Languages")
    assert "Español" in chat.ask("Ana", "!language es")
    in_spanish, in_english = chat.say("Bob", BAD), other.say("Bob", BAD)
    town.settle()
    assert "Enlace peligroso" in "".join(chat.replies(in_spanish))
    assert "Dangerous link" in "".join(other.replies(in_english))
    assert "Solo los administradores" in chat.ask("Bob", "!language en")
    assert "no" in chat.ask("Bob", "!language klingon").casefold()


def test_somebody_who_is_promoted_may_at_once(town: Running) -> None:
    chat = town.group("Promotion")
    assert refused(chat.ask("Bob", "!scan rules"))
    town.world.call("promote", chat=chat.id, by="Ana", people=["Bob"])
    assert "no rules" in chat.ask("Bob", "!scan rules")
    town.world.call("demote", chat=chat.id, by="Ana", people=["Bob"])
    message = chat.say("Bob", "!scan deny example.net")
    town.settle()
    assert "no rules" in chat.ask("Ana", "!scan rules"), "nobody is admin by memory"
    assert all(map(refused, chat.replies(message)))


def test_refusals_are_said_once_a_minute(town: Running) -> None:
    chat = town.group("Refusals")
    messages = [chat.say("Bob", "!scan rules") for _ in range(5)]
    town.settle()
    assert [len(chat.replies(message)) for message in messages] == [1, 0, 0, 0, 0]


# --- joining and consent -----------------------------------------------------------------------------------------


def test_the_bot_introduces_itself_and_reads_nothing_until_an_admin_agrees(town: Running) -> None:
    chat = town.group("New here", consent=False)
    (hello,) = chat.of_bot()
    assert hello.startswith("Hello!")
    assert "!scan consent" in hello
    before = chat.say("Bob", BAD)
    assert "Off:" in chat.ask("Bob", "!scan status")
    assert refused(chat.ask("Bob", "!scan consent"))
    assert "Thank you" in chat.ask("Ana", "!scan consent")
    assert "already" in chat.ask("Ana", "!scan consent")
    assert "On:" in chat.ask("Ana", "!scan status")
    during = chat.say("Bob", BAD)
    town.settle()
    assert refused(chat.ask("Eve", "!scan revoke"))
    assert "I have stopped" in chat.ask("Ana", "!scan revoke")
    assert "anyway" in chat.ask("Ana", "!scan revoke")
    after = chat.say("Bob", BAD)
    town.settle()
    assert [len(chat.replies(message)) for message in (before, during, after)] == [0, 1, 0]


def test_a_bot_that_was_removed_and_added_again_asks_anew(town: Running) -> None:
    chat = town.group("Come and go")
    town.world.call("remove", chat=chat.id, by="Ana", people=["Whinchat"])
    town.settle()
    town.world.call("add", chat=chat.id, by="Ana", people=["Whinchat"])
    message = chat.say("Bob", BAD)
    town.settle()
    assert sum(said.startswith("Hello!") for said in chat.of_bot()) == 2
    assert chat.replies(message) == []


def test_a_new_member_changes_nothing(town: Running) -> None:
    chat = town.group("Newcomers")
    town.world.call("person", name="Zoe")
    town.world.call("add", chat=chat.id, by="Ana", people=["Zoe"])
    message = chat.say("Zoe", BAD)
    town.settle()
    assert sum(said.startswith("Hello!") for said in chat.of_bot()) == 1
    assert len(chat.replies(message)) == 1


# --- links -------------------------------------------------------------------------------------------------------


def test_check_explains_a_link_in_full(town: Running) -> None:
    chat = town.group("Check", consent=False)
    dangerous = chat.ask("Bob", f"!scan check {BAD}")
    assert dangerous.startswith("⛔ *paypa1-login[.]pages[.]dev: dangerous.*")
    assert "Estimated danger: >99 %" in dangerous
    assert chat.ask("Bob", f"!scan check {GOOD}").startswith("✅")


def test_check_as_a_reply_looks_at_what_was_answered(town: Running) -> None:
    chat = town.group("Check reply")
    message = chat.say("Bob", f"is {GOOD} good?")
    answer = chat.ask("Eve", "!scan check", quote={"sender": message["sender"], "id": message["id"]})
    assert answer.startswith("✅")


def test_check_alone_asks_which_link_and_takes_the_next_message_of_that_person(town: Running) -> None:
    chat = town.group("Which")
    assert "Which link?" in chat.ask("Bob", "!scan check")
    other, answer, later = chat.say("Eve", GOOD), chat.say("Bob", f"this one: {GOOD}"), chat.say("Bob", GOOD)
    town.settle()
    assert [len(chat.replies(message)) for message in (other, answer, later)] == [0, 1, 0]


def test_check_asks_no_question_whose_answer_it_may_not_read(town: Running) -> None:
    chat = town.group("Deaf", consent=False)
    assert "Which link?" not in chat.ask("Bob", "!scan check")


def test_explain_says_why(town: Running) -> None:
    chat = town.group("Explain")
    message, idle = chat.say("Bob", BAD), chat.say("Bob", "good morning")
    town.settle()
    quote = {"sender": message["sender"], "id": message["id"], "content": {"text": "forged: nothing was here"}}
    assert "pretends to be PayPal" in chat.ask("Eve", "!scan explain", quote=quote)
    assert "I know of no link" in chat.ask("Eve", "!scan explain", quote={"sender": idle["sender"], "id": idle["id"]})


def test_rescan_looks_again(town: Running) -> None:
    chat = town.group("Rescan")
    assert chat.ask("Ana", f"!scan rescan {BAD}").startswith("Looked at again")


# --- rules -------------------------------------------------------------------------------------------------------


def test_rules_of_a_chat_decide_there_and_only_there(town: Running) -> None:
    chat, other = town.group("Rules"), town.group("No rules")
    assert "Rule 1." in chat.ask("Ana", "!scan deny wikipedia.org for 1d we had trouble with it")
    assert "Rule 2." in chat.ask("Ana", "!scan allow paypa1-login.pages.dev")
    listed = chat.ask("Ana", "!scan rules")
    assert "1. denied: wikipedia[.]org" in listed
    assert "because: we had trouble with it" in listed
    assert "2. allowed: paypa1-login[.]pages[.]dev" in listed
    denied, allowed = chat.say("Bob", GOOD), chat.say("Bob", BAD)
    elsewhere = other.say("Bob", GOOD), other.say("Bob", BAD)
    town.settle()
    assert "A rule of this chat forbids it" in "".join(chat.replies(denied))
    assert chat.replies(allowed) == []
    assert [len(other.replies(message)) for message in elsewhere] == [0, 1]
    assert "Rule 1 is gone" in chat.ask("Ana", "!scan remove 1")
    assert "There is no rule 1 here" in chat.ask("Ana", "!scan remove 1")
    again = chat.say("Bob", "https://de.wikipedia.org/wiki/Regen")
    town.settle()
    assert chat.replies(again) == []


def test_a_rule_that_would_allow_strangers_sites_is_refused(town: Running) -> None:
    chat = town.group("Too wide")
    assert "strangers" in chat.ask("Ana", "!scan allow *.pages.dev")
    assert "no rules" in chat.ask("Ana", "!scan rules")


# --- mute and restart --------------------------------------------------------------------------------------------


def test_mute_silences_what_is_only_suspicious_and_survives_a_restart(town: Running, suspicious: str) -> None:
    chat = town.group("Mute")
    loud = chat.say("Bob", suspicious)
    town.settle()
    assert len(chat.replies(loud)) == 1
    assert "Quiet until" in chat.ask("Ana", "!scan mute 2h")
    town.service.child.stop()
    town.service.start()
    quiet, danger = chat.say("Bob", f"{suspicious}other"), chat.say("Bob", BAD)
    town.settle()
    assert (chat.replies(quiet), chat.reaction(quiet)) == ([], None)
    assert len(chat.replies(danger)) == 1
    assert "Muted until" in chat.ask("Bob", "!scan status")
    assert "I speak again" in chat.ask("Ana", "!scan unmute")
    loud_again = chat.say("Bob", f"{suspicious}another")
    town.settle()
    assert len(chat.replies(loud_again)) == 1
    assert "I was not muted" in chat.ask("Ana", "!scan unmute")


def test_consent_language_and_rules_survive_a_restart_too(town: Running) -> None:
    chat = town.group("Memory")
    chat.ask("Ana", "!scan deny wikipedia.org")
    chat.ask("Ana", "!language de")
    town.service.child.stop()
    town.service.start()
    message = chat.say("Bob", GOOD)
    town.settle()
    (warning,) = chat.replies(message)
    assert "Gefährlicher Link" in warning


def test_a_person_who_commands_too_much_is_told_so_once(town: Running) -> None:
    town.world.call("person", name="Max")
    chat = town.group("Flood")
    town.world.call("add", chat=chat.id, by="Ana", people=["Max"])
    messages = [chat.say("Max", f"!scan check {GOOD}") for _ in range(30)]
    warned = chat.say("Max", BAD)
    town.settle()
    answers = ["".join(chat.replies(message)) for message in messages]
    assert sum("Too many commands" in answer for answer in answers) == 1
    assert sum(answer.startswith("✅") for answer in answers) <= 11
    assert len(chat.replies(warned)) == 1, "warnings are never held back"
