"""A process that pays until it is killed: `python teller_to_kill.py FILE` prints a payment's id when it is done."""

from __future__ import annotations

import sys

from whinchat.sandbox.bank import Bank
from whinchat.testing.clock import FakeClock


def main(path: str) -> None:
    bank = Bank(path, clock=FakeClock(), seed=1)
    ana, bob, _ = (account.wallets[0] for account in bank.accounts())
    while True:
        payment = bank.pay_wallet(ana.account, ana.id, bob.id, 1)
        assert payment.transaction is not None
        sys.stdout.write(f"{payment.transaction.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
