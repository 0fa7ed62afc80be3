"""What people say to their wallet in a direct chat, or to the bot in a group, as a command.

In this order: what is nothing but a consent, a login code or an invoice; any word of refusal; the grammar; forms of
speech; the grammar once more, with a misspelt command mended. Whatever comes of it pays nothing: payments are drafted
and shown, and only `confirm` confirms one. What is about money but not understood as a whole is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.grammar import APP, canonical
from whinchat.apps.wallet.language import amounts, payees, refusal
from whinchat.apps.wallet.language.arguments import ASK_REFUSAL, NOT_A_CODE, intent_code, login_code
from whinchat.apps.wallet.language.form_arguments import ASK_HOW_MUCH
from whinchat.apps.wallet.language.forms import (
    CancelPending,
    DeclinePending,
    Invoiced,
    Mentioned,
    NoPin,
    RemoveContact,
    RemoveTemplate,
    SharedCards,
)
from whinchat.apps.wallet.language.natural import LONGEST, Message, readings
from whinchat.apps.wallet.language.spelling import mended
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import vocabulary
from whinchat.apps.wallet.payee import Payee, PayeeKind
from whinchat.core.dispatch.arguments import Line, UsageProblem, fold
from whinchat.core.dispatch.command import LONGEST_COMMAND, Arguments, Command
from whinchat.core.dispatch.router import Route
from whinchat.core.types import ChatKind, MessageReceived

ASK_YES = "wallet.ask.yes"
ASK_LEFTOVER = "wallet.ask.leftover"
ASK_AMBIGUOUS = "wallet.ask.ambiguous"
ASK_MEANT = "wallet.ask.meant"

LONGEST_QUESTION = 16  # tokens; a longer message that is not understood is about something else
DECISIONS = (grammar.CONFIRM, grammar.CANCEL)
BY_WORD = {
    word: command
    for command in grammar.COMMANDS
    if command not in DECISIONS
    for word in (command.name, *command.aliases)
}
MONEY = frozenset(
    (grammar.SEND, grammar.REQUEST, grammar.PAY, grammar.TIP, grammar.RECEIVE, grammar.TEMPLATE, grammar.VERIFY)
)
MENDED = [word for word, command in BY_WORD.items() if command is not grammar.START and len(word) > 3]
"""Words of commands whose misspellings are mended. A consent is never guessed at."""


class WalletInterpreter:
    """The wallet's ear; see `core.dispatch.handler.Interpreter`."""

    def interpret(self, message: MessageReceived, said: str) -> Route | None:
        if message.chat.kind is not ChatKind.DIRECT:
            return in_group(understand(said)) if message.mentions_me else None
        if message.content.contacts:
            return Route(APP, grammar.CONTACTS, Arguments({grammar.CONTACTS_WHAT: SharedCards()}))
        route = understand(said)
        # What somebody else said is handed on, not said.
        if route is None or (message.forwarded and not _is_bill(route)):
            return None
        return replace(route, bare=True)


def in_group(route: Route | None) -> Route | None:
    """In a group only what is clearly for the wallet gets an answer, and that is that money is no matter for groups:
    but for tips. There, who is named with an @ is mentioned."""
    if route is None or route.command is None or route.command is grammar.START:
        return None
    if not isinstance(route.parsed, Arguments):
        return route if route.command in MONEY else None
    if route.command is not grammar.TIP:
        return route
    to = route.parsed[grammar.TIP_TO]
    if not isinstance(to, Payee) or to.kind is not PayeeKind.USERNAME:
        return route
    values = {arg: route.parsed[arg] for arg in grammar.TIP.args}
    return Route(APP, grammar.TIP, Arguments({**values, grammar.TIP_TO: Mentioned(to.text)}))


def _is_bill(route: Route | None) -> bool:
    if route is None or route.command is not grammar.PAY or not isinstance(route.parsed, Arguments):
        return False
    return isinstance(route.parsed[grammar.PAY_WHAT], Invoiced)


