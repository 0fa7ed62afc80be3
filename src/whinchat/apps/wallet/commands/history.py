"""`history`: what came and went, a page at a time, each by at most one call of the backend; `history #3` in full."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, BackendError, Direction, Page, Status, Transaction
from whinchat.apps.wallet.format import BETWEEN, about, both, outage, plain, when
from whinchat.apps.wallet.language.forms import MoreHistory, OneTransaction
from whinchat.apps.wallet.listings import MOST, Listing, Listings
from whinchat.apps.wallet.reads import REFUSED, Read, Reads
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch

SIZE = 8  # transactions of one page
SLACK = 10  # that may have come in on top since the page before; beyond, a list without pages is begun anew


class History:
    spec = grammar.HISTORY
    money = False

    def __init__(self, backend: Backend, reads: Reads, listings: Listings, words: Words) -> None:
        self._backend = backend
        self._reads = reads
        self._listings = listings
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        match call.args[grammar.HISTORY_WHAT]:
            case OneTransaction(id=given):
                return await self._one(call, member, given)
            case MoreHistory():
                shown = await self._listings.current(member.id, member.session)
            case _:
                shown = Listing(member.session)
        if shown.ended or len(shown.shown) >= MOST:
            return self._answer(call, self._say(call, "end"))
        return await self._page(call, member, shown)

    # --- a page ---

    async def _page(self, call: Call, member: Member, shown: Listing) -> Outcome:
        read, found, listing = await self._next(member, shown)
        first = len(listing.shown) - len(found) + 1
        if not found:
            lines = [self._say(call, "end" if shown.shown else self._nothing)]
        else:
            lines = [self._say(call, "title")] if first == 1 else []
            lines += [self._line(call, number, each) for number, each in enumerate(found, first)]
            lines.append(self._say(call, "last" if listing.ended else "more", command=code("history more")))
        if read.outage:
            lines.append(outage(self._words, read.at, call.now, call.language))
        return self._answer(call, *lines) + Outcome(changes=Batch((self._listings.keep(member.id, listing),)))

    @property
    def _nothing(self) -> str:
        return "nothing" if self._backend.capabilities.empty_means_nothing else "nothing_seen"

    async def _next(self, member: Member, shown: Listing) -> tuple[Read[Page], Sequence[Transaction], Listing]:
        """The page, what it adds to what was shown, and all of that."""
        if self._backend.capabilities.pages:
            read = await self._reads.page(member, SIZE, shown.after)
            found, after = read.value.transactions, read.value.after
            ended = after is None
        else:
            # One more than is shown tells whether there is a next page.
            wanted = len(shown.shown) + SIZE + 1 + (SLACK if shown.shown else 0)
            read = await self._reads.page(member, wanted)
            listed = read.value.transactions
            start = _behind(listed, shown.shown)
            if start is None:
                shown, start = Listing(member.session), 0
            found, after = listed[start : start + SIZE], None
            ended = start + SIZE >= len(listed) and len(listed) < wanted
        listing = Listing(member.session, (*shown.shown, *(each.id for each in found)), after, ended)
        return read, found, listing

    def _line(self, call: Call, number: int, transaction: Transaction) -> Markup:
        language = call.language
        parts = [
            self._say(call, f"line_{transaction.direction}", amount=plain(transaction.amount)),
            *about(self._words, transaction, language),
            when(self._words, transaction.time, call.now, language),
        ]
        if transaction.status is not Status.SUCCESS:
            parts.append(self._say(call, transaction.status))
        return self._say(call, "entry", number=number, text=Markup(BETWEEN).join(parts))

    # --- one of them ---

    async def _one(self, call: Call, member: Member, given: str) -> Outcome:
        shown = (await self._listings.current(member.id, member.session)).shown
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
        if number and number > len(shown):
            return self._answer(call, self._say(call, "no_number", given=given, command=code("history")))
        found, rates = await asyncio.gather(
            self._record(member, shown[number - 1] if number else given), self._reads.rates(member.currency)
        )
        if found is None:
            return self._answer(call, self._say(call, "unknown", given=given, command=code("history")))
        lines = [
            self._say(call, f"record_{found.direction}", amount=both(found.amount, rates)),
            *about(self._words, found, call.language),
        ]
        if found.direction is Direction.SEND:
            lines.append(self._say(call, "fee", amount=plain(found.fee)))
        lines += [
            self._say(call, f"status_{found.status}"),
            self._words.moment(found.time, call.language),
            self._say(call, "id", id=code(found.id)),
        ]
        return self._answer(call, *lines)

    async def _record(self, member: Member, transaction_id: str) -> Transaction | None:
        try:
            return await self._backend.transaction(member.token, transaction_id)
        except BackendError as error:
            if error.code not in REFUSED:
                raise
            return None

    def _answer(self, call: Call, *lines: Markup) -> Outcome:
        return Outcome(replies=(call.answer(Markup("\n").join(lines)),))

    def _say(self, call: Call, key: str, **values: str | int) -> Markup:
        return self._words.say(f"wallet.history.{key}", call.language, **values)


def _behind(listed: Sequence[Transaction], shown: Sequence[str]) -> int | None:
    """Where what was not shown yet begins; None when the last that was shown is not in the list."""
    if not shown:
        return 0
    return next((at + 1 for at, each in enumerate(listed) if each.id == shown[-1]), None)
