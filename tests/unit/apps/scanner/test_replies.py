"""What the scanner says: every sentence exists in every language, and nothing in it can be tapped."""

from __future__ import annotations

import inspect
import re

import msgspec
import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions
from tests.support.sources.scripted import about

from whinchat.apps.scanner import commands, replies
from whinchat.apps.scanner.app import APP
from whinchat.apps.scanner.attachments import Attachment
from whinchat.apps.scanner.enforcement import Measures
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.labels import Truth
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.policy import FileType
from whinchat.apps.scanner.replies import EMOJI, Replies
from whinchat.apps.scanner.repository import ChatState
from whinchat.apps.scanner.rules import Effect, Pattern, Rule, RuleKind, Scope
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer
from whinchat.apps.scanner.sources.asked import Asked, Skip, Standing, State
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Reason, Verdict
from whinchat.core.dispatch.command import Arguments
from whinchat.core.dispatch.context import Call
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import FSI, PDI
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    MessageEdited,
    MessageReceived,
    React,
    Reply,
    Role,
    SendText,
    UserRef,
)

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "id", "pt")
WORDS = Words([APP.catalogues])
REPLIES = Replies(WORDS, Explainer(WORDS), "!")
CHAT = ChatRef("chat", ChatKind.GROUP)
STANDINGS = tuple(Standing(about(state.value), state) for state in State)
MESSAGE = MessageReceived(
    account="a", chat=CHAT, id="m", sender=UserRef("ana"), time=0, content=Content(text="!scan status")
)


def call(language: str = "en") -> Call:
    return Call(MESSAGE, 1, b"chat", b"ana", 1000, language, MESSAGE, Arguments({}), Role.ADMIN)


def verdict(host: str = EVIL) -> Verdict:
    link = parse_link(f"https://{host}/")
    assert link is not None
    return Opinions().judge(link, 0)


def texts(*said: Reply) -> list[str]:
    return [reply.action.text for reply in said if isinstance(reply.action, SendText)]


DENIED = Verdict(
    url="https://evil-site.com/",
    host=EVIL,
    site=EVIL,
    level=Level.MALICIOUS,
    probability=1.0,
    score=99.0,
    log_odds=99.0,
    decided_by=DecidedBy.OVERRIDE,
    reasons=(Reason("denied_here", 0.0, {"rule": EVIL}),),
)
RULE = Rule(3, Effect.DENY, Pattern(RuleKind.DOMAIN, EVIL), "they lie", 0, 60_000)
RULES = [RULE, Rule(4, Effect.ALLOW, RULE.pattern, "", 0, None)]
MALICIOUS, SUSPICIOUS, UNKNOWN, BENIGN = (verdict(host) for host in (EVIL, SHADY, ODD, NICE))
ALLOWED = msgspec.structs.replace(BENIGN, decided_by=DecidedBy.OVERRIDE)
ASKED = Asked({"one": Listed(Threat.PHISHING), "two": NoAnswer(Missing.TIMEOUT)}, {"three": Skip.QUOTA})
LEADS = msgspec.structs.replace(
    MALICIOUS, look=Look(Privacy.FULL, 0, chain=(f"https://{EVIL}/",), final=f"https://{SHADY}/x", asked=ASKED)
)