def understand(text: str) -> Route | None:
    """What a text says to the wallet in a direct chat; None when it says nothing to it. Never raises."""
    if len(text) > LONGEST_COMMAND or not text.strip():
        return None
    found = _refused(text) or _consented(text) or _alone(text)
    if found is not None:
        return found
    tokens = text.split()
    typed = _typed(text)
    if typed is not None and isinstance(typed.parsed, Arguments):
        return typed
    return _said(tokens) or _mended(tokens) or _problem(typed, tokens) or _asked(tokens)


# --- decisions --------------------------------------------------------------------------------------------------------


def _refused(text: str) -> Route | None:
    said = refusal.words(text)
    if not refusal.is_refusal(said):
        misspelt = vocabulary().refusals_misspelt
        return _route(grammar.CANCEL) if 0 < len(said) < 4 and mended(said[0], misspelt) else None
    typed = _typed(text) or _said(text.split())
    if typed is not None and isinstance(typed.parsed, UsageProblem) and typed.parsed.problem == ASK_REFUSAL:
        return typed
    if typed is not None and isinstance(typed.parsed, Arguments) and typed.command is grammar.PENDING:
        once = sum(refusal.refuses([word]) for word in said) == 1
        if once and isinstance(typed.parsed[grammar.PENDING_WHAT], CancelPending | DeclinePending):
            return typed
    tokens = text.split()
    code = intent_code(tokens[1]) if len(tokens) == 2 and refusal.refuses(refusal.words(tokens[0])) else None
    return Route(APP, grammar.CANCEL, Arguments({grammar.CODE: code}))


def _consented(text: str) -> Route | None:
    rest = refusal.consent(text)
    if rest is None or len(rest) > 1:
        return None
    if not rest:
        return _route(grammar.CONFIRM)
    code = intent_code(rest[0])
    if code is not None:
        return Route(APP, grammar.CONFIRM, Arguments({grammar.CODE: code}))
    if any(map(str.isdecimal, fold(rest[0]))) and not refusal.QUESTION.search(text):
        return Route(APP, grammar.CONFIRM, UsageProblem(grammar.CODE.name, NOT_A_CODE, {"given": rest[0]}))
    return None


def _alone(text: str) -> Route | None:
    """A code, an invoice, or a payee that says nothing about what to do with it."""
    code = login_code(text)
    if code is not None:
        return Route(APP, grammar.VERIFY, Arguments({grammar.LOGIN_CODE: code}))
    tokens = text.split()
    if len(tokens) == 2 and fold(tokens[0]) == "lightning":
        tokens = tokens[1:]
    if len(tokens) != 1:
        return None
    code = intent_code(tokens[0])
    if code is not None and any(map(str.isdecimal, code)):
        return _ask(grammar.CONFIRM, ASK_MEANT, meant=f"{grammar.CONFIRM.name} {code}")
    return _lone_payee(tokens[0])


def _lone_payee(token: str) -> Route | None:
    try:
        bill = payees.invoice(token)
    except Unclear as unclear:
        return Route(APP, grammar.PAY, UsageProblem(None, unclear.problem, unclear.values))
    if bill is not None:
        return Route(APP, grammar.PAY, Arguments({grammar.PAY_WHAT: Invoiced(bill)}))
    if not token.startswith(("@", "+")) and "@" not in token:
        return None
    try:
        payee = payees.payee(token)
    except Unclear:
        return None
    return _ask(grammar.SEND, ASK_HOW_MUCH, given=payees.show(payee))


# --- commands ---------------------------------------------------------------------------------------------------------


def _typed(text: str) -> Route | None:
    """What the grammar makes of it; None when it does not begin with the word of a command."""
    line = Line(text)
    command = BY_WORD.get(fold(line.take()))
    if command is None or (command is grammar.START and not line.ended):
        return None
    return Route(APP, command, command.parse(line.take_rest()))


