"""The grammar of `!scan …`; `handlers.py` does what they say."""

from __future__ import annotations

from whinchat.core.dispatch.arguments import DAY, MINUTE, Duration, Integer, Optional, Rest, Url
from whinchat.core.dispatch.command import Command, Limit, Where, Who

APP = "scan"
LONGEST_REASON = 120  # code points

LINK = Optional(Url("link"))
TARGET = Url("link")
RULE = Url("rule")
SPAN = Optional(Duration("duration", least=MINUTE, most=365 * DAY), after="for")
REASON = Optional(Rest("reason", at_most=LONGEST_REASON))
NUMBER = Integer("number", least=1, most=2**31)
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

COMMANDS = (STATUS, CHECK, EXPLAIN, ALLOW, DENY, RULES, REMOVE, RESCAN, MUTE, UNMUTE, CONSENT, REVOKE)
