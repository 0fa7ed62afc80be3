"""`price`: of bitcoin, in the person's currency or another one."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import BackendError, Price
from whinchat.apps.wallet.format import Rates, outage, plain
from whinchat.apps.wallet.money import Currency, sats, usd
from whinchat.apps.wallet.reads import REFUSED, Read, Reads
from whinchat.core.dispatch.arguments import nearest
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code

BITCOIN = sats(100_000_000)
OLD = 20 * 60 * 1000  # milliseconds; beyond, a price is said to be old


class ShowPrice:
    spec = grammar.PRICE
    money = False

    def __init__(self, reads: Reads, words: Words) -> None:
        self._reads = reads
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        currency = call.args[grammar.ANY_CURRENCY] or member.currency
        try:
            price = await self._reads.price(currency)
        except BackendError as error:
            if error.code not in REFUSED:
                raise
            return Outcome(replies=(call.answer(await self._unknown(call, currency)),))
        return Outcome(replies=(call.answer(await self._text(call, price)),))

    async def _text(self, call: Call, price: Read[Price]) -> str:
        rates = Rates(price.value, await self._reads.digits(price.value.currency))
        lines = [self._words.say("wallet.price.bitcoin", call.language, amount=rates.display(BITCOIN))]
        if price.value.currency == Currency.USD:
            dollar = plain(rates.worth(usd(100), Currency.BTC))
            lines.append(self._words.say("wallet.price.dollar", call.language, amount=dollar))
        else:
            lines.append(self._words.say("wallet.price.dollar", call.language, amount=rates.display(usd(100))))
        if price.outage or call.now - price.at > OLD:
            lines.append(outage(self._words, price.at, call.now, call.language))
        return Markup("\n").join(lines)

    async def _unknown(self, call: Call, currency: str) -> str:
        lines = [self._words.say("wallet.price.unknown", call.language, given=currency)]
        known = [each.id for each in (await self._reads.currencies()).value]
        near = nearest(currency, [each.casefold() for each in known])
        if near is not None:
            lines.append(self._words.say("wallet.price.nearest", call.language, command=code(f"price {near.upper()}")))
        return Markup("\n").join(lines)
