"""The grammar of `!wallet …`, and of the bare words in a direct chat (`interpreter`).

A value of None means that nothing was given. What is written here never pays: `SEND`, `PAY`, `TIP` draft a payment, and
`CONFIRM` confirms one that was shown.
"""

from __future__ import annotations

from whinchat.apps.wallet.language.arguments import (
    Amount,
    CurrencyCode,
    IntentCode,
    Memo,
    PayeeArg,
    Shown,
    SixDigits,
    TipTo,
    Username,
)
from whinchat.apps.wallet.language.form_arguments import (
    ContactsArg,
    HistoryArg,
    LimitArg,
    PayArg,
    PendingArg,
    PinArg,
    TemplateArg,
)
from whinchat.core.dispatch.arguments import Arg, Optional, Word
from whinchat.core.dispatch.command import Arguments, Command, Limit, Where

APP = "wallet"

AMOUNT = Amount("amount")
PAYEE = PayeeArg("payee")
MEMO = Optional(Memo("memo"))
ANY_AMOUNT = Optional(AMOUNT)
NOTE = Optional(Memo("memo", marks=("for", "to", "memo", "note")))
"""Of an invoice of one's own: there, `to` says what it is for."""
LOGIN_CODE = SixDigits("code")
CODE = Optional(IntentCode("code"))
CURRENCY_CODE = CurrencyCode("currency")
ANY_CURRENCY = Optional(CURRENCY_CODE)
NAME = Optional(Username("name"))
TIP_TO = TipTo("payee", PAYEE)
PAY_WHAT = Optional(PayArg("what"))
HISTORY_WHAT = Optional(HistoryArg("what"))
CONTACTS_WHAT = Optional(ContactsArg("what"))
PENDING_WHAT = Optional(PendingArg("what"))
TEMPLATE_WHAT = Optional(TemplateArg("what", AMOUNT, PAYEE, Memo("memo")))
NEW_LIMIT = Optional(LimitArg("amount", AMOUNT))
NEW_PIN = Optional(PinArg("pin"))
_TO = Word("to")
_FROM = Word("from")


def _command(
    name: str,
    *args: Arg[object],
    where: Where = Where.DIRECT,
    aliases: tuple[str, ...] = (),
    limit: Limit | None = None,
    examples: tuple[str, ...] = (),
) -> Command:
    return Command(
        name,
        APP,
        args=args,
        help=f"wallet.command.{name}",
        where=where,
        aliases=aliases,
        limit=limit,
        examples=examples,
    )


START = _command("start", aliases=("menu", "hello", "hi"))
LINK = _command("link", limit=Limit(times=5, seconds=3600))
VERIFY = _command("verify", LOGIN_CODE, examples=("123456",))
UNLINK = _command("unlink")
BALANCE = _command("balance", aliases=("bal",))
REFRESH = _command("refresh", limit=Limit(times=6, seconds=60))
PRICE = _command("price", ANY_CURRENCY, examples=("", "EUR"))
USERNAME = _command("username", NAME, examples=("", "alice"))
RECEIVE = _command("receive", ANY_AMOUNT, NOTE, examples=("", "10", "10 for lunch", "5000 sats"))
SEND = _command(
    "send",
    AMOUNT,
    _TO,
    PAYEE,
    MEMO,
    examples=("10 to @alice", "2.50 to bob for coffee", "1000 sats to alice@example.com", "5 to +18765551234"),
)
REQUEST = _command("request", AMOUNT, _FROM, PAYEE, MEMO, examples=("10 from @bob", "10 from bob for lunch"))
PAY = _command("pay", PAY_WHAT, examples=("", "2", "coffee"))
CONFIRM = _command("confirm", CODE, aliases=("yes", "y", "ok"), examples=("", "7K2M"))
CANCEL = _command("cancel", CODE, aliases=("no", "stop"), examples=("", "7K2M"))
HISTORY = _command("history", HISTORY_WHAT, examples=("", "more", "#3"))
CONTACTS = _command(
    "contacts",
    CONTACTS_WHAT,
    aliases=("contact",),
    examples=("list", "add Bob +18765551234", 'add "Mary Ann" +18765551234', "remove Bob", "history Bob"),
)
PENDING = _command(
    "pending", PENDING_WHAT, examples=("", "sent", "received", "claim ABC12345", "cancel 2", "decline 2", "block 2")
)
TIP = _command("tip", TIP_TO, AMOUNT, MEMO, where=Where.ANYWHERE, examples=("@bob 5", "@bob 5 great show", "group 10"))
UNDO = _command("undo")
TEMPLATE = _command(
    "template",
    TEMPLATE_WHAT,
    aliases=("templates",),
    examples=("list", 'add coffee 5 to @john "Morning coffee"', "remove coffee"),
)
SETTINGS = _command("settings")
LIMITS = _command("limits", NEW_LIMIT, aliases=("limit",), examples=("", "50", "day 200"))
PIN = _command("pin", NEW_PIN, examples=("", "off"))
CURRENCY = _command("currency", CURRENCY_CODE, examples=("EUR",))

COMMANDS = (
    START,
    LINK,
    VERIFY,
    UNLINK,
    BALANCE,
    REFRESH,
    PRICE,
    USERNAME,
    RECEIVE,
    SEND,
    REQUEST,
    PAY,
    CONFIRM,
    CANCEL,
    HISTORY,
    CONTACTS,
    PENDING,
    TIP,
    UNDO,
    TEMPLATE,
    SETTINGS,
    LIMITS,
    PIN,
    CURRENCY,
)


def canonical(command: Command, arguments: Arguments) -> str:
    """The command in the one way of writing it that has no two readings, such as `send 2.50 to @bob for coffee`.

    In a direct chat it can be typed as it stands, and is then read as the same command.
    """
    words = [command.name]
    for arg in command.args:
        value, inner = arguments[arg], arg.inner if isinstance(arg, Optional) else arg
        if not isinstance(inner, Shown):
            words.append(inner.name)
        elif value is not None:
            words.append(inner.show(value))
    return " ".join(words)
