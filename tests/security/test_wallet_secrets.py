"""After a busy time with money nothing that was said, and nothing of who paid whom, stands in the clear anywhere."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.support.live import until
from tests.support.needles import everything_in, found_in
from tests.support.wallet.street import PHONES, Street, street, yes

MEMO = "Zwiebeltaschengeld"
CONTACT = "Quasimodoria"
TEMPLATE = "mondscheinkaffee"
USERNAMES = ("ana_lindwurm", "bob_wolpertinger", "dewi_lindwurm")
"""The first two are refused: Ana and Bob have a name already."""
PIN, WRONG_PIN = "839175", "174026"
WRONG_CODE = "000917"
ADDRESS = "nussknacker@blumenladen-sonnenhof.example"
ABROAD = "+999100000055"


class Busy(NamedTuple):
    town: Street
    secrets: frozenset[str]


def be_busy(town: Street) -> set[str]:
    """Everything that people do with money, some of it wrong; what must not be found afterwards."""
    secrets = {MEMO, CONTACT, TEMPLATE, *USERNAMES, PIN, WRONG_PIN, WRONG_CODE, ADDRESS, ABROAD[1:]}
    for name in ("Ana", "Bob"):
        town.tell(name, "link")
        town.tell(name, WRONG_CODE)
        secrets.add(town.code(name))
        assert "is linked" in town.tell(name, town.code(name))
    for name, username in zip(("Ana", "Bob"), USERNAMES, strict=False):
        town.tell(name, f"username {username}")
        town.tell(name, "balance")
    town.tell("Ana", f"pin {PIN}")
    town.tell("Ana", f"contacts add {CONTACT} {PHONES['Bob']}")
    for text in (f"send 2 to @bob for {MEMO}", f"send 3 to {CONTACT}", f"send 4 to {PHONES['Dewi']} for {MEMO}"):
        answered = town.confirm("Ana", town.tell("Ana", text))
        secrets |= set(re.findall(r"claim ([A-Z0-9]{8,})", answered))
    (claim,) = [each for each in secrets if re.fullmatch(r"[A-Z2-9]{10,}", each)]
    town.tell("Bob", f"claim {claim}")
    town.link("Dewi")
    secrets.add(town.code("Dewi"))
    town.tell("Dewi", f"claim {claim}")
    town.tell("Dewi", f"username {USERNAMES[2]}")
    assert "Paid $1.00" in town.confirm("Ana", town.tell("Ana", f"send 1 to @{USERNAMES[2]}"))
    (invoice,) = re.findall(r"lnbcrt\w+", town.tell("Bob", f"receive 5 {MEMO}"))
    secrets.add(invoice)
    town.confirm("Ana", town.tell("Ana", f"pay {invoice}"))
    for text in (
        f'template add {TEMPLATE} 5 to {CONTACT} "{MEMO}"',
        f"pay {TEMPLATE}",
        "no",
        f"send 1 to {ADDRESS}",
        "send 1 to @nobody_of_that_name",
        f"request 6 from @bob for {MEMO}",
        f"send 1,5 to @{USERNAMES[1]}",
        "limits 9000",
        WRONG_PIN,
        "history",
        "undo",
        "pending",
    ):
        town.tell("Ana", text)
    go_wrong(town)
    return secrets


def go_wrong(town: Street) -> None:
    """The bank fails in the ways in which it says most."""
    for fault, cents in (("failed_after_debit", 701), ("drop_after", 702), ("error", 703), ("garbage", 704)):
        asked = town.tell("Ana", f"send {cents / 100:.2f} to @bob for {MEMO}")
        town.bank.do("fault", fault=fault, scope="payments")
        town.direct("Ana").say("Ana", yes(asked))
        ended = DONE.format(cents)
        until(lambda: town.count(ended) == 1, f"something became of {fault}")  # noqa: B023 - called within the turn
        town.bank.do("clear")


DONE = "SELECT count(*) FROM wallet_intents WHERE minor = {} AND state IN ('paid', 'failed', 'unknown', 'cancelled')"


def assert_private(places: dict[str, bytes], secrets: frozenset[str]) -> None:
    assert {place: found for place, content in places.items() if (found := found_in(content, secrets))} == {}


def in_folder(folder: Path) -> dict[str, bytes]:
    return {str(path): content for path, content in everything_in(folder)}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with street(tmp_path_factory.mktemp("secrets"), {"WHINCHAT_LOG__LEVEL": "debug"}) as town:
        told = town.bank.told
        tokens = {told[name] for name in ("token", "service_token", "custody_token")}
        tokens |= {town.bank.do("token", account=each["id"])["token"] for each in town.bank.state()["accounts"]}
        ids = {wallet["id"] for each in town.bank.state()["accounts"] for wallet in each["wallets"]}
        ids |= {each["id"] for each in town.bank.state()["accounts"]}
        secrets = be_busy(town)
        phones = {phone[1:] for phone in PHONES.values()}
        yield Busy(town, frozenset(secrets | tokens | phones | ids))


def test_it_was_a_busy_time(busy: Busy) -> None:
    town = busy.town
    assert town.count("SELECT count(*) FROM wallet_users") == 3
    assert town.count("SELECT count(*) FROM wallet_intents WHERE state = 'paid'") >= 5
    assert len(busy.secrets) > 30


def test_nothing_is_in_the_data_folder_while_the_service_runs(busy: Busy) -> None:
    files = in_folder(busy.town.service.folder / "data")
    assert {Path(name).name for name in files} >= {"whinchat.db", "whinchat.db-wal"}
    assert_private(files, busy.secrets)


@pytest.mark.parametrize("page", ["/metrics", "/readyz", "/healthz"])
def test_nothing_is_on_the_operators_pages(busy: Busy, page: str) -> None:
    _, body = busy.town.get(page)
    assert body
    assert_private({page: body.encode()}, busy.secrets)


@pytest.mark.parametrize(
    "verb",
    [
        ["wallet", "unresolved", "--json"],
        ["wallet", "hold"],
        ["trace", "--last", "1000", "--json"],
        ["jobs", "status"],
        ["jobs", "dead"],
        ["config", "show"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_nothing_is_in_what_the_verbs_print(busy: Busy, verb: list[str]) -> None:
    printed = busy.town.verb(*verb)
    assert printed.code == 0
    assert_private({"stdout": printed.out.encode(), "stderr": printed.err.encode()}, busy.secrets)


def test_nothing_is_in_the_log_a_crash_or_a_backup(busy: Busy) -> None:
    town = busy.town
    assert town.verb("db", "backup").code == 0
    town.direct("Ana").say("Ana", f"send 8 to @bob for {MEMO}")
    town.service.child.send(signal.SIGABRT)
    assert town.service.child.wait() == -signal.SIGABRT
    files = in_folder(town.service.folder / "data")
    assert any("backups" in name for name in files)
    assert_private({"service.log": town.service.child.log.read_bytes(), **files}, busy.secrets)
    town.service.start()
    assert "$" in town.tell("Ana", "balance")
