"""What the bank has answered is on the disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.wallet import teller_to_kill
from tests.support.wallet.town import Town, ending

from whinchat.core.errors import Refused
from whinchat.sandbox.bank import Bank
from whinchat.sandbox.faults import Fault
from whinchat.sandbox.profiles import FLASH
from whinchat.sandbox.records import Status
from whinchat.testing.clock import FakeClock

ROOT = Path(teller_to_kill.__file__).parents[3]


def test_what_was_paid_before_a_kill_is_paid_after_it(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    town = Town(path=path)
    town.bank.close()
    paid: list[str] = []

    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-m", teller_to_kill.__name__, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as teller:
            assert teller.stdout is not None
            paid += [teller.stdout.readline().strip() for _ in range(20)]
            teller.kill()
            paid += [line.strip() for line in teller.stdout if line.endswith("\n")]

    bank = Bank(path, clock=FakeClock(), seed=1)
    bank.check()
    for transaction in paid:
        assert bank.transaction(town.ana, transaction).amount == -1
    wallets = bank.account(town.bob).wallets
    assert len(paid) <= wallets[0].balance <= len(paid) + 3  # one may have been done and not yet printed
    bank.close()


def test_a_bank_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    town = Town(path=path)
    token = town.bank.token(town.ana)
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, key="k")
    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 7, plan=ending(Fault.PENDING_SETTLES, 3_600))
    price = town.bank.price("JMD")
    town.bank.close()

    town.bank = Bank(path, clock=town.clock, seed=1)
    assert town.bank.authenticate(token) == town.ana
    assert town.bank.price("JMD") == price
    assert town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, key="k").transaction
    assert town.dollars(town.bob) == 100
    assert town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11).status is Status.SUCCESS
    town.clock.move(3_600)
    assert town.dollars(town.bob) == 607
    town.bank.check()
    town.bank.close()


def test_a_file_is_of_one_backend(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    Bank(path, clock=FakeClock()).close()

    with pytest.raises(Refused, match="another backend"):
        Bank(path, clock=FakeClock(), profile=FLASH)