def everything(language: str) -> list[Reply]:
    """One of each thing that can be said."""
    given, ref, say = call(language), MESSAGE.ref, REPLIES
    return [
        *say.warning(given, ref, [MALICIOUS]),
        *say.warning(given, ref, [SUSPICIOUS] * 5),
        *say.again(given, ref, MALICIOUS, Level.MALICIOUS),
        *say.again(given, ref, SUSPICIOUS, Level.SUSPICIOUS),
        *(
            given.answer(text)
            for text in (
                say.warning_text(given, [LEADS]),
                say.correction_text(given, [MALICIOUS, *[SUSPICIOUS] * 4]),
                say.better_text(given, [UNKNOWN, BENIGN, ALLOWED]),
            )
        ),
        *say.harmless(given, ref, UNKNOWN, text=True, reaction=True),
        *say.harmless(given, ref, BENIGN, text=True, reaction=True),
        *(say.file(given, ref, Attachment(kind), "update.apk", text=True)[0] for kind in FileType),
        *say.file(given, ref, Attachment(FileType.EXE, disguised=True, packed=True), "bill.pdf.zip", text=True),
        *say.invite(given, ref),
        *say.after(
            given, say.warning(given, ref, [MALICIOUS]), Measures(deleted=True, locked_until=60_000, strike=(2, 3))
        ),
        say.checked(given, [MALICIOUS, SUSPICIOUS, UNKNOWN, BENIGN, DENIED]),
        say.checked(given, [LEADS], looking=True, anew=True),
        say.which_link(given),
        say.no_link(given),
        say.not_a_link(given),
        say.nothing_to_explain(given),
        *(say.report_refused(given, key) for key in ("nothing", "which", "no_consent")),
        *(
            say.report_settled(given, key, MALICIOUS)
            for key in ("decided_safe", "decided_dangerous", "ruled", "ruled_everywhere")
        ),
        *(say.reported(given, truth, [MALICIOUS, SUSPICIOUS]) for truth in Truth),
        *(say.report_confirmed(given, truth, [MALICIOUS], moved) for truth in Truth for moved in (-0.5, 0.0, 0.5)),
        say.introduction(given),
        *(say.consent(given, key) for key in ("granted", "already", "revoked", "not_given")),
        *(
            say.status(
                given,
                state,
                group=group,
                rules=rules,
                warned=rules,
                lists=lists,
                model=("3", 130.2),
                model_fresh_days=120,
                leniency=leniency,
                sources=sources,
            )
            for state, group, rules, lists, leniency, sources in (
                (ChatState(), True, 0, None, 0.0, ()),
                (ChatState(1, 5000), True, 2, ("1", 2.5), 1.0, STANDINGS),
                (ChatState(), False, 0, ("1", 0.5), -0.5, STANDINGS[:1]),
            )
        ),
        *(say.rule_added(given, effect, RULE.pattern, 1, 60_000, scope) for effect in Effect for scope in Scope),
        say.rule_added(given, Effect.ALLOW, RULE.pattern, 1, None, Scope.HERE),
        *(say.rules(given, rules, scope) for rules in ([], RULES) for scope in Scope),
        say.rule_removed(given, RULE),
        *(say.no_such_rule(given, 7, scope) for scope in Scope),
        say.unreadable_rule(given),
        say.too_wide(given, "name.pages.dev"),
        say.too_many_rules(given, 200),
        say.muted(given, 60_000),
        say.unmuted(given, was_muted=True),
        say.unmuted(given, was_muted=False),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_can_be_said_in_every_language_and_nothing_can_be_tapped(language: str) -> None:
    for text in texts(*everything(language)):
        assert text
        assert not re.search(r"\{[a-z]+\}", text)
        hosts = re.findall(r"[\w-]+\.(?:com|dev)\b", text.replace("https://example.org", "").replace("example.org", ""))
        assert hosts == []


def test_everything_that_can_be_said_is_tried() -> None:
    said = {name for name, _ in inspect.getmembers(Replies, inspect.isfunction) if not name.startswith("_")}
    source = inspect.getsource(everything)
    assert {name for name in said if f"say.{name}(" not in source} == {"reaction"}  # part of the warnings


def test_every_sentence_of_the_replies_is_used() -> None:
    """The other way round: no language carries sentences that nobody says."""
    sections = ("join", "consent", "status", "rule", "everywhere", "mute", "worse", "better")
    keys = {key for key in WORDS._sentences("en") if key.startswith(tuple(f"scanner.{name}." for name in sections))}
    source = inspect.getsource(replies)
    written = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', source))
    built = {f"consent.{key}" for key in ("granted", "already", "revoked", "not_given")}
    built |= {f"status.{key}" for key in ("on", "off", "direct")} | {"worse.malicious", "worse.suspicious"}
    scoped = ("allowed", "denied", "list", "none", "unknown")
    built |= {f"{scope}.{key}" for scope in ("rule", "everywhere") for key in scoped}
    built |= {"better.benign", "better.unknown", "better.allowed"}
    assert {key.removeprefix("scanner.") for key in keys} == {
        key for key in written | built if key.split(".")[0] in sections
    }


def test_all_eight_languages_are_there_and_complete() -> None:
    assert tuple(sorted(path.stem for path in APP.catalogues.glob("*.toml"))) == LANGUAGES
    assert [fault for fault in WORDS.problems() if "scanner" in fault] == []


def test_a_command_stays_in_one_piece_where_the_sentence_runs_from_right_to_left() -> None:
    (text,) = texts(REPLIES.introduction(call("ar")))
    for command in ("!scan consent", "!scan revoke"):
        assert f"{FSI}{command}{PDI}" in text


def test_commands_are_named_as_the_grammar_has_them() -> None:
    own = Replies(WORDS, Explainer(WORDS), "/")
    (text,) = texts(own.consent(call(), "revoked"))
    assert f"/{commands.CONSENT.path}" in text


@pytest.mark.parametrize("level", Level)
def test_every_level_has_its_reaction(level: Level) -> None:
    assert REPLIES.reaction(call(), MESSAGE.ref, level).action == React(MESSAGE.ref, EMOJI[level])


def test_what_is_harmless_gets_a_reaction_alone() -> None:
    (reaction,) = REPLIES.harmless(call(), MESSAGE.ref, BENIGN, text=False, reaction=True)
    assert reaction.action == React(MESSAGE.ref, "✅")


def test_an_answer_quotes_the_question_and_nothing_else_can_be_quoted() -> None:
    asked = REPLIES.which_link(call()).action
    assert isinstance(asked, SendText)
    assert asked.quote == MESSAGE.ref
    edit = MessageEdited(account="a", chat=CHAT, id="e", sender=UserRef("ana"), time=0, target="m", content=Content())
    about = call()
    other = Call(edit, 1, b"chat", b"ana", 0, "en", about.message, about.args, about.role)
    unquoted = REPLIES.which_link(other).action
    assert isinstance(unquoted, SendText)
    assert unquoted.quote is None


def test_what_a_link_pretends_to_be_is_said() -> None:
    pretending = Verdict(
        url="https://paypa1.com/",
        host="paypa1.com",
        site="paypa1.com",
        level=Level.MALICIOUS,
        probability=1.0,
        score=9.0,
        log_odds=9.0,
        decided_by=DecidedBy.EVIDENCE,
        pretends="PayPal",
    )
    (text,) = texts(*REPLIES.warning(call(), MESSAGE.ref, [pretending]))
    assert "It pretends to be PayPal." in text.splitlines()
