"""What is kept is bounded, and the longest unused goes first."""

from __future__ import annotations

from whinchat.apps.wallet.shelves import ENTRY_BYTES, SHELF_BYTES, Entry, Shelves

ME = ("me", "")


def entry(data: bytes = b"data") -> Entry:
    return Entry(data, "", at=0, read=0.0, fresh_until=60.0)


def test_a_person_finds_their_own_again() -> None:
    shelves = Shelves()
    shelves.put(shelves.of("ana", "s1"), ME, entry())
    assert shelves.of("ana", "s1").entries[ME] == entry()
    assert not shelves.of("bob", "s1").entries


def test_a_new_session_begins_with_an_empty_shelf() -> None:
    shelves = Shelves()
    old = shelves.of("ana", "s1")
    shelves.put(old, ME, entry())
    assert not shelves.of("ana", "s2").entries
    assert old.gone


def test_what_was_taken_away_is_not_filled_any_more() -> None:
    shelves = Shelves()
    shelf = shelves.of("ana", "s1")
    shelves.remove("ana")
    shelves.put(shelf, ME, entry())
    assert not shelf.entries
    assert shelves.bytes == 0
    shelves.remove("nobody")


def test_the_longest_unused_person_goes_first() -> None:
    shelves = Shelves(most_people=2)
    for person in ("ana", "bob"):
        shelves.put(shelves.of(person, "s"), ME, entry())
    shelves.of("ana", "s")
    shelves.put(shelves.of("eve", "s"), ME, entry())
    assert len(shelves) == 2
    assert shelves.of("ana", "s").entries
    assert not shelves.of("bob", "s").entries


def test_bytes_are_counted_and_bounded() -> None:
    shelves = Shelves(most_bytes=3 * (SHELF_BYTES + ENTRY_BYTES + 1000))
    for number in range(100):
        shelves.put(shelves.of(f"person {number}", "s"), ME, entry(bytes(1000)))
    assert len(shelves) == 3
    assert shelves.bytes == 3 * (SHELF_BYTES + ENTRY_BYTES + 1000)


def test_one_person_has_a_bounded_number_of_entries_the_newest() -> None:
    shelves = Shelves()
    shelf = shelves.of("ana", "s")
    for number in range(50):
        shelves.put(shelf, ("history", str(number)), entry())
    assert [key for _, key in shelf.entries] == [str(number) for number in range(38, 50)]
    shelves.put(shelf, ("history", "49"), entry(b""))
    assert shelves.bytes == SHELF_BYTES + 12 * ENTRY_BYTES + 11 * 4


def test_whoever_is_being_read_for_stays_so_that_movements_reach_them() -> None:
    shelves = Shelves(most_people=1)
    ana = shelves.of("ana", "s")
    ana.readers = 1
    bob = shelves.of("bob", "s")
    bob.readers = 1
    shelves.put(bob, ME, entry())
    assert not ana.gone
    assert not bob.gone
    ana.readers = 0
    shelves.put(bob, ME, entry())
    assert ana.gone
