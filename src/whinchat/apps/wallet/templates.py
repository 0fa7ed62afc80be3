"""Payments that somebody makes again and again, kept under a word."""

from __future__ import annotations

import msgspec

from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.notebook import Notebook
from whinchat.apps.wallet.payee import Payee
from whinchat.core.ports import Clock, Database, Sealer


class Template(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nothing of it is looked up before it is used."""

    name: str
    amount: Money
    payee: Payee
    memo: str = ""


Templates = Notebook[Template]


def open_templates(database: Database, sealer: Sealer, clock: Clock) -> Templates:
    return Notebook("wallet_templates", Template, database, sealer, clock)
