"""The grammar of `!scan …`; `handlers.py` does what they say."""

from __future__ import annotations

from dataclasses import dataclass

from whinchat.apps.scanner.labels import Truth
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.core.dispatch.arguments import (
    DAY,
    MINUTE,
    Arg,
    Choice,
    Duration,
    Integer,
    Line,
    Optional,
    Problem,
    Rest,
    Url,
    fold,
    nearest,
)
from whinchat.core.dispatch.command import Command, Limit, Where, Who

APP = "scan"
LONGEST_REASON = 120  # code points

OPINIONS = {
    fold(word): truth
    for truth, words in {
        Truth.SAFE: """
            safe harmless good ok okay seguro segura sicher harmlos ungefährlich gut sûr sûre sans-danger fiable
            inofensivo inofensiva सुरक्षित آمن آمنة امن سليم aman
        """,
        Truth.DANGEROUS: """
            dangerous danger bad scam phishing malware peligroso peligrosa estafa perigoso perigosa golpe gefährlich
            gefaehrlich betrug dangereux dangereuse arnaque खतरनाक ख़तरनाक خطير خطر احتيال berbahaya bahaya penipuan
        """,
    }.items()
    for word in words.split()
}
"""What people call a link, in all languages at once: who reports one need not know in which the bot was set up."""


@dataclass(frozen=True, eq=False)
class Opinion(Arg[Truth]):
    """What somebody says that a link is."""

    @property
    def usage(self) -> str:
        return "|".join(Truth)

    def take(self, line: Line) -> Truth:
        given = line.take()
        truth = OPINIONS.get(fold(given))
        if truth is None:
            near = nearest(given, list(Truth))
            raise self.fault(Problem.CHOICE, near=near, given=given, choices=", ".join(Truth))
        return truth


@dataclass(frozen=True, eq=False)
class Reported(Url):
    """The link of a report, in front of an opinion; alone, an opinion is none."""

    def take(self, line: Line) -> str:
        if fold(line.peek()) in OPINIONS:
            raise self.fault(Problem.MISSING, argument=self.usage)
        return super().take(line)


LINK = Optional(Url("link"))
TARGET = Url("link")
RULE = Url("rule")
SPAN = Optional(Duration("duration", least=MINUTE, most=365 * DAY), after="for")
REASON = Optional(Rest("reason", at_most=LONGEST_REASON))
NUMBER = Integer("number", least=1, most=2**31)
REPORTED = Optional(Reported("link"))
OPINION = Optional(Opinion("opinion"))
MUTE_SPAN = Optional(Duration("duration", least=MINUTE, most=30 * DAY))

STATUS = Command("status", APP, help="scanner.command.status")
CHECK = Command(
    "check",
    APP,
    args=(LINK,),
    help="scanner.command.check",
    limit=Limit(times=10, seconds=60),
    examples=("https://example.com/offer",),
)
EXPLAIN = Command("explain", APP, help="scanner.command.explain", needs_reply=True)
REPORT = Command(
    "report",
    APP,
    args=(REPORTED, OPINION),
    help="scanner.command.report",
    limit=Limit(times=10, seconds=60),
    examples=("", "safe", "https://example.com/offer dangerous"),
)
ALLOW = Command(
    "allow",
    APP,
    args=(RULE, SPAN, REASON),
    help="scanner.command.allow",
    who=Who.CHAT_ADMIN,
    examples=("example.com", "*.example.com for 2w", "https://example.com/news/* our newsletter"),
)
DENY = Command(
    "deny",
    APP,
    args=(RULE, SPAN, REASON),
    help="scanner.command.deny",
    who=Who.CHAT_ADMIN,
    examples=("example.com", "example.com/offer for 1d"),
)
RULES = Command("rules", APP, help="scanner.command.rules", who=Who.CHAT_ADMIN)
REMOVE = Command("remove", APP, args=(NUMBER,), help="scanner.command.remove", who=Who.CHAT_ADMIN, examples=("3",))
RESCAN = Command(
    "rescan", APP, args=(TARGET,), help="scanner.command.rescan", who=Who.CHAT_ADMIN, examples=("https://example.com/",)
)
MUTE = Command(
    "mute", APP, args=(MUTE_SPAN,), help="scanner.command.mute", who=Who.CHAT_ADMIN, examples=("", "30m", "8 hours")
)
UNMUTE = Command("unmute", APP, help="scanner.command.unmute", who=Who.CHAT_ADMIN)
CONSENT = Command("consent", APP, help="scanner.command.consent", where=Where.GROUP, who=Who.CHAT_ADMIN)
REVOKE = Command("revoke", APP, help="scanner.command.revoke", where=Where.GROUP, who=Who.CHAT_ADMIN)

EVERYTHING = "everything"

LEVEL = Optional(Choice("level", tuple(Privacy)))
ALL = Optional(Choice("all", (EVERYTHING,)))

PRIVACY = Command(
    "privacy", APP, args=(LEVEL,), help="scanner.command.privacy", audited=True, examples=("", Privacy.LOCAL.value)
)
FORGET = Command(
    "forget", APP, args=(ALL,), help="scanner.command.forget", who=Who.CHAT_ADMIN, examples=("", EVERYTHING)
)

COMMANDS = (
    STATUS,
    CHECK,
    EXPLAIN,
    REPORT,
    ALLOW,
    DENY,
    RULES,
    REMOVE,
    RESCAN,
    MUTE,
    UNMUTE,
    CONSENT,
    REVOKE,
    PRIVACY,
    FORGET,
)
