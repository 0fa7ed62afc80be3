from __future__ import annotations

from whinchat.apps.scanner.feeds.attempts import Attempt
from whinchat.apps.scanner.feeds.overview import COLUMNS, cells, offers, remarks, rows
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Trust
from whinchat.apps.scanner.feeds.sources import Source, known_sources
from whinchat.apps.scanner.feeds.updater import Followed
from whinchat.apps.scanner.knowledge import Threat
from whinchat.testing.clock import START

MINUTE = 60_000
HOUR = 60 * MINUTE
SHIPPED = FeedInfo("typo", Threat.PHISHING, Trust.EVIDENCE, "Unlicense", "1", "2025-12-31", 7)
SOURCE = Source(name="mine", url="https://lists.example/bad.txt?token=secret", licence="MIT")


def imported(name: str = "mine", age: int = 0, error: str | None = None) -> Feed:
    return Feed(
        name=name, source=SOURCE.place, threat=Threat.PHISHING, trust=Trust.DECISIVE, licence="MIT", version="1",
        sha256="00", imported_at=START, confirmed_at=START - age, listed=3, entries=4, rejected=0, collisions=0,
        lifetime=None, recipe="", etag="", modified="", generation=1, error=error,
    )  # fmt: skip


def shown(feeds: list[Feed], followed: list[Followed]) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, cells(row, START), strict=True)) for row in rows([SHIPPED], feeds, followed)]


def test_shows_what_ships_what_was_imported_and_what_is_awaited() -> None:
    attempt = Attempt("mine", START - HOUR, START + 30 * MINUTE, 0)
    shipped, live, own, awaited = shown(
        [imported(age=2 * HOUR), imported("own", 3 * 24 * HOUR)],
        [Followed(SOURCE, imported(), attempt), Followed(Source(name="new", file="new.txt"), None, None)],
    )
    assert (shipped["from"], shipped["age"], shipped["next"]) == ("shipped", "1 day", "-")
    assert (live["from"], live["entries"], live["age"], live["next"]) == ("lists.example", "4", "2 h", "in 30 min")
    assert (own["age"], own["next"]) == ("3 days", "-")
    assert (awaited["from"], awaited["entries"], awaited["age"], awaited["next"]) == (
        "new.txt",
        "0",
        "never had",
        "now",
    )


def test_ages_are_told_as_people_say_them() -> None:
    ages = [shown([imported(age=age)], [])[1]["age"] for age in (-5, 59 * MINUTE, 47 * HOUR, 48 * HOUR)]
    assert ages == ["0 min", "59 min", "47 h", "2 days"]
    dates = {"2026-01-01": "today", "2025-12-31": "1 day", "2025-12-22": "10 days"}
    for day, age in dates.items():
        info = FeedInfo("typo", Threat.PHISHING, Trust.EVIDENCE, "", "1", day, 7)
        (row,) = rows([info], [], [])
        assert cells(row, START)[COLUMNS.index("age")] == age


def test_says_what_went_wrong() -> None:
    failed = Attempt("mine", START, START + HOUR, 3, code="unreachable", error="it cannot be reached")
    killed = Attempt("other", START, START + HOUR, 1)
    assert list(
        remarks(
            [imported(error="old"), imported("own", error="the list is empty")],
            [Followed(SOURCE, imported(), failed), Followed(Source(name="other", file="x"), None, killed)],
        )
    ) == [
        "own: the last import failed, the version before it is in use: the list is empty",
        "mine: could not be updated (3 times), the version before it is in use: it cannot be reached",
        "other: could not be updated (once), nothing of it is in use yet: it was interrupted",
    ]
    assert list(remarks([imported()], [Followed(SOURCE, imported(), Attempt("mine", START, START, 0))])) == []


def test_scripts_get_everything_and_no_secret() -> None:
    failed = Attempt("mine", START, START + HOUR, 3, code="unreachable", error="it cannot be reached")
    _, row = rows([SHIPPED], [imported()], [Followed(SOURCE, imported(), failed)])
    assert (row["next_at"], row["failures"], row["error"], row["error_code"]) == (
        START + HOUR, 3, "it cannot be reached", "unreachable",
    )  # fmt: skip
    assert "secret" not in str(row)


def test_offers_what_is_known_and_off_with_its_terms() -> None:
    told = list(offers(known_sources().values()))
    assert [line.split(":")[0].strip() for line in told] == ["phishing_database", "openphish"]
    assert "personal use" in told[1]
    keyless = Source(name="urlhaus", url="https://x.example/", enabled=False, needs_auth_key=True, terms="Free.")
    assert list(offers([keyless])) == ["  urlhaus (with abusech_auth_key): Free."]
