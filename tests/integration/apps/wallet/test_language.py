"""The corpus' scripts: its accuracy, and mutations of it that must not become a yes."""

from __future__ import annotations

import pytest
from scripts import wallet_corpus
from scripts.wallet_mutations import broken, is_yes


def test_the_whole_corpus_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert wallet_corpus.main() == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("100.0%")


@pytest.mark.unmeasured
def test_no_mutation_of_the_corpus_confirms_unless_it_is_a_yes() -> None:
    assert list(broken(3000, seed=7)) == []


@pytest.mark.parametrize("text", ["yes", "Yes please!", "👍🏽", "ok 7K2M", "please go ahead", "confirm the payment"])
def test_the_oracle_knows_a_yes(text: str) -> None:
    assert is_yes(text)


@pytest.mark.parametrize("text", ["", "no", "yes no", "yes but", "7K2M", "yes 7K2", "send 10 to bob", "yes?"])
def test_the_oracle_knows_what_is_none(text: str) -> None:
    assert not is_yes(text)
