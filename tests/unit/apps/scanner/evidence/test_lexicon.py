from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.support.evidence import tables

from whinchat.apps.scanner.evidence.brands import Brand
from whinchat.apps.scanner.evidence.lexicon import Findings, Lexicon
from whinchat.apps.scanner.evidence.tables import DATA, read
from whinchat.apps.scanner.evidence.wording import Wording

ACME = Brand("Acme Bank", ("acmebank", "acme"), frozenset())
PEAR = Brand("Pear", ("pear",), frozenset(), ordinary=True)
IDEAS = {"door": "door, garden gate, g8te, lid*", "shut": "shut, closed for # days, not _ open", "currency": "$, coins"}
SENSES = {"closed": ["door shut"], "toll": ["door money"], "bank": ["brand shut"], "quiet": ["shut -door"]}


def lexicon(ideas: Mapping[str, str] = IDEAS, senses: Mapping[str, list[str]] = SENSES) -> Lexicon:
    return Lexicon(Wording(tables().skeletons), senses, [ideas], ["door"], [ACME, PEAR], reach=4)


def found(text: str) -> Findings:
    words = lexicon()
    return words.look(words.read(text))


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("the door is shut", True),
        ("shut the door", True),
        ("the Garden-Gate is shut", True),
        ("a garden wall, a gate, shut", False),
        ("the garden shut", False),
        ("lidded and shut", True),
        ("door closed for 12 days", True),
        ("door closed for many days", False),
        ("door closed for 12", False),
        ("door: not very open", True),
        ("d00r shut", True),
        ("the door was painted then shut", True),
        ("the door was painted and then shut", False),
    ],
)
def test_ideas_near_each_other_make_a_sense(text: str, closed: bool) -> None:
    assert ("closed" in found(text).senses) is closed


def test_the_words_are_those_of_the_lexicon_in_the_order_of_the_text() -> None:
    assert found("lidded, closed for 9 days").senses["closed"] == "lid…, closed for … days"
    assert found("shut door, shut lid").senses["closed"] == "shut, door"


def test_an_excluded_idea_nearby_forbids_a_sense() -> None:
    assert "quiet" in found("it is shut").senses
    assert "quiet" not in found("the door is shut").senses


@pytest.mark.parametrize("text", ["door 5 $", "door $5", "door 1,000.50 coins", "coins 5 door", "door 20$"])
def test_a_number_beside_a_currency_is_money(text: str) -> None:
    assert "toll" in found(text).senses


@pytest.mark.parametrize("text", ["door $", "door coins", "door 5", "door 5 x $"])
def test_a_currency_alone_is_no_money(text: str) -> None:
    assert "toll" not in found(text).senses


def test_brands_are_found_as_people_write_them() -> None:
    assert found("AcmeBank and acme bank and 4cme").brands == (ACME,)
    assert found("acme bank is shut").senses["bank"] == "shut"


def test_an_everyday_word_is_a_brand_only_where_the_sender_stands() -> None:
    assert "bank" in found("Pear: shut").senses
    assert "bank" not in found("I ate a pear, shut").senses


def test_loaded_ideas_count_wherever_they_stand() -> None:
    assert found("a long long way to the door").loaded == {"door": "door"}
    assert found("nothing").loaded == {}


def test_one_word_does_not_make_two_ideas() -> None:
    both = lexicon({"door": "entrance, door", "shut": "entrance, shut", "currency": "$"})
    assert "closed" not in both.look(["entrance"]).senses
    assert "closed" in both.look(["entrance", "door"]).senses


def test_a_sense_of_an_idea_without_words_is_a_fault() -> None:
    with pytest.raises(KeyError, match="window"):
        lexicon(senses={"open": ["door window"]})


def test_the_shipped_lists_express_every_idea_in_every_language() -> None:
    languages = {path: read(path) for path in sorted(DATA.glob("context_*.toml"))}
    ideas = frozenset[str]().union(*languages.values()) - frozenset(read(DATA / "context.toml")["everywhere"])
    assert len(languages) == 8
    assert {path.name: ideas - given.keys() for path, given in languages.items() if ideas - given.keys()} == {}
