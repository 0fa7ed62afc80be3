"""The reference pages of the wallet: its payments' states, and what people can say to it, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.support.wallet.corpus import Row, rows

from whinchat.apps.wallet.app import APP
from whinchat.apps.wallet.payee import PayeeKind
from whinchat.apps.wallet.transitions import BEFORE, OPEN, RESERVING, State, table
from whinchat.core.formatting.catalogue import Sentence, load

EXAMPLES = 8
"""Phrasings of a command that are shown."""

STATES = {
    State.DRAFTED: "written down with everything that would be paid; the message that asks is on its way",
    State.SHOWN: "the network took that message",
    State.CONFIRMED: "its person said yes; amount and fee count against the limits",
    State.SUBMITTING: "on disk before a byte leaves: from here on money may have left",
    State.PAID: "the money has left",
    State.FAILED: "it is known that nothing left",
    State.UNKNOWN: "it may have left or not; looked for in the account's own list",
    State.UNRESOLVED: "not found in 24 hours; in the operator's queue",
    State.CANCELLED: "called off before a byte left",
    State.EXPIRED: "nobody confirmed it in time",
}

SAID = {
    State.SHOWN: ("wallet.pay.ask", "wallet.pay.fee", "wallet.pay.memo", "wallet.pay.reply"),
    State.PAID: ("wallet.pay.paid", "wallet.pay.record"),
    State.FAILED: ("wallet.pay.failed_insufficient_balance", "wallet.pay.failed_no_route", "wallet.pay.failed_refused"),
    State.UNKNOWN: ("wallet.pay.unknown",),
    State.UNRESOLVED: ("wallet.pay.unresolved",),
    State.CANCELLED: ("wallet.cancel.done", "wallet.pay.dismissed_late", "wallet.pay.dismissed_held"),
    State.EXPIRED: ("wallet.confirm.expired",),
}
"""Of each state that people are told of; those of the last one only when they say yes too late."""

PAYEES = {
    PayeeKind.INVOICE: (("a BOLT11 invoice", "`lnbc…`"), ("wallet.payee.invoice", "wallet.payee.invoice_for")),
    PayeeKind.LNURL: (("an LNURL", "`lnurl1…`"), ("wallet.payee.service", "wallet.payee.service_for")),
    PayeeKind.ADDRESS: (("a Lightning address", "`alice@example.com`"), ("wallet.payee.address",)),
    PayeeKind.PHONE: (("a phone number with its country code", "`+18765551234`"), ("wallet.payee.phone",)),
    PayeeKind.USERNAME: (("a name with an @", "`@alice`"), ("wallet.payee.user",)),
    PayeeKind.NAME: (
        ("any other word: one of the person's contacts, else a user", "`alice`"),
        ("wallet.payee.contact", "wallet.payee.user"),
    ),
}
"""What it is and looks like, and how the question before the payment names it."""

INTENTS = """\
# The states of a payment

A payment is an *intent*: one row that goes from state to state. Each way between two states is one UPDATE that checks
state and conditions itself, so that of any number of attempts one wins. [Why](../explanation/money.md).

| state | what it means |
|---|---|
"""

WAYS = """
## Every way there is

There is no other. What is promised from `confirmed` on is on disk before anything follows from it.

"""

REFUSALS = """
## Conditions that are looked at twice

Before a payment is shown, so that nobody is asked what they cannot confirm, and again when it is confirmed. What the
person reads if one does not hold:

| only if | otherwise |
|---|---|
"""

TOLD = """
## What the person reads

| state | sentences |
|---|---|
"""

LANGUAGE = """\
# What people can say to the wallet

Every command can be typed as [the reference](commands.md) shows it, in a direct chat without `!wallet` before it. Other
words become one of these commands or nothing: the same words always become the same, no network is asked, and nothing
is paid before it was shown and confirmed. `whinchat wallet parse TEXT` says what a text becomes.

## Whom a word means

In this order; the question before the payment says which it was. A word that only begins the names of contacts is
asked about.

| what is written | as | what the question says |
|---|---|---|
"""

PHRASINGS = """
## Phrasings

Some of the {count} that the tests hold it to (`tests/data/wallet/corpus.en.tsv`), and the command that each becomes.

| said | becomes |
|---|---|
"""

ASKED = """
## What is asked about, or refused

One example of each. Nothing is drafted then.

| said | answer |
|---|---|
"""


def pages(language: str) -> dict[str, str]:
    """Path below the project to content."""
    sentences = load([APP.catalogues], language)
    return {
        "docs/reference/intents.md": _intents(sentences),
        "docs/reference/language.md": _language(sentences),
    }


def _intents(sentences: Mapping[str, Sentence]) -> str:
    states = [f"| {_state(state)} | {STATES[state]} |\n" for state in State]
    refusals = [f"| {each.says} | {_said(sentences, [f'wallet.pay.refused_{each.name}'])} |\n" for each in BEFORE]
    told = [f"| `{state.value}` | {_said(sentences, keys)} |\n" for state, keys in SAID.items()]
    return "".join((INTENTS, *states, WAYS, table(), "\n", REFUSALS, *refusals, TOLD, *told))


def _state(state: State) -> str:
    if state in OPEN:
        return f"`{state.value}` (can be confirmed)"
    return f"`{state.value}` (counts against the limits)" if state in RESERVING else f"`{state.value}`"


def _language(sentences: Mapping[str, Sentence]) -> str:
    every = rows()
    payees = [f"| {what} | {shape} | {_said(sentences, keys)} |\n" for (what, shape), keys in PAYEES.values()]
    commands: dict[str, list[Row]] = {}
    problems: dict[str, Row] = {}
    for row in every:
        if row.kind == "command" and row.text != row.becomes:
            commands.setdefault(row.becomes.split()[0], []).append(row)
        elif row.kind in {"question", "refusal"} and row.becomes.startswith(("? ask.", "? refuse.")):
            problems.setdefault(row.becomes, row)
    phrasings = [_phrasing(row) for _, found in sorted(commands.items()) for row in _some(found)]
    asked = [
        f"| {_cell(row.text)} | {_said(sentences, ['wallet.' + problem[2:]])} |\n"
        for problem, row in sorted(problems.items())
    ]
    return "".join((LANGUAGE, *payees, PHRASINGS.format(count=len(every)), *phrasings, ASKED, *asked))


def _some(found: list[Row]) -> list[Row]:
    """From beginning to end, at equal distances."""
    step = max(1, -(-len(found) // EXAMPLES))
    return found[::step]


def _phrasing(row: Row) -> str:
    return f"| {_cell(row.text)} | `{_cell(row.becomes)}` |\n"


def _cell(text: str) -> str:
    """As it is written, long ones shortened."""
    plain = text.replace("|", "\\|")
    return plain if len(plain) <= 60 else f"{plain[:57]}…"


def _said(sentences: Mapping[str, Sentence], keys: Iterable[str]) -> str:
    """As they stand in the catalogue, with the names of what is filled in."""
    found = [sentences[key] for key in keys]
    return "<br>".join(each if isinstance(each, str) else each["other"] for each in found).replace("|", "\\|")
