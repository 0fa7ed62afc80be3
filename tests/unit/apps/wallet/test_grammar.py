"""The grammar's own promises: every example is one, every value can be written back, every sentence exists."""

from __future__ import annotations

import pytest

from whinchat.apps.wallet import grammar, interpreter
from whinchat.apps.wallet.cli_wallet import CATALOGUES
from whinchat.apps.wallet.grammar import canonical
from whinchat.apps.wallet.language import amounts, arguments, form_arguments, payees
from whinchat.apps.wallet.language.forms import (
    AddContact,
    AddTemplate,
    CancelPending,
    ChangeLimit,
    Claim,
    DeclinePending,
    Everyone,
    Invoiced,
    LimitOf,
    ListContacts,
    Mentioned,
    MoreHistory,
    Named,
    NewPin,
    NoPin,
    NumberedRequest,
    OneTransaction,
    ReceivedOnes,
    SentOnes,
    SharedCards,
)
from whinchat.apps.wallet.money import sats, usd
from whinchat.apps.wallet.payee import Payee, PayeeKind
from whinchat.core.dispatch.arguments import Arg, Problem, UsageProblem
from whinchat.core.dispatch.command import Arguments, Command, Where
from whinchat.core.dispatch.router import Router
from whinchat.core.formatting.i18n import Words

EXAMPLES = [(command, example) for command in grammar.COMMANDS for example in command.examples]
INVOICE = "lnbc1" + "q" * 120


def parsed(command: Command, text: str) -> Arguments:
    arguments = command.parse(text)
    assert isinstance(arguments, Arguments), arguments
    return arguments


def problem(command: Command, text: str) -> str:
    found = command.parse(text)
    assert isinstance(found, UsageProblem), canonical(command, found)
    return found.problem


@pytest.mark.parametrize(("command", "example"), EXAMPLES)
def test_every_example_is_one_and_can_be_written_back(command: Command, example: str) -> None:
    written = canonical(command, parsed(command, example))
    assert canonical(command, parsed(command, written.removeprefix(command.name))) == written


def test_no_two_commands_share_a_word_and_money_is_no_matter_for_groups() -> None:
    Router(grammar.COMMANDS)
    assert [command.name for command in grammar.COMMANDS if command.where is not Where.DIRECT] == ["tip"]
    assert all(command.app == grammar.APP for command in grammar.COMMANDS)


def test_every_sentence_about_commands_exists() -> None:
    keys = {command.help for command in grammar.COMMANDS}
    for module in (amounts, arguments, form_arguments, payees, interpreter):
        keys |= {value for value in vars(module).values() if isinstance(value, str) and value.startswith("wallet.")}
    Words((CATALOGUES,)).require(keys)
    assert len(keys) > 50


