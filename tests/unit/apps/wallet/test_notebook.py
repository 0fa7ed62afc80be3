"""What somebody keeps under names of their own: sealed, the names hashed, each to its owner alone."""

from __future__ import annotations

import pytest

from whinchat.apps.wallet import notebook
from whinchat.apps.wallet.contacts import Contact, Contacts, beginning, open_contacts
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.money import sats
from whinchat.apps.wallet.notebook import folded
from whinchat.apps.wallet.payee import Payee, PayeeKind
from whinchat.apps.wallet.templates import Template, open_templates
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

ALICE = Contact("Alice", "+18765551234")


class Drawer:
    def __init__(self) -> None:
        self.database, self.sealer, clock = MemoryDatabase(MIGRATIONS), PlainSealer(), FakeClock()
        self.contacts: Contacts = open_contacts(self.database, self.sealer, clock)
        self.templates = open_templates(self.database, self.sealer, clock)

    async def do(self, *statements: Statement) -> None:
        await self.database.commit(Batch(statements))


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


async def test_what_is_saved_is_found_however_it_is_spelled(drawer: Drawer) -> None:
    await drawer.do(drawer.contacts.save("ana", ALICE))
    for name in ("Alice", "alice", " ALICE ", "Ａlice", "Al\u200bice"):
        assert await drawer.contacts.find("ana", name) == ALICE
    assert await drawer.contacts.find("ana", "Alic") is None


async def test_names_are_their_owners_alone(drawer: Drawer) -> None:
    await drawer.do(drawer.contacts.save("ana", ALICE))
    assert await drawer.contacts.find("bob", "Alice") is None
    assert await drawer.contacts.all("bob") == []
    with pytest.raises(Conflict):
        await drawer.do(drawer.contacts.remove("bob", "Alice"))


async def test_the_same_name_again_takes_the_place_of_the_first(drawer: Drawer) -> None:
    await drawer.do(drawer.contacts.save("ana", ALICE))
    await drawer.do(drawer.contacts.save("ana", Contact("ALICE", "+18765550000")))
    assert await drawer.contacts.all("ana") == [Contact("ALICE", "+18765550000")]
    await drawer.do(drawer.contacts.remove("ana", "alice"))
    assert await drawer.contacts.all("ana") == []


async def test_all_are_listed_by_name(drawer: Drawer) -> None:
    for name in ("bob", "Alice", "Ámbar"):
        await drawer.do(drawer.contacts.save("ana", Contact(name, "+18765550000")))
    assert [each.name for each in await drawer.contacts.all("ana")] == ["Alice", "bob", "Ámbar"]


async def test_a_full_notebook_takes_no_more(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MOST", 2)
    for name in ("a", "b"):
        await drawer.do(drawer.contacts.save("ana", Contact(name, "+18765550000")))
    with pytest.raises(Conflict):
        await drawer.do(drawer.contacts.save("ana", ALICE))
    await drawer.do(drawer.contacts.save("ana", Contact("B", "+18765550001")))
    await drawer.do(drawer.contacts.save("bob", ALICE))
    assert len(await drawer.contacts.all("ana")) == 2


async def test_templates_keep_what_was_said(drawer: Drawer) -> None:
    coffee = Template("coffee", sats(500), Payee(PayeeKind.NAME, "john"), "Morning coffee")
    await drawer.do(drawer.templates.save("ana", coffee))
    assert await drawer.templates.find("ana", "Coffee") == coffee
    assert await drawer.contacts.find("ana", "coffee") is None


async def test_every_row_is_named_as_its_seal_says(drawer: Drawer) -> None:
    """So that it can be sealed again under a new key."""
    await drawer.do(drawer.contacts.save("ana", ALICE))
    (column,) = [each for each in SEALED if each.table == "wallet_contacts"]
    ((user, name, body),) = await drawer.database.fetch("SELECT user_id, name, body FROM wallet_contacts")
    assert isinstance(body, bytes)
    assert drawer.sealer.open(column.table, column.row((user, name)), body)
    assert isinstance(name, bytes)
    assert b"lice" not in name


def test_gaps_case_and_width_are_no_difference() -> None:
    assert folded(" Mary\u00a0 ANN ") == folded("ｍary ann") == "mary ann"
    assert folded("José") == folded("Jose\u0301")
    assert folded("\u200b ") == ""


def test_the_first_of_several_words() -> None:
    contacts = [Contact(name, "+1") for name in ("Mary Ann", "Mary", "Maryann", "Ann Mary")]
    assert [each.name for each in beginning(contacts, "MARY")] == ["Mary Ann"]
