"""What people say becomes a command, a question, a refusal or nothing: the corpus, and what holds for any text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scripts.wallet_mutations import is_yes
from tests.support.messages import said
from tests.support.wallet.corpus import Row, becomes, confirms, rows

from whinchat.apps import wallet
from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.grammar import canonical
from whinchat.apps.wallet.interpreter import WalletInterpreter, understand
from whinchat.apps.wallet.language import refusal
from whinchat.apps.wallet.language.forms import Mentioned, SharedCards
from whinchat.apps.wallet.language.words import vocabulary
from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.dispatch.command import Arguments
from whinchat.core.dispatch.help import refusal as explanation
from whinchat.core.dispatch.router import Route
from whinchat.core.formatting.i18n import Words
from whinchat.core.types import ChatKind, ContactCard, Content

ROWS = rows()
DIRECT = ChatKind.DIRECT
INVOICE = "lnbc1" + "q" * 120

soup = st.lists(
    st.one_of(
        st.sampled_from(sorted({word for row in ROWS for word in row.text.split()})),
        st.sampled_from(sorted(vocabulary().refusals | vocabulary().consents)),
        st.text(max_size=8),
    ),
    max_size=12,
).map(" ".join)


def heard(text: str, kind: ChatKind = DIRECT, *, mentions_me: bool = False, forwarded: bool = False) -> Route | None:
    message = replace(said(text, kind, mentions_me=mentions_me), forwarded=forwarded)
    return WalletInterpreter().interpret(message, text)


# --- the corpus -------------------------------------------------------------------------------------------------------


def read(row: Row) -> str:
    try:
        return becomes(row.text)
    except Exception as error:
        error.add_note(f"at {row}")
        raise


def test_the_corpus_is_understood() -> None:
    """One test for all rows, which takes less than a thousand do; a failure lists each row that is wrong."""
    found = [(row, read(row)) for row in ROWS]
    wrong = [f"{row.text!r} became {what!r}, not {row.becomes!r}" for row, what in found if what != row.becomes]
    assert not wrong, "\n".join(wrong)


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    assert len(ROWS) >= 300
    assert len({row.text for row in ROWS}) == len(ROWS)
    assert {row.kind for row in ROWS} == {"command", "question", "refusal", "nothing"}


def test_what_a_command_is_shown_as_is_read_as_the_same_command() -> None:
    for row in ROWS:
        if row.kind == "command":
            assert becomes(row.becomes) == row.becomes


# --- any text ---------------------------------------------------------------------------------------------------------


@given(soup)
def test_no_text_raises_and_only_a_yes_confirms(text: str) -> None:
    assert not confirms(text) or is_yes(text)


@given(soup)
def test_a_refusal_anywhere_never_leads_to_a_payment(text: str) -> None:
    if refusal.is_refusal(refusal.words(text)):
        route = understand(text)
        assert route is not None or len(text) > 4096
        assert (
            route is None
            or isinstance(route.parsed, UsageProblem)
            or route.command
            in {
                grammar.CANCEL,
                grammar.PENDING,
            }
        )


@given(soup)
def test_canonical_form_keeps_its_meaning(text: str) -> None:
    route = understand(text)
    if route is None or route.command is None or isinstance(route.parsed, UsageProblem):
        return
    again = understand(canonical(route.command, route.parsed))
    assert again is not None
    assert again.command is route.command
    assert isinstance(again.parsed, Arguments)
    assert [again.parsed[arg] for arg in route.command.args] == [route.parsed[arg] for arg in route.command.args]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a" * 10_000,
        "send " * 800,
        "1 " * 2000,
        "a hundred and " * 290,
        '"' * 4096,
        'send 10 to "' + "x " * 2000,
        "send " + "1." * 2000,
        "send " + "1,1" * 1300,
        "send 10 to " + "(" * 4000,
        "send 10 to +" + "1 " * 2000,
        "request " + "for " * 46 + "bob",
        "ask for 1 from " + "for 5 from " * 14,
        "add " + "x " * 46 + "+18765551234",
        "yes " * 1000,
        "no" * 2000,
        "@" * 4096,
        "lnbc" + "1" * 4000,
        "\u200b" * 4096,
        "\ud800 \udfff",
        "\x00\x01\x02",
        "'" * 4096,
        "what's my " * 16,
    ],
    ids=range(24),
)
def test_a_hostile_text_is_read_quickly(text: str) -> None:
    understand("hi")
    started = time.process_time()
    understand(text)
    assert time.process_time() - started < 0.1


# --- where it is said -------------------------------------------------------------------------------------------------


def test_in_a_direct_chat_words_do() -> None:
    route = heard("send 10 to bob")
    assert route is not None
    assert route.command is grammar.SEND


def test_in_a_group_only_who_mentions_the_bot_speaks_to_it() -> None:
    assert heard("tip bob 5", ChatKind.GROUP) is None
    assert heard("yes", ChatKind.GROUP) is None
    route = heard("tip bob 5", ChatKind.GROUP, mentions_me=True)
    assert route is not None
    assert route.command is grammar.TIP


@pytest.mark.parametrize("text", ["send 10 to bob", "yes", "no", "123456", "balance", "send 10"])
def test_what_is_about_money_is_a_command_for_direct_chats_in_a_group_too(text: str) -> None:
    route = heard(text, ChatKind.GROUP, mentions_me=True)
    assert route is not None
    assert route.command is not None
    assert not route.command.where.includes(ChatKind.GROUP)


@pytest.mark.parametrize("text", ["hello", "how are you", "history of rome", "save carla's number +50688887777"])
def test_small_talk_in_a_group_gets_no_answer(text: str) -> None:
    assert heard(text, ChatKind.GROUP, mentions_me=True) is None


def test_who_is_named_with_an_at_in_a_group_is_mentioned() -> None:
    for text in ("tip @bob 5 great show", "tip @4915112345678 5"):
        route = heard(text, ChatKind.GROUP, mentions_me=True)
        assert route is not None
        assert isinstance(route.parsed, Arguments)
        assert isinstance(route.parsed[grammar.TIP_TO], Mentioned)
    tip = heard("tip @bob 5 great show", ChatKind.GROUP, mentions_me=True)
    assert tip is not None
    assert isinstance(tip.parsed, Arguments)
    assert tip.parsed[grammar.MEMO] == "great show"


def test_shared_contact_cards_are_contacts_to_add() -> None:
    message = replace(said("", DIRECT), content=Content(contacts=(ContactCard("Bob", "BEGIN:VCARD"),)))
    route = WalletInterpreter().interpret(message, "")
    assert route is not None
    assert route.command is grammar.CONTACTS
    assert isinstance(route.parsed, Arguments)
    assert route.parsed[grammar.CONTACTS_WHAT] == SharedCards()


def test_a_forwarded_message_is_not_said_but_a_forwarded_invoice_can_be_paid() -> None:
    for text in ("yes", "send 10 to bob", "123456", "pay 2", "hello there", "lnbc1"):
        assert heard(text, forwarded=True) is None
    route = heard(INVOICE, forwarded=True)
    assert route is not None
    assert route.command is grammar.PAY


# --- caution ----------------------------------------------------------------------------------------------------------


def test_a_code_alone_is_asked_about_with_the_command_it_belongs_to() -> None:
    route = understand("7K2M")
    assert route is not None
    assert isinstance(route.parsed, UsageProblem)
    assert route.parsed.nearest == "confirm 7K2M"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("log out", "unlink"),
        ("unlnik", "unlink"),
        ("set my username to alice", "username alice"),
        ("remove my pin", "pin off"),
        ("delete contact Mary Ann", 'contacts remove "Mary Ann"'),
        ("delete template coffee", "template remove coffee"),
    ],
)
def test_what_is_final_is_only_done_when_it_is_typed(text: str, meant: str) -> None:
    route = understand(text)
    assert route is not None
    assert isinstance(route.parsed, UsageProblem)
    assert route.parsed.nearest == meant
    typed = understand(meant)
    assert typed is not None
    assert isinstance(typed.parsed, Arguments)


def test_payees_and_amounts_are_never_mended() -> None:
    assert becomes("sned 10 to menuhin") == "send 10 to menuhin"
    assert becomes("send 1O to bob") == "? refuse.amount"
    assert becomes("send tne to bob") == "? ask.amount"
    assert becomes("confrim") == "-"
    assert becomes("yess") == "-"


def test_a_mended_command_still_says_what_is_wrong_with_it() -> None:
    assert becomes("sned 1.000 to bob") == "? ask.separator"
    assert becomes("histroy of rome") == "-"
    assert becomes("sned bob 10") == "send 10 to bob"


def test_long_talk_and_links_are_for_somebody_else() -> None:
    assert becomes("price " + "and so on " * 10) == "-"
    assert becomes("send " + "and so on " * 20) == "-"
    assert becomes("balance https://evil.example") == "-"
    assert becomes("pay your invoice of $300 at https://evil.example") == "? ask.to_whom"
    assert becomes("you can pay 10 dollars here https://evil.example") == "-"


def test_what_was_said_without_the_applications_word_is_explained_without_it() -> None:
    route = heard("send 5")
    assert route is not None
    text = explanation(route, Words([Path(wallet.__path__[0]) / "catalogues"]), "en", "!")
    assert "`send AMOUNT" in text
    assert "wallet send" not in text