@pytest.mark.parametrize(
    ("command", "arg", "text", "value"),
    [
        (grammar.SEND, grammar.AMOUNT, "2.50 to bob", usd(250)),
        (grammar.SEND, grammar.PAYEE, "1 to @Bob", Payee(PayeeKind.USERNAME, "bob")),
        (grammar.SEND, grammar.PAYEE, '1 to "Mary Ann" x', Payee(PayeeKind.NAME, "mary ann")),
        (grammar.SEND, grammar.PAYEE, "1 to +1 876 555 1234", Payee(PayeeKind.PHONE, "+18765551234")),
        (grammar.SEND, grammar.MEMO, "1 to bob", None),
        (grammar.SEND, grammar.MEMO, "1 to bob please", None),
        (grammar.SEND, grammar.MEMO, "1 to bob for please", "please"),
        (grammar.SEND, grammar.MEMO, "1 to bob for  two\n beers ", "two beers"),
        (grammar.SEND, grammar.MEMO, "1 to bob “for two”", "for two"),
        (grammar.SEND, grammar.MEMO, '1 to bob for """', '"'),
        (grammar.SEND, grammar.MEMO, '1 to bob ""', None),
        (grammar.SEND, grammar.MEMO, "1 to bob memo: a\u202eb", "a b"),
        (grammar.RECEIVE, grammar.ANY_AMOUNT, "", None),
        (grammar.RECEIVE, grammar.ANY_AMOUNT, "1000 sats", sats(1000)),
        (grammar.RECEIVE, grammar.NOTE, "25 to pay rent", "pay rent"),
        (grammar.RECEIVE, grammar.NOTE, "donations", "donations"),
        (grammar.VERIFY, grammar.LOGIN_CODE, "123-456", "123456"),
        (grammar.VERIFY, grammar.LOGIN_CODE, "١٢٣ ٤٥٦", "123456"),
        (grammar.CONFIRM, grammar.CODE, "7k2m!", "7K2M"),
        (grammar.CONFIRM, grammar.CODE, "BCDF", "BCDF"),
        (grammar.PRICE, grammar.ANY_CURRENCY, "eur", "EUR"),
        (grammar.USERNAME, grammar.NAME, "@Alice", "alice"),
        (grammar.TIP, grammar.TIP_TO, "group 10", Everyone()),
        (grammar.TIP, grammar.TIP_TO, "@18765551234 10", Mentioned("18765551234")),
        (grammar.TIP, grammar.TIP_TO, "bob 10", Payee(PayeeKind.NAME, "bob")),
        (grammar.PAY, grammar.PAY_WHAT, "#12", NumberedRequest(12)),
        (grammar.PAY, grammar.PAY_WHAT, "Coffee", Named("Coffee")),
        (grammar.PAY, grammar.PAY_WHAT, f"lightning:{INVOICE}", Invoiced(Payee(PayeeKind.INVOICE, INVOICE))),
        (grammar.HISTORY, grammar.HISTORY_WHAT, "More", MoreHistory()),
        (grammar.HISTORY, grammar.HISTORY_WHAT, "#a-b_c.", OneTransaction("a-b_c")),
        (grammar.HISTORY, grammar.HISTORY_WHAT, "66f1", OneTransaction("66f1")),
        (grammar.CONTACTS, grammar.CONTACTS_WHAT, "list", ListContacts()),
        (
            grammar.CONTACTS,
            grammar.CONTACTS_WHAT,
            "add Mary Ann +1 876 555 1234",
            AddContact("Mary Ann", "+18765551234"),
        ),
        (grammar.CONTACTS, grammar.CONTACTS_WHAT, 'add "M\u200bary" +18765551234', AddContact("Mary", "+18765551234")),
        (grammar.PENDING, grammar.PENDING_WHAT, "sent", SentOnes()),
        (grammar.PENDING, grammar.PENDING_WHAT, "received", ReceivedOnes()),
        (grammar.PENDING, grammar.PENDING_WHAT, "claim abcd-ef12 gh", Claim("ABCDEF12GH")),
        (grammar.PENDING, grammar.PENDING_WHAT, "cancel #3", CancelPending(3)),
        (grammar.PENDING, grammar.PENDING_WHAT, "decline 3", DeclinePending(3)),
        (grammar.PENDING, grammar.PENDING_WHAT, "block 3", DeclinePending(3, block=True)),
        (
            grammar.TEMPLATE,
            grammar.TEMPLATE_WHAT,
            'add Coffee $5 to @john "Morning coffee"',
            AddTemplate("coffee", usd(500), Payee(PayeeKind.USERNAME, "john"), "Morning coffee"),
        ),
        (grammar.LIMITS, grammar.NEW_LIMIT, "50", ChangeLimit(LimitOf.PAYMENT, usd(5000))),
        (grammar.LIMITS, grammar.NEW_LIMIT, "day $200", ChangeLimit(LimitOf.DAY, usd(20_000))),
        (grammar.PIN, grammar.NEW_PIN, "٤٨٢١", NewPin("4821")),
        (grammar.PIN, grammar.NEW_PIN, "OFF", NoPin()),
        (grammar.CURRENCY, grammar.CURRENCY_CODE, "jmd", "JMD"),
    ],
)
def test_arguments_become_values(command: Command, arg: Arg[object], text: str, value: object) -> None:
    assert parsed(command, text)[arg] == value


