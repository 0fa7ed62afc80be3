"""`contacts`: the people somebody pays by a name of their own choosing. What is typed is kept; what a shared card says
never takes the place of somebody else."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.contacts import Card, Contact, Contacts, read_card
from whinchat.apps.wallet.format import plain, when
from whinchat.apps.wallet.intent import Intent
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.labels import masked
from whinchat.apps.wallet.language.forms import AddContact, ContactHistory, RemoveContact, SharedCards
from whinchat.apps.wallet.notebook import MOST, folded
from whinchat.apps.wallet.transitions import RESERVING, State
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch, Statement

LOOKED_BACK = 400 * 24 * 3600 * 1000  # milliseconds
MOST_CARDS = 20  # of one message
MOST_SHOWN = 10  # payments


class ManageContacts:
    spec = grammar.CONTACTS
    money = False

    def __init__(self, contacts: Contacts, intents: Intents, words: Words) -> None:
        self._contacts = contacts
        self._intents = intents
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        match call.args[grammar.CONTACTS_WHAT]:
            case AddContact(name=name, phone=phone):
                return await self._add(call, member, Contact(name, phone))
            case SharedCards():
                return await self._cards(call, member)
            case RemoveContact(name=name):
                return await self._remove(call, member, name)
            case ContactHistory(name=name):
                return await self._history(call, member, name)
            case _:
                return await self._list(call, member)

    async def _list(self, call: Call, member: Member) -> Outcome:
        found = await self._contacts.all(member.id)
        if not found:
            return self._answer(call, self._say(call, "none", command=code("contacts add NAME PHONE")))
        entries = [self._say(call, "entry", name=each.name, phone=masked(each.phone)) for each in found]
        return self._answer(call, self._say(call, "title", count=len(found)), *entries)

    async def _add(self, call: Call, member: Member, contact: Contact) -> Outcome:
        if contact.phone == member.phone:
            return self._answer(call, self._say(call, "yourself"))
        known = {folded(each.name): each for each in await self._contacts.all(member.id)}
        before = known.get(folded(contact.name))
        if before is None and len(known) >= MOST:
            return self._answer(call, self._full(call))
        saved = self._contacts.save(member.id, contact)
        if before is None or before.phone == contact.phone:
            return self._answer(call, self._saved(call, contact), changes=(saved,))
        values = {"name": contact.name, "phone": contact.phone, "before": masked(before.phone)}
        return self._answer(call, self._say(call, "replaced", **values), changes=(saved,))

    async def _remove(self, call: Call, member: Member, name: str) -> Outcome:
        contact = await self._contacts.find(member.id, name)
        if contact is None:
            return self._answer(call, self._unknown(call, name))
        return self._answer(
            call, self._say(call, "removed", name=contact.name), changes=(self._contacts.remove(member.id, name),)
        )

    # --- cards ---

    async def _cards(self, call: Call, member: Member) -> Outcome:
        known = {folded(each.name): each for each in await self._contacts.all(member.id)}
        lines: list[Markup] = []
        changes: list[Statement] = []
        for card in map(read_card, call.message.content.contacts[:MOST_CARDS]):
            contact = self._meant(card, member, known)
            if contact is None:
                lines.append(self._why_not(call, card, member, known))
                continue
            known[folded(contact.name)] = contact
            lines.append(self._saved(call, contact))
            changes.append(self._contacts.save(member.id, contact))
        return self._answer(call, *lines, changes=tuple(changes))

    def _meant(self, card: Card, member: Member, known: dict[str, Contact]) -> Contact | None:
        """What can be saved without asking."""
        if not folded(card.name) or len(card.phones) != 1:
            return None
        (phone,) = card.phones
        before = known.get(folded(card.name))
        free = len(known) < MOST if before is None else before.phone == phone
        return Contact(card.name, phone) if free and phone != member.phone else None

    def _why_not(self, call: Call, card: Card, member: Member, known: dict[str, Contact]) -> Markup:
        if not folded(card.name) or not card.phones:
            return self._say(call, "no_number", name=card.name)
        if card.phones == (member.phone,):
            return self._say(call, "yourself")
        before = known.get(folded(card.name))
        if before is None and len(known) >= MOST:
            return self._full(call)
        commands = [code(f'contacts add "{_unquoted(card.name)}" {phone}') for phone in card.phones]
        if before is not None:
            first = self._say(call, "other_number", name=card.name, before=masked(before.phone))
        else:
            first = self._say(call, "which", name=card.name)
        return Markup("\n").join([first, *commands])

    # --- history ---

    async def _history(self, call: Call, member: Member, name: str) -> Outcome:
        contact = await self._contacts.find(member.id, name)
        if contact is None:
            return self._answer(call, self._unknown(call, name))
        recent = await self._intents.recent(member.id, LOOKED_BACK)
        named = {f"contact:{folded(contact.name)}", f"phone:{contact.phone}"}
        receivers = {each.body.payee.key for each in recent if each.body.payee.named in named}
        sent = [each for each in recent if each.body.payee.key in receivers and each.state in RESERVING]
        if not sent:
            return self._answer(call, self._say(call, "nothing_sent", name=contact.name))
        title = self._say(call, "sent", name=contact.name, phone=masked(contact.phone))
        return self._answer(call, title, *(self._payment(call, each) for each in sent[:MOST_SHOWN]))

    def _payment(self, call: Call, intent: Intent) -> Markup:
        return self._say(
            call,
            "payment" if intent.state is State.PAID else "payment_unknown",
            amount=plain(intent.amount),
            time=when(self._words, intent.confirmed_at or intent.created_at, call.now, call.language),
        )

    # --- words ---

    def _saved(self, call: Call, contact: Contact) -> Markup:
        command = code(f"send 5 to {_written(contact.name)}")
        return self._say(call, "saved", name=contact.name, phone=contact.phone, command=command)

    def _unknown(self, call: Call, name: str) -> Markup:
        return self._say(call, "unknown", name=name, command=code("contacts list"))

    def _full(self, call: Call) -> Markup:
        return self._say(call, "full", count=MOST, command=code("contacts remove NAME"))

    def _say(self, call: Call, key: str, **values: str | int) -> Markup:
        return self._words.say(f"wallet.contacts.{key}", call.language, **values)

    def _answer(self, call: Call, *lines: Markup, changes: tuple[Statement, ...] = ()) -> Outcome:
        return Outcome(replies=(call.answer(Markup("\n").join(lines)),), changes=Batch(changes))


def _written(name: str) -> str:
    """As one types it."""
    plain_name = _unquoted(name)
    return f'"{plain_name}"' if " " in plain_name else plain_name.lower()


def _unquoted(name: str) -> str:
    return name.translate(dict.fromkeys(map(ord, '"“”„«»')))
