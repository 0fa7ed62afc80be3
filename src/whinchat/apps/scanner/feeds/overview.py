"""All lists as people and scripts are shown them: shipped, imported, kept up to date, or known and not in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo
from whinchat.apps.scanner.feeds.sources import Source
from whinchat.apps.scanner.feeds.updater import Followed

MINUTE = 60_000  # milliseconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR
COLUMNS = ("feed", "from", "entries", "threat", "trust", "age", "next", "licence")

Row = Mapping[str, str | int | None]


def rows(shipped: Iterable[FeedInfo], feeds: Sequence[Feed], followed: Sequence[Followed]) -> Iterator[Row]:
    """One for each list in use or followed; times in milliseconds UTC."""
    yield from map(_shipped, shipped)
    live = {each.source.name: each for each in followed}
    for feed in feeds:
        yield _imported(feed) | _attempts(live.pop(feed.name, None))
    for each in live.values():
        yield _awaited(each.source) | _attempts(each)


def cells(row: Row, now: int) -> list[str]:
    """A row as text, in the order of COLUMNS."""
    times = {"age": _age(row, now), "next": _next(row.get("next_at"), now), "from": _place(str(row["from"]))}
    return [times.get(column) or str(row[column]) for column in COLUMNS]


def remarks(feeds: Sequence[Feed], followed: Sequence[Followed]) -> Iterator[str]:
    """What went wrong last."""
    live = {each.source.name: each for each in followed}
    for feed in feeds:
        if feed.error and feed.name not in live:
            yield f"{feed.name}: the last import failed, the version before it is in use: {feed.error}"
    for each in followed:
        if each.attempt is not None and each.attempt.failures:
            tries = "once" if each.attempt.failures == 1 else f"{each.attempt.failures} times"
            version = "the version before it is in use" if each.feed else "nothing of it is in use yet"
            reason = each.attempt.error or "it was interrupted"
            yield f"{each.source.name}: could not be updated ({tries}), {version}: {reason}"


def offers(sources: Iterable[Source]) -> Iterator[str]:
    """Lists that are known and not in use, and what their licences ask."""
    for source in sources:
        if not source.enabled:
            key = " (with abusech_auth_key)" if source.needs_auth_key else ""
            yield f"  {source.name}{key}: {source.terms}"


def _shipped(feed: FeedInfo) -> dict[str, str | int | None]:
    return {
        "feed": feed.name,
        "from": "shipped",
        "entries": feed.entries,
        "threat": feed.threat.value,
        "trust": feed.trust.value,
        "date": feed.date,
        "version": feed.version,
        "licence": feed.licence,
        "error": None,
    }


def _imported(feed: Feed) -> dict[str, str | int | None]:
    return {
        "feed": feed.name,
        "from": feed.source,
        "entries": feed.entries,
        "threat": feed.threat.value,
        "trust": feed.trust.value,
        "date": datetime.fromtimestamp(feed.confirmed_at / 1000, UTC).date().isoformat(),
        "version": feed.version,
        "licence": feed.licence,
        "error": feed.error,
        "imported_at": feed.imported_at,
        "current_at": feed.confirmed_at,
        "failed_at": feed.failed_at,
        "rejected": feed.rejected,
        "popular_sites": feed.collisions,
        "sha256": feed.sha256,
    }


def _awaited(source: Source) -> dict[str, str | int | None]:
    return {
        "feed": source.name,
        "from": source.place,
        "entries": 0,
        "threat": source.threat.value,
        "trust": source.trust.value,
        "date": None,
        "version": None,
        "licence": source.licence,
        "error": None,
    }


def _attempts(followed: Followed | None) -> dict[str, str | int | None]:
    """What only a list that is kept up to date has."""
    if followed is None:
        return {}
    attempt = followed.attempt
    return {
        "next_at": followed.next_at,
        "tried_at": attempt.begun_at if attempt else None,
        "failures": attempt.failures if attempt else 0,
        "error": attempt.error if attempt else None,
        "error_code": attempt.code if attempt else None,
    }


def _place(text: str) -> str:
    """The host of an address; a file as it is."""
    return urlsplit(text).netloc or text


def _age(row: Row, now: int) -> str:
    current = row.get("current_at")
    if isinstance(current, int):
        return _duration(now - current)
    if row["date"] is None:
        return "never had"
    days = (datetime.fromtimestamp(now / 1000, UTC).date() - date.fromisoformat(str(row["date"]))).days
    return "today" if days <= 0 else f"{days} days" if days > 1 else "1 day"


def _next(due: str | int | None, now: int) -> str:
    if not isinstance(due, int):
        return "-"
    return f"in {_duration(due - now)}" if due > now else "now"


def _duration(milliseconds: int) -> str:
    if milliseconds < HOUR:
        return f"{max(0, milliseconds) // MINUTE} min"
    return f"{milliseconds // HOUR} h" if milliseconds < 2 * DAY else f"{milliseconds // DAY} days"