@pytest.mark.parametrize(
    ("command", "text", "key"),
    [
        (grammar.SEND, "", Problem.MISSING),
        (grammar.SEND, "bob", amounts.ASK_AMOUNT),
        (grammar.SEND, "1 to", Problem.MISSING),
        (grammar.SEND, '1 to "Mary', Problem.QUOTE),
        (grammar.SEND, "1 to bob 5", arguments.ASK_TWO_PAYMENTS),
        (grammar.SEND, "1 to bob 1.000", amounts.ASK_SEPARATOR),
        (grammar.SEND, "1 to bob for a, and 5 to carol", arguments.ASK_TWO_PAYMENTS),
        (grammar.SEND, "1 to bob and carol", arguments.ASK_MEMO),
        (grammar.SEND, "1 to bob @carol", arguments.ASK_MEMO),
        (grammar.SEND, "1 to bob for", arguments.ASK_MEMO),
        (grammar.SEND, "1 to bob tomorrow", arguments.ASK_LATER),
        (grammar.SEND, "1 to bob for no reason", arguments.ASK_REFUSAL),
        (grammar.SEND, "1 to bob for " + "x" * 141, Problem.TOO_LONG),
        (grammar.SEND, "1 to +1 876 555 1234 5", arguments.ASK_PHONE_END),
        (grammar.RECEIVE, "1.000 lunch", amounts.ASK_SEPARATOR),
        (grammar.RECEIVE, "-5", amounts.NEGATIVE),
        (grammar.RECEIVE, "10 from bob", arguments.ASK_MEMO),
        (grammar.VERIFY, "12345", arguments.NOT_A_LOGIN_CODE),
        (grammar.CONFIRM, "no", arguments.NOT_A_CODE),
        (grammar.CONFIRM, "1234", arguments.NOT_A_CODE),
        (grammar.CONFIRM, "7K2M no", Problem.LEFTOVER),
        (grammar.PRICE, "euro", arguments.NOT_A_CURRENCY),
        (grammar.PRICE, "now", arguments.NOT_A_CURRENCY),
        (grammar.PRICE, "BTC", arguments.NOT_A_CURRENCY),
        (grammar.USERNAME, "please", payees.NOT_A_USERNAME),
        (grammar.USERNAME, "1a", payees.NOT_A_USERNAME),
        (grammar.PAY, "$10", form_arguments.ASK_TO_WHOM),
        (grammar.PAY, "ten", form_arguments.ASK_TO_WHOM),
        (grammar.PAY, "it", form_arguments.ASK_TO_WHOM),
        (grammar.PAY, "https://x.example", form_arguments.ASK_TO_WHOM),
        (grammar.PAY, "a@x.example", form_arguments.ASK_HOW_MUCH),
        (grammar.PAY, "lnbc1qq", payees.NOT_AN_INVOICE),
        (grammar.PAY, "x" * 51, form_arguments.NOT_A_NAME),
        (grammar.HISTORY, "bob", form_arguments.NOT_A_TRANSACTION),
        (grammar.CONTACTS, "lst", Problem.CHOICE),
        (grammar.CONTACTS, "add", Problem.MISSING),
        (grammar.CONTACTS, "add Bob", Problem.MISSING),
        (grammar.CONTACTS, "add Bob 123", payees.NOT_A_PHONE),
        (grammar.CONTACTS, 'add B"b +18765551234', form_arguments.NOT_A_NAME),
        (grammar.CONTACTS, "remove", Problem.MISSING),
        (grammar.CONTACTS, 'history ""', form_arguments.NOT_A_NAME),
        (grammar.PENDING, "claim", Problem.MISSING),
        (grammar.PENDING, "claim abc", form_arguments.NOT_A_CLAIM),
        (grammar.PENDING, "cancel", Problem.MISSING),
        (grammar.PENDING, "cancel 0", form_arguments.NOT_A_NUMBER),
        (grammar.PENDING, "cancel bob", form_arguments.NOT_A_NUMBER),
        (grammar.TEMPLATE, "add", Problem.MISSING),
        (grammar.TEMPLATE, "add 5 5 to bob", form_arguments.NOT_A_NAME),
        (grammar.TEMPLATE, "add coffee", Problem.MISSING),
        (grammar.TEMPLATE, "add coffee 5", Problem.MISSING),
        (grammar.TEMPLATE, "add coffee 5 to", Problem.MISSING),
        (grammar.TEMPLATE, "add coffee 5 from bob", Problem.WORD),
        (grammar.LIMITS, "1000 sats", form_arguments.NOT_A_LIMIT),
        (grammar.LIMITS, "day", Problem.MISSING),
        (grammar.PIN, "123", form_arguments.NOT_A_PIN),
    ],
)
def test_what_cannot_be_read_says_why(command: Command, text: str, key: str) -> None:
    assert problem(command, text) == key


def test_shared_cards_are_shown_as_what_they_do() -> None:
    arguments = Arguments({grammar.CONTACTS_WHAT: SharedCards()})
    assert canonical(grammar.CONTACTS, arguments) == "contacts add"


def test_usage_says_what_can_follow() -> None:
    assert grammar.SEND.usage == "wallet send AMOUNT to PAYEE [MEMO]"
    assert grammar.TIP.usage == "wallet tip PAYEE|group AMOUNT [MEMO]"
    assert grammar.PAY.usage == "wallet pay [NUMBER|CODE|TEMPLATE|INVOICE]"
    assert grammar.HISTORY.usage == "wallet history [more|#ID]"
    assert grammar.CONTACTS.usage == "wallet contacts [list|add NAME PHONE|remove NAME|history NAME]"
    ways = "sent|received|claim CODE|cancel NUMBER|decline NUMBER|block NUMBER"
    assert grammar.PENDING.usage == f"wallet pending [{ways}]"
    assert grammar.TEMPLATE.usage == 'wallet template [list|add NAME AMOUNT to PAYEE ["MEMO"]|remove NAME]'
    assert grammar.LIMITS.usage == "wallet limits [[payment|day] AMOUNT]"
    assert grammar.PIN.usage == "wallet pin [DIGITS|off]"