def _said(tokens: Sequence[str]) -> Route | None:
    """What forms of speech make of it: a command, if they agree, or what is wrong with the first; else None."""
    message = Message(tokens)
    plain = message.plain()
    typed = _typed(" ".join(plain.tokens)) if len(plain.tokens) < len(tokens) else None
    if typed is not None and isinstance(typed.parsed, Arguments):
        return typed
    read = [route for route in map(_typed, readings(message) or readings(plain)) if route is not None]
    good = {_shown(route): route for route in read if isinstance(route.parsed, Arguments)}
    if len(good) > 1:
        first, second, *_ = good
        return _ask(None, ASK_AMBIGUOUS, first=first, second=second)
    if good:
        return _cautious(*good.values())
    return next(iter(read), typed)


def _mended(tokens: Sequence[str]) -> Route | None:
    """What it would be, were its command spelt right."""
    message = Message(tokens).plain()
    word = mended(message.said[0], MENDED)
    if word is None:
        return None
    tokens = (word, *message.tokens[1:])
    route = _typed(" ".join(tokens))
    if route is None or isinstance(route.parsed, UsageProblem):
        route = _said(tokens) or route
    if route is None or (isinstance(route.parsed, UsageProblem) and route.command not in MONEY):
        return None
    return _cautious(route)


def _cautious(route: Route) -> Route:
    """Nothing is taken away or given out for good on words that were only understood: the command is shown instead."""
    if not isinstance(route.parsed, Arguments) or route.command is None:
        return route
    arguments = route.parsed
    match route.command:
        case grammar.UNLINK:
            final = True
        case grammar.USERNAME:
            final = arguments[grammar.NAME] is not None
        case grammar.PIN:
            final = isinstance(arguments[grammar.NEW_PIN], NoPin)
        case grammar.CONTACTS:
            final = isinstance(arguments[grammar.CONTACTS_WHAT], RemoveContact)
        case grammar.TEMPLATE:
            final = isinstance(arguments[grammar.TEMPLATE_WHAT], RemoveTemplate)
        case _:
            final = False
    return _ask(route.command, ASK_MEANT, meant=_shown(route)) if final else route


# --- questions --------------------------------------------------------------------------------------------------------


def _problem(typed: Route | None, tokens: Sequence[str]) -> Route | None:
    """The grammar's own answer to a command that it could not read."""
    if typed is None or len(tokens) > (LONGEST if typed.command in MONEY else LONGEST_QUESTION):
        return None
    return None if typed.command not in MONEY and _has_link(tokens) else typed


def _asked(tokens: Sequence[str]) -> Route | None:
    """A question about what is about money, or begins with a yes, but was not understood as a whole; else None."""
    if len(tokens) > LONGEST_QUESTION or _has_link(tokens):
        return None
    if refusal.consent(" ".join(tokens)):
        return _ask(grammar.CONFIRM, ASK_YES)
    message = Message(tokens)
    known = vocabulary()
    verb = next((word for word in message.said if word in known.money_verbs), None)
    amount = any(amounts.begins(tokens[at : at + 2]) for at in range(len(tokens)))
    if verb is None or not (amount or known.money_words.intersection(message.said)):
        return None
    return _ask(BY_WORD[known.money_verbs[verb]], ASK_LEFTOVER)


def _has_link(tokens: Sequence[str]) -> bool:
    return any("://" in token or token.lower().startswith("www.") for token in tokens)


def _ask(command: Command | None, problem: str, meant: str | None = None, **values: str) -> Route:
    return Route(APP, command, UsageProblem(None, problem, values, meant))


def _route(command: Command) -> Route:
    return Route(APP, command, command.parse(""))


def _shown(route: Route) -> str:
    if route.command is None or not isinstance(route.parsed, Arguments):
        raise TypeError("what was not understood cannot be shown")
    return canonical(route.command, route.parsed)
