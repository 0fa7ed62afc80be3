"""Accounts, their wallets and their names."""

from __future__ import annotations

import re
import unicodedata
import uuid

import apsw

from whinchat.core.ports import Random
from whinchat.sandbox.ledger import Ledger, minor
from whinchat.sandbox.prices import currencies
from whinchat.sandbox.records import Account, BankError, Currency, Wallet

PHONE = re.compile(r"\+[1-9]\d{6,14}")
SELECT = "SELECT id, phone, username, language, display_currency, default_wallet, created_at FROM account WHERE "
NAME = re.compile(r"(?!1|3|bc1|lnbc1)\w{3,50}", re.IGNORECASE)
"""Letters of any script, digits, `_` (lnflash/flash src/domain/accounts/index.ts); see also `_plain`."""


def new_id(random: Random) -> str:
    return str(uuid.UUID(bytes=random.randbytes(16), version=4))


def name_key(username: str) -> str:
    """The same for all ways of writing one name."""
    return unicodedata.normalize("NFC", username).casefold()


def _plain(username: str) -> bool:
    r"""`\w` also knows digits of other scripts and numbers such as ²."""
    return all(letter.isalpha() or letter in "0123456789_" for letter in username)


class People:
    def __init__(self, ledger: Ledger, random: Random) -> None:
        self._ledger = ledger
        self._random = random

    def open(self, *, phone: str | None, language: str, display_currency: str, default: Currency, now: int) -> str:
        """A new account with two empty wallets; its id. BankError: the phone is none, or has an account."""
        if phone is not None:
            self.require_phone(phone)
        self._require_currency(display_currency)
        account = new_id(self._random)
        wallets = {currency: new_id(self._random) for currency in Currency}
        try:
            self._ledger.run(
                "INSERT INTO account (id, phone, language, display_currency, default_wallet, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                account,
                phone,
                language,
                display_currency,
                wallets[default],
                now,
            )
        except apsw.ConstraintError as error:
            raise BankError("PHONE_ACCOUNT_ALREADY_EXISTS_ERROR", "The phone has an account already") from error
        for currency, wallet in wallets.items():
            self._ledger.run("INSERT INTO wallet (id, account, currency) VALUES (?, ?, ?)", wallet, account, currency)
        return account

    @staticmethod
    def require_phone(phone: str) -> None:
        if not PHONE.fullmatch(phone):
            raise BankError("INVALID_INPUT", "Phone number is not a valid phone number")

    def get(self, account: str) -> Account:
        """BankError NOT_FOUND."""
        if found := self._find("id = ?", account):
            return found[0]
        raise BankError("NOT_FOUND", "The account does not exist")

    def by_phone(self, phone: str) -> Account | None:
        return next(iter(self._find("phone = ?", phone)), None)

    def by_name(self, username: str) -> Account:
        """BankError NOT_FOUND."""
        if found := self._find("username_key = ?", name_key(username)):
            return found[0]
        raise BankError("NOT_FOUND", f"Account does not exist for username {username}")

    def all(self) -> tuple[Account, ...]:
        return self._find("1 ORDER BY created_at, rowid")

    def owner(self, wallet: str) -> Account | None:
        """None for a wallet that is not there, or of the bank's own."""
        return next(iter(self._find("id = (SELECT account FROM wallet WHERE id = ?)", wallet)), None)

    def own_wallet(self, account: str, wallet: str) -> Wallet:
        """BankError INVALID_INPUT: the wallet is not the account's."""
        for each in self._wallets(account):
            if each.id == wallet:
                return each
        raise BankError("INVALID_INPUT", "Invalid walletId for account.")

    def set_username(self, account: str, username: str) -> None:
        """BankError: not allowed, taken, or the account has one already."""
        name = unicodedata.normalize("NFC", username)
        if not NAME.fullmatch(name) or not _plain(name):
            raise BankError("INVALID_INPUT", "Invalid value for Username")
        if self.get(account).username is not None:
            raise BankError("USERNAME_ERROR", "username is immutable")
        try:
            self._ledger.run(
                "UPDATE account SET username = ?, username_key = ? WHERE id = ?", name, name_key(name), account
            )
        except apsw.ConstraintError as error:
            raise BankError("USERNAME_ERROR", "username not available") from error

    @staticmethod
    def _require_currency(currency: str) -> None:
        if all(currency != info.id for info in currencies()):
            raise BankError("INVALID_INPUT", "Invalid currency.")

    def _find(self, condition: str, *values: str) -> tuple[Account, ...]:
        rows = self._ledger.rows(SELECT + condition, *values)
        return tuple(
            Account(
                id=id_,
                phone=phone,
                username=username,
                language=language,
                display_currency=display_currency,
                default_wallet=default_wallet,
                wallets=self._wallets(id_),
                created_at=created_at,
            )
            for id_, phone, username, language, display_currency, default_wallet, created_at in rows
        )

    def _wallets(self, account: str) -> tuple[Wallet, ...]:
        rows = self._ledger.rows("SELECT id, currency, balance FROM wallet WHERE account = ? ORDER BY rowid", account)
        return tuple(
            Wallet(id=id_, account=account, currency=Currency(currency), balance=minor(balance))
            for id_, currency, balance in rows
        )
