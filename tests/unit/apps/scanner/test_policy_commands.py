"""`policy`, `quiet`, `strikes`, `pardon` and `notices`, as admins use them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from tests.support.opinions import EVIL, SHADY, link

from whinchat.apps.scanner.app import APP
from whinchat.apps.scanner.policy import KEYS
from whinchat.core.dispatch.audit import Audit
from whinchat.core.types import ChatKind, ChatRef, MembershipChange, SendText, UserRef
from whinchat.testing.harness import BotHarness

LANGUAGES = tuple(sorted(path.stem for path in APP.catalogues.glob("*.toml")))


async def ask(bot: BotHarness, chat: ChatRef, command: str, who: str = "ana", **more: object) -> str:
    """What the bot answers."""
    before = len(bot.texts(chat))
    await bot.say(who, chat, command, **more)
    return "\n".join(bot.texts(chat)[before:])


# --- policy ------------------------------------------------------------------------------------------------------


async def test_policy_shows_all_that_can_be_set(bot: BotHarness, family: ChatRef) -> None:
    answer = await ask(bot, family, "!scan policy")
    lines = answer.splitlines()
    assert lines[0] == "*Policy of this chat*"
    assert [line.split(":")[0] for line in lines[1:-1]] == [key.name for key in KEYS]
    assert "malicious: `warn,react`" in lines
    assert "(changed)" not in answer


async def test_what_was_changed_is_marked(bot: BotHarness, family: ChatRef) -> None:
    assert await ask(bot, family, "!scan policy strikes 5") == "strikes is now `5`."
    assert "strikes: `5` (changed)" in (await ask(bot, family, "!scan policy")).splitlines()
    await ask(bot, family, "!scan policy strikes default")
    assert "(changed)" not in await ask(bot, family, "!scan policy")


async def test_one_setting_is_explained(bot: BotHarness, family: ChatRef) -> None:
    assert (await ask(bot, family, "!scan policy exempt")).splitlines() == [
        "Whose messages are only warned of, whatever else is set.",
        "Now: `nobody`",
        "Possible: `nobody|admins`, or default. Write !scan policy exempt and the value.",
    ]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (
            "malcious warn",
            "There is no setting called “malcious”.\nDid you mean `malicious`?\n!scan policy lists them all.",
        ),
        ("qqq", "There is no setting called “qqq”.\n!scan policy lists them all."),
        (
            "malicious warn,delte",
            (
                "malicious cannot contain “delte”. Possible, separated by commas: warn, react, notify_admins, delete,"
                " remove_member, lock_group, nothing.\nDid you mean `delete`?"
            ),
        ),
        (
            "suspicious delete",
            "suspicious cannot contain “delete”. Possible, separated by commas: warn, react, notify_admins, nothing.",
        ),
        ("dry_run perhaps", "dry_run cannot be “perhaps”. Possible: on, off."),
        ("strikes many", "strikes is a number from 0 to 20, not “many”."),
        ("delete_at 50", "delete_at is a number from 99 to 100, not “50”."),
        (
            "quiet night",
            "Hours are written like 22-07, from one full hour to another, not “night”. off ends the quiet.",
        ),
        (
            "timezone Madird",
            (
                "I know no time zone “Madird”. It is written like Europe/Madrid or Asia/Kolkata."
                "\nDid you mean `Europe/Madrid`?"
            ),
        ),
    ],
)
async def test_a_mistake_is_told_with_what_is_possible(
    bot: BotHarness, family: ChatRef, typed: str, answer: str
) -> None:
    assert await ask(bot, family, f"!scan policy {typed}") == answer
    assert await bot.count("scanner_policies") == 0


async def test_what_somebody_wrote_is_said_back_inert_and_short(bot: BotHarness, family: ChatRef) -> None:
    answer = await ask(bot, family, f"!scan policy strikes *{'9' * 100}* @everybody")
    assert "@everybody" not in answer
    assert len(answer) < 120


@pytest.mark.parametrize("key", ["announce-benign", "ANNOUNCE_BENIGN", "announce_benign"])
async def test_names_are_read_as_people_write_them(bot: BotHarness, family: ChatRef, key: str) -> None:
    assert await ask(bot, family, f"!scan policy {key} react") == "announce_benign is now `react`."


async def test_without_rights_the_bot_says_at_once_that_it_needs_them(bot: BotHarness, family: ChatRef) -> None:
    answer = await ask(bot, family, "!scan policy malicious warn,delete")
    assert answer.splitlines() == [
        "malicious is now `warn,delete`.",
        "I can do that only as an admin of this group. Please make me one.",
    ]
    assert len((await ask(bot, family, "!scan policy malicious warn")).splitlines()) == 1
    strong = await bot.group("strong", admin="ana", bot_is_admin=True)
    assert len((await ask(bot, strong, "!scan policy files delete")).splitlines()) == 1
    direct = bot.direct("eve")
    assert len((await ask(bot, direct, "!scan policy files delete", "eve")).splitlines()) == 1


async def test_a_policy_belongs_to_its_chat_and_outlives_the_process(bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club", admin="ana")
    await ask(bot, family, "!scan policy strikes 5")
    await bot.crash()
    assert "strikes: `5` (changed)" in await ask(bot, family, "!scan policy")
    assert "(changed)" not in await ask(bot, club, "!scan policy")


@pytest.mark.parametrize("command", ["policy strikes 0", "quiet 22-07", "strikes", "pardon @eve", "notices on"])
async def test_only_admins_decide(bot: BotHarness, family: ChatRef, command: str) -> None:
    assert await ask(bot, family, f"!scan {command}", "bob") == "Only admins of this group can use this command."
    assert await bot.count("scanner_policies") == 0


async def test_a_change_is_audited(bot: BotHarness, family: ChatRef) -> None:
    await ask(bot, family, "!scan policy strikes 5")
    newest = (await Audit(bot.database, bot.sealer, bot.clock).page())[0]
    assert (newest.action, newest.detail) == ("scan policy", "!scan policy strikes 5")


# --- quiet -------------------------------------------------------------------------------------------------------


async def test_in_quiet_hours_only_danger_is_told(bot: BotHarness, family: ChatRef) -> None:
    assert (await ask(bot, family, "!scan quiet 22-07 Madrid")).startswith(
        "Every day from 22:00 to 07:00 (Europe/Madrid) I am quiet."
    )
    bot.transport.performed.clear()
    to_hour(bot, 22)  # 23 or 24 o'clock there
    await bot.say("eve", family, link(SHADY))
    assert bot.sent(family) == []
    await bot.say("eve", family, link(EVIL))
    assert len(bot.texts(family)) == 1
    to_hour(bot, 12)
    await bot.say("eve", family, link(f"x.{SHADY}"))
    assert len(bot.texts(family)) == 2


async def test_quiet_hours_are_shown_changed_and_ended(bot: BotHarness, family: ChatRef) -> None:
    assert (await ask(bot, family, "!scan quiet")).startswith("There are no quiet hours here.")
    await ask(bot, family, "!scan quiet 22-07 Asia/Kolkata")
    assert "(Asia/Kolkata)" in await ask(bot, family, "!scan quiet 21-06")
    assert "21:00 to 06:00" in await ask(bot, family, "!scan quiet")
    assert (await ask(bot, family, "!scan quiet off")).startswith("There are no quiet hours here.")


@pytest.mark.parametrize(("typed", "what"), [("late", "Hours are written"), ("22-07 Atlantis", "I know no time zone")])
async def test_hours_that_cannot_be_read_change_nothing(
    bot: BotHarness, family: ChatRef, typed: str, what: str
) -> None:
    assert (await ask(bot, family, f"!scan quiet {typed}")).startswith(what)
    assert await bot.count("scanner_policies") == 0


def to_hour(bot: BotHarness, hour: int) -> None:
    """The next time that it is so late in UTC."""
    now = datetime.fromtimestamp(bot.clock.now() / 1000, UTC)
    bot.clock.move((hour - now.hour) % 24 * 3600)


# --- strikes -----------------------------------------------------------------------------------------------------


async def test_strikes_are_shown_most_first_and_of_one_member(bot: BotHarness, family: ChatRef) -> None:
    assert await ask(bot, family, "!scan strikes") == "Nobody here has strikes."
    for number in range(2):
        await bot.say("eve", family, link(EVIL, str(number)))
    await bot.say("bob", family, link(EVIL))
    assert (await ask(bot, family, "!scan strikes")).splitlines() == [
        "*Strikes of the last 7 days*",
        "@eve: 2",
        "@bob: 1",
    ]
    assert await ask(bot, family, "!scan strikes @eve", mentions=("eve",)) == "@eve: strike 2 of 3."
    assert mentions(bot, family) == ("eve",)


async def test_strikes_of_who_left_are_only_counted(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("carl", family, link(EVIL))
    assert (await ask(bot, family, "!scan strikes")).splitlines()[1:] == ["No longer here: 1"]


async def test_pardon_takes_all_strikes_of_a_member_back(bot: BotHarness, family: ChatRef) -> None:
    for who in ("eve", "bob"):
        await bot.say(who, family, link(EVIL, who))
    assert await ask(bot, family, "!scan pardon @eve", mentions=("eve",)) == "@eve has no strikes any more."
    assert await ask(bot, family, "!scan pardon @eve", mentions=("eve",)) == "@eve had no strikes."
    assert "@bob: 1" in await ask(bot, family, "!scan strikes")


async def test_a_member_can_be_meant_by_an_answer_to_a_message(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(EVIL))
    answer = await ask(bot, family, "!scan pardon", quoted=bot.quoting(message, link(EVIL)))
    assert answer == "@eve has no strikes any more."


async def test_a_member_can_be_meant_by_a_number_or_a_name_among_several(bot: BotHarness, family: ChatRef) -> None:
    group = bot.transport.groups[family.id]
    dora = UserRef("15550009@s", phone="+15550009", lid="9@lid", name="Dora")
    bot.transport.groups[family.id] = msgspec.structs.replace(group, members=(*group.members, dora))
    bot.clock.move(60)
    for typed in ("@15550009", "+15550009", "@9"):
        assert await ask(bot, family, f"!scan strikes {typed}") == "@15550009: strike 0 of 3."
    # The bot was called by a mention too; and then two people were.
    answer = await ask(bot, family, "@bot scan strikes @eve", mentions=("bot", "eve"), mentions_me=True)
    assert answer == "@eve: strike 0 of 3."
    assert await ask(bot, family, "!scan strikes @bob", mentions=("eve", "bob")) == "@bob: strike 0 of 3."


@pytest.mark.parametrize(("typed", "mentioned"), [("", ()), ("@nobody", ()), ("@both", ("eve", "bob"))])
async def test_who_is_not_clear_is_asked_for(
    bot: BotHarness, family: ChatRef, typed: str, mentioned: tuple[str, ...]
) -> None:
    answer = await ask(bot, family, f"!scan pardon {typed}", mentions=mentioned)
    assert answer.startswith("Who is meant? Write !scan pardon and mention the person with @")


async def test_what_is_no_person_is_refused_by_the_grammar(bot: BotHarness, family: ChatRef) -> None:
    assert (await ask(bot, family, "!scan strikes eve")).startswith(
        "Mention the person with @, or write the phone number."
    )


async def test_who_left_can_still_be_pardoned_by_mention(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("carl", family, link(EVIL))
    assert await ask(bot, family, "!scan pardon @carl", mentions=("carl",)) == "@carl has no strikes any more."


async def test_where_strikes_are_not_counted_that_is_said(bot: BotHarness, family: ChatRef) -> None:
    await ask(bot, family, "!scan policy strikes 0")
    assert (await ask(bot, family, "!scan strikes")).startswith("Strikes are not counted here.")
    assert (await ask(bot, family, "!scan strikes @eve", mentions=("eve",))).startswith("Strikes are not counted")


# --- notices -----------------------------------------------------------------------------------------------------


async def test_notices_are_asked_for_and_ended(bot: BotHarness, family: ChatRef) -> None:
    assert (await ask(bot, family, "!scan notices")).startswith("You hear nothing from me about this group.")
    assert (await ask(bot, family, "!scan notices on")).startswith("From now on I tell you in our direct chat")
    assert (await ask(bot, family, "!scan notices")).startswith("I tell you in our direct chat what happens here.")
    assert await ask(bot, family, "!scan notices off") == "I no longer tell you what happens here."
    assert await bot.count("scanner_notices") == 0


async def test_notices_go_to_the_admins_own_chat(bot: BotHarness, family: ChatRef) -> None:
    await ask(bot, family, "!scan notices on")
    await ask(bot, family, "!scan policy malicious notify_admins")
    await bot.say("eve", family, link(EVIL))
    assert len(bot.texts(ChatRef("ana", ChatKind.DIRECT))) == 1


# --- who is an admin ----------------------------------------------------------------------------------------------


async def test_a_demoted_admins_next_command_is_refused_and_a_promoted_ones_works(
    bot: BotHarness, family: ChatRef
) -> None:
    assert (await ask(bot, family, "!scan policy strikes 4")) == "strikes is now `4`."
    group = bot.transport.groups[family.id]
    bot.transport.groups[family.id] = msgspec.structs.replace(group, admins=("bob",))
    # Within the same second, and well before what is known of the group grows old.
    await bot.membership("bob", family, MembershipChange.DEMOTE, ["ana"])
    await bot.membership("bob", family, MembershipChange.PROMOTE, ["bob"])
    assert await ask(bot, family, "!scan policy strikes 5") == "Only admins of this group can use this command."
    assert await ask(bot, family, "!scan policy strikes 6", "bob") == "strikes is now `6`."


async def test_an_admin_is_one_under_both_ids(bot: BotHarness, family: ChatRef) -> None:
    group = bot.transport.groups[family.id]
    dora = UserRef("9@lid", phone="+15550009", lid="9@lid")
    bot.transport.groups[family.id] = msgspec.structs.replace(group, members=(*group.members, dora), admins=("9@lid",))
    bot.clock.move(60)
    for sender in (dora, UserRef("15550009@s", phone="+15550009"), UserRef("x", lid="9@lid")):
        said = bot.message(sender.id, family, "!scan policy strikes 5")
        await bot.emit(msgspec.structs.replace(said, sender=sender))
        assert bot.texts(family)[-1] == "strikes is now `5`."


# --- languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everything_can_be_said_in_every_language(bot: BotHarness, family: ChatRef, language: str) -> None:
    await bot.say("ana", family, f"!language {language}")
    await bot.say("eve", family, link(EVIL))
    for command in (
        "policy", "policy exempt", "policy strikes 5", "policy malicious delete", "policy x", "policy strikes x",
        "quiet", "quiet 22-07 Asia/Kolkata", "strikes", "strikes @eve", "pardon @eve", "pardon @eve", "pardon",
        "notices", "notices on", "notices off",
    ):  # fmt: skip
        mentioned = ("eve",) if "@eve" in command else ()
        answer = await ask(bot, family, f"!scan {command}", mentions=mentioned)
        assert answer
        assert "scanner." not in answer
        assert "{" not in answer


def mentions(bot: BotHarness, chat: ChatRef) -> tuple[str, ...]:
    """Who is named in the newest text."""
    return next(each.action.mentions for each in reversed(bot.sent(chat)) if isinstance(each.action, SendText))
