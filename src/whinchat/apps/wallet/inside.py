"""Who is meant by a username, a contact's name or a phone number, and which wallet of theirs is paid."""

from __future__ import annotations

from typing import Protocol

import msgspec

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, BackendError, PayeeWallet
from whinchat.apps.wallet.contacts import Contact, Contacts, beginning
from whinchat.apps.wallet.labels import Labels, masked
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.notebook import folded
from whinchat.apps.wallet.payee import FrozenPayee, Payee, PayeeKind
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.formatting.markup import code

MOST_NAMED = 5  # contacts in a question


class NeedsEscrow(msgspec.Struct, frozen=True):
    """Somebody without an account here. `label` as in FrozenPayee; `phone`: E.164."""

    phone: str
    label: str


class People(Protocol):
    """`accounts.Accounts`."""

    async def by_phone(self, phone: str) -> Member | None: ...


class Inside:
    """Asks the backend each time: what was true an hour ago is nothing to pay by."""

    def __init__(self, people: People, backend: Backend, contacts: Contacts, labels: Labels) -> None:
        self._people = people
        self._backend = backend
        self._contacts = contacts
        self._labels = labels

    async def find(self, member: Member, payee: Payee) -> FrozenPayee | NeedsEscrow:
        """Raises Unpayable (nobody, or several people, are called so), BackendError."""
        match payee.kind:
            case PayeeKind.PHONE:
                return await self._phone(member, payee.text, None)
            case PayeeKind.NAME:
                contact = await self._contacts.find(member.id, payee.text)
                if contact is not None:
                    return await self._phone(member, contact.phone, contact)
                await self._ask_which(member, payee.text)
        return await self._user(member, payee)

    async def _ask_which(self, member: Member, word: str) -> None:
        """Raises Unpayable: the word begins the names of contacts, and may be a username besides."""
        several = beginning(await self._contacts.all(member.id), word)
        if several:
            names = ", ".join(f"“{contact.name}”" for contact in several[:MOST_NAMED])
            raise Unpayable(
                "wallet.payee.ambiguous",
                given=word,
                names=names,
                example=code(f'send 10 to "{several[0].name}"'),
                username=code(f"send 10 to @{word}"),
            )

    async def _user(self, member: Member, payee: Payee) -> FrozenPayee:
        if " " in payee.text:
            raise Unpayable("wallet.payee.unknown_name", given=payee.text)
        try:
            wallet = await self._backend.default_wallet(payee.text, Currency.USD)
        except BackendError as error:
            if error.code not in {"not_found", "rejected"}:
                raise
            raise Unpayable(f"wallet.payee.unknown_{payee.kind}", given=payee.text) from None
        return FrozenPayee(
            kind=payee.kind,
            label=self._labels.user(payee.text, member.language),
            key=f"wallet:{wallet.id}",
            named=f"username:{folded(payee.text)}",
            wallet=wallet.id,
            currency=wallet.currency,
        )

    async def _phone(self, member: Member, phone: str, contact: Contact | None) -> FrozenPayee | NeedsEscrow:
        if phone == member.phone:
            raise Unpayable("wallet.payee.self")
        wallet = await self._wallet_of(phone)
        if wallet is None:
            return NeedsEscrow(phone, self._label(member, phone, contact) if contact else masked(phone))
        return FrozenPayee(
            kind=PayeeKind.PHONE if contact is None else PayeeKind.NAME,
            label=self._label(member, phone, contact),
            key=f"wallet:{wallet.id}",
            named=f"phone:{phone}" if contact is None else f"contact:{folded(contact.name)}",
            wallet=wallet.id,
            currency=wallet.currency,
        )

    def _label(self, member: Member, phone: str, contact: Contact | None) -> str:
        if contact is None:
            return self._labels.phone(phone, member.language)
        return self._labels.contact(contact.name, phone, member.language)

    async def _wallet_of(self, phone: str) -> PayeeWallet | None:
        """Of a linked person, as the backend has it now."""
        payee = await self._people.by_phone(phone)
        if payee is None:
            return None
        try:
            me = await self._backend.me(payee.token)
        except BackendError as error:
            if error.code == "unauthenticated":
                return None
            raise
        wallet = me.wallet(Currency.USD) or next((each for each in me.wallets if each.id == me.default_wallet), None)
        return None if wallet is None else PayeeWallet(wallet.id, wallet.balance.currency)
