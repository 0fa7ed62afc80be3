"""What a list must look like to be believed."""

from __future__ import annotations

from whinchat.core.errors import Refused

SMALL = 100  # entries up to which a feed may change its size as it likes
MOST_SHRUNK = 0.5
MOST_GROWN = 5.0
SPARED_COLLISIONS = 2
DECISIVE_COLLISIONS = 0.0002  # share of entries that are popular sites; with more of them a feed is evidence
MOST_COLLISIONS = 0.05  # with more it is no list of dangerous sites


def check_change(before: int, entries: int) -> None:
    """Raises Refused (code `suspicious_list`): it collapsed or burst since its last version."""
    if max(before, entries) <= SMALL or not before or MOST_SHRUNK * before <= entries <= MOST_GROWN * before:
        return
    raise _suspicious(f"the list has {entries:,} entries, the version in use has {before:,}")


def check_size(entries: int, least: int, most: int) -> None:
    """Raises Refused (code `suspicious_list`): it is smaller or larger than this list ever is."""
    if not least <= entries <= most:
        raise _suspicious(f"the list has {entries:,} entries, expected are {least:,} to {most:,}")


def check_content(collisions: int, entries: int) -> None:
    """Raises Refused (code `suspicious_list`): it lists the good ones."""
    if _many(collisions, entries, MOST_COLLISIONS):
        raise _suspicious(
            f"{collisions:,} of its {entries:,} entries are popular sites: this is no list of dangerous ones"
        )


def may_decide(collisions: int, entries: int) -> bool:
    """Whether it lists so few popular sites that an entry can be a verdict."""
    return not _many(collisions, entries, DECISIVE_COLLISIONS)


def _many(collisions: int, entries: int, share: float) -> bool:
    return collisions > SPARED_COLLISIONS and collisions > share * entries


def _suspicious(what: str) -> Refused:
    return Refused(
        what,
        hint="Check that it is complete and the right one; --force imports it all the same.",
        code="suspicious_list",
    )
