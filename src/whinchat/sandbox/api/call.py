"""One request as resolvers see it: who asks, of which bank, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from whinchat.sandbox.bank import Bank
from whinchat.sandbox.faults import CLEAR, Plan
from whinchat.sandbox.records import BankError, Price


@dataclass(frozen=True)
class Call:
    """`address`: where the request came from; codes are counted by it."""

    bank: Bank
    plan: Plan = CLEAR
    token: str | None = None
    asking: str | None = None
    """The account whose token it is; None: nobody in particular."""
    address: str = "127.0.0.1"

    @property
    def account(self) -> str:
        """BankError NOT_AUTHORIZED: asked without a token."""
        if self.asking is None:
            raise BankError("NOT_AUTHORIZED", "Not authorized")
        return self.asking

    def check(self) -> None:
        """BankError: the error that is planned for this call."""
        if (fault := self.plan.error) is not None:
            raise BankError(fault.code, fault.message)

    @cached_property
    def display_currency(self) -> str:
        return self.bank.account(self.account).display_currency

    @cached_property
    def display_price(self) -> Price:
        """In the account's display currency, to tell what is known: no fault keeps it away."""
        return self.bank.price(self.display_currency)

    def price(self, currency: str) -> Price:
        return self.bank.price(currency, self.plan)
