from __future__ import annotations

import random
from typing import Any

from tests.support.evaluations import BAD, GOOD, NOW, ONCE, DatedLists, bad, evaluated, good
from tests.support.evidence import judge

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.evaluate import Evaluated, Options, evaluate, sites_in
from whinchat.apps.scanner.evaluation.judging import FeedUse
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.scoring import Part

DAY = 86_400_000


def addresses(number: int) -> list[Row]:
    return [good(f"https://site{each}.example/") for each in range(number)]


def ablated(rows: list[Row], **options: Any) -> tuple[Part, ...]:
    return evaluated(rows, Options(ablations=True, bootstrap=ONCE, **options)).bench.ablations


def test_every_row_is_judged_and_counted_aloud() -> None:
    heard: list[int] = []
    rows = [bad(), good(), Row(Label.SPAM, text="buy")]
    found = evaluate(iter(rows), judge(), DatedLists(), Options(), NOW, judged=heard.append)
    assert (len(found.sample), heard) == (3, [1, 2, 3])


def test_sites_of_the_training_file_are_left_out_and_counted() -> None:
    seen = sites_in([good("https://smithtownnews.com/other"), Row(Label.BENIGN, text="see a.example and b.example")])
    assert seen >= {"smithtownnews.com"}
    found = evaluate([bad(), good()], judge(), DatedLists(), Options(), NOW, seen=seen)
    assert len(found.sample) == 1
    assert dict(found.left_out) == {"a site of the training file": 1}


def test_so_many_rows_of_a_site_and_label() -> None:
    found = evaluated([good(), good(), bad(GOOD), good(), bad()], Options(per_site=1, bootstrap=ONCE))
    assert len(found.sample) == 3
    assert dict(found.left_out) == {"more than 1 of a site": 2}


def test_a_sample_is_drawn_evenly_in_order_and_again_the_same() -> None:
    def sites(seed: int) -> list[str]:
        found = evaluated(addresses(100), Options(sample=10, bootstrap=Bootstrap(0, seed)))
        assert found.left_out.total() == 90
        return list(found.sample.sites)

    drawn = sites(1)
    assert len(drawn) == 10
    assert drawn == sites(1) != sites(2)
    assert [int(site[4:-8]) for site in drawn] == sorted(int(site[4:-8]) for site in drawn)
    assert any(int(site[4:-8]) > 50 for site in drawn)


def test_a_larger_sample_than_the_file_is_the_file() -> None:
    assert len(evaluated(addresses(3), Options(sample=9)).sample) == 3


def test_only_parts_that_can_make_a_difference_are_left_out_in_turn() -> None:
    assert ablated([bad()]) == (Part.MODEL, Part.RULES)
    assert ablated([bad()], feeds=FeedUse.ALL) == (Part.FEEDS, Part.MODEL, Part.RULES)
    assert ablated([Row(Label.PHISHING, text=f"pay at {BAD}", chat="club", when=NOW)]) == (
        Part.MODEL,
        Part.RULES,
        Part.CONTEXT,
        Part.NOVELTY,
    )
    assert ablated([bad(chat="club", when=NOW)], without=frozenset({Part.NOVELTY, Part.MODEL})) == (Part.RULES,)


def chat_rows() -> list[Row]:
    """Two people post the news of a club; two weeks later somebody else does, in the file before them."""
    club = "https://rowing-club-login.example/news"
    return [
        good(club, chat="club", sender="eve", when=NOW + 14 * DAY),
        good(club, chat="club", sender="ana", when=NOW),
        good(club, chat="club", sender="bob", when=NOW + DAY),
        good(club, chat="club", sender="eve"),
    ]


def scores(found: Evaluated) -> list[float]:
    return list(found.sample.scores.score)


def test_chats_are_replayed_in_the_order_of_their_dates() -> None:
    rows = chat_rows()
    random.Random(1).shuffle(rows)
    found = evaluated(rows)
    first, second, later, undated = scores(found)
    assert found.replayed
    assert later < first == second == undated
    unremembered = evaluated(rows, Options(without=frozenset({Part.NOVELTY}), bootstrap=ONCE))
    assert not unremembered.replayed
    assert len(set(scores(unremembered))) == 1


def test_without_dates_or_chats_nothing_is_remembered() -> None:
    assert not evaluated([good(chat="club"), good(when=NOW)]).replayed
