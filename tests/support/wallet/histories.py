"""Histories of what people say, and of what goes wrong meanwhile, over the whole wallet."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct
from tests.support.deaths import Death, Killed
from tests.support.wallet.flow import flow
from tests.support.wallet.invariants import Violation, check
from tests.support.wallet.whole import Whole, whole

from whinchat.apps.wallet import custody, held, notifications, reconcile
from whinchat.core.ports import Batch, Job
from whinchat.core.types import ChatRef, Content, MessageReceived
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile
from whinchat.sandbox.records import BankError

PEOPLE = ("ana", "bob", "eve")
PROFILES: tuple[Profile, ...] = (SANDBOX, FLASH, BLINK)

PROPOSALS = (
    ("ana: send {amount} to @bob", 8),
    ("bob: send {amount} to @ana", 4),
    ("eve: send {amount} to @ana", 2),
    ("ana: send {amount} to +15550000002 for lunch", 2),
    ("ana: send {amount} to +15550000003", 9),
    ("ana: send {satoshis} sats to @bob", 3),
    ("bob: send {satoshis} sats to +15550000003", 3),
    ("ana: pay {invoice}", 4),
    ("bob: pay {open invoice}", 3),
    ("ana: pay {their invoice}", 5),
    ("ana: tip @bob {amount}", 2),
    ("group: tip group {amount}", 3),
    ("pay 1", 5),
    ("ana: pay tea", 2),
)
ANSWERS = (
    ("asked: yes", 10),
    ("asked: yes {code}", 10),
    ("asked: no", 1),
    ("asked: no thanks, do not pay", 0.5),
)
OTHERS = (
    ("yes", 2),
    ("yes {code}", 2),
    ("no", 1),
    ("bob: request {amount} from @ana", 5),
    ("ana: request {amount} from @bob", 2),
    ("pending decline 1", 1),
    ("bob: receive {amount} for tea", 4),
    ("eve: claim {claim}", 10),
    ("bob: pending claim {claim}", 1),
    ("ana: pending cancel 1", 5),
    ("undo", 3),
    ("ana: template add tea {amount} to @bob", 2),
    ("balance", 2),
    ("history", 1),
    ("pending", 1),
    ("link", 1),
    ("unlink", 0.4),
    ("nonsense", 0.5),
)
"""What people say, and how often. Names in braces are filled in when it is said; `asked` is who was asked last."""

HOW = (("once", 70), ("twice", 6), ("five", 4), ("late", 4), ("late_five", 1), ("together", 4), ("die", 11))
"""How it arrives: `twice` is a redelivery, `five` are five messages at once, `late` comes after others, `together` at
the same time as the next, and during `die` the process ends."""

EVENTS = (("crash", 3), ("fault", 10), ("clear", 3), ("wait", 8), ("outside", 3), ("say", 73))
"""What happens; `outside` is somebody elsewhere who pays the latest invoice."""

PAYMENTS = ("intraLedgerUsdPaymentSend", "intraLedgerPaymentSend", "lnInvoicePaymentSend", None)
READS = ("transactions", "me", "transactionDetails", None)
WAITS = (1, 1, 4, 4, 4, 31, 31, 65, 65, 301, 3_600, 90_000)


class Step(Struct, frozen=True):
    """One line of a story."""

    verb: str
    """One of HOW, or `crash`, `fault`, `clear`, `wait`, `outside`."""
    who: str = ""
    text: str = ""
    number: int = 0
    """Of the commit at which it dies; of an operation; of seconds."""

    def __str__(self) -> str:
        return f"{self.verb:9} {self.who:4} {self.text} {self.number or ''}".rstrip()


def steps(chance: random.Random, count: int) -> list[Step]:
    """A history."""
    taken = [Step("clear")]
    while len(taken) < count:
        taken.append(_step(chance, asked=taken[-1].text in _ASKING))
    return taken


def _step(chance: random.Random, *, asked: bool) -> Step:
    if asked and chance.random() < 0.7:
        return _spoken(chance, ANSWERS)
    (verb,) = chance.choices([each for each, _ in EVENTS], [often for _, often in EVENTS])
    if verb == "say":
        return _spoken(chance, PROPOSALS if chance.random() < 0.6 else OTHERS)
    fault = chance.choice([*Fault]).value if verb == "fault" else ""
    number = {"fault": chance.randrange(1_000), "wait": chance.choice(WAITS)}.get(verb, 0)
    return Step(verb, text=fault, number=number)


def _spoken(chance: random.Random, sayings: Sequence[tuple[str, float]]) -> Step:
    (saying,) = chance.choices([each for each, _ in sayings], [often for _, often in sayings])
    (how,) = chance.choices([each for each, _ in HOW], [often for _, often in HOW])
    (who,) = chance.choices(PEOPLE, (6, 4, 1))
    return spoken(how, who, saying, chance.randrange(1, 60))


def spoken(how: str, who: str, saying: str, number: int) -> Step:
    """One of SAYINGS."""
    named, _, text = saying.rpartition(": ")
    if named in {"", "group"}:
        return Step(how, who, saying, number)
    return Step(how, named, text, number)


_ASKING = frozenset(spoken("", "", saying, 0).text for saying, _ in PROPOSALS)


class History:
    """One that happens. `story`: what happened so far, a line for each step."""

    def __init__(self, it: Whole, group: ChatRef, seed: int) -> None:
        self.it = it
        self._group = group
        self.story: list[str] = []
        self.yeses = 0
        self._chance = random.Random(seed)
        self._amount = 100
        self._late: list[MessageReceived] = []
        self._together: list[MessageReceived] = []
        self._claims: list[str] = []
        self._invoices: list[str] = []
        self._asked = PEOPLE[0]
        self._seen = 0
        operators = (
            "SELECT token_hash, account FROM session WHERE account IN (SELECT id FROM account WHERE phone IS NULL)"
        )
        self._sessions = it.bank._ledger.rows(operators)

    # --- steps ---------------------------------------------------------------------------------------------------

    async def take(self, step: Step) -> None:
        """Raises Violation."""
        self.story.append(str(step))
        match step.verb:
            case "crash":
                await self._crash()
            case "fault":
                self.it.bank.faults.set(self._switch(step))
            case "clear":
                self.it.bank.faults.clear()
            case "wait":
                await self._wait(step.number)
            case "outside":
                self._pay_from_outside()
            case _:
                await self._say(step)
        await flow(self.it.bot)
        self._listen()
        await self._check()

    async def finish(self) -> None:
        """Nothing goes wrong any more, and there is time. Raises Violation."""
        self.story.append("the end")
        self.it.bank.faults.clear()
        self._restore_sessions()
        await self._emit([*self._late, *self._together])
        await flow(self.it.bot)
        await self._wait(3_700)
        for name in PEOPLE[:2]:
            await self._link(name)
        for seconds in (31, 901, 90_000, 90_000):
            await self._wait(seconds)
        self._listen()
        await self._check(at_rest=True)

    async def _check(self, *, at_rest: bool = False) -> None:
        try:
            await check(self.it, self.yeses, at_rest=at_rest)
        except Violation as violation:
            violation.add_note("\n".join(self.story))
            raise

    def _switch(self, step: Step) -> Switch:
        fault = Fault(step.text)
        reading = fault in {Fault.EMPTY_LIST, Fault.NO_MEMOS, Fault.PRICE_DOWN, Fault.CODE_LIMIT}
        operations = READS if reading else PAYMENTS
        return Switch(
            fault=fault,
            operation=None if fault is Fault.PRICE_DOWN else operations[step.number % 4],
            probability=(1.0, 1.0, 0.5)[step.number // 4 % 3],
            count=(1, 1, 2, 5, None)[step.number // 12 % 5],
            seconds=(0.5, 8, 25, 70, 4_000)[step.number // 60 % 5],
        )

    async def _wait(self, seconds: float) -> None:
        self.it.bot.clock.move(seconds)
        await flow(self.it.bot)
        await self._emit(self._late)
        self._late = []
        for job in (reconcile.SWEEP, held.EXPIRE, custody.CHECK, notifications.POLL):
            await self._job(job)
        await flow(self.it.bot)

    async def _job(self, job: Job) -> None:
        await self.it.bot.database.commit(Batch(self.it.bot.queue.add(job)))

    def _pay_from_outside(self) -> None:
        if self._invoices:
            with contextlib.suppress(BankError):
                self.it.bank.pay_from_outside(self._invoices[-1])

    async def _crash(self) -> None:
        """As `BotHarness.crash`, but that the clock moves while what was begun before is gone on with."""
        bot = self.it.bot
        bot.database.hook = None
        await bot.transport.stop(0)
        if bot._running is not None:
            bot._running.cancel()
            await asyncio.gather(bot._running, return_exceptions=True)
        bot._build()
        bot._running = asyncio.create_task(bot.engine.run())
        await bot.transport.start(bot.engine.sink)
        await flow(self.it.bot)
        await bot.transport.offer()

    def _restore_sessions(self) -> None:
        """Of custody and the service: their operator gives them new ones."""
        for session in self._sessions:
            self.it.bank._ledger.run("INSERT OR REPLACE INTO session (token_hash, account) VALUES (?, ?)", *session)

    async def _link(self, name: str) -> None:
        """Who finds their session over links again."""
        bot = self.it.bot
        for text in ("refresh", "link"):
            await self._emit([bot.message(name, bot.direct(name), text)])
            await flow(self.it.bot)
        codes = [each.code for each in self.it.bank.messages() if each.phone == bot.phones[name]]
        if codes:
            await self._emit([bot.message(name, bot.direct(name), codes[0])])
            await flow(self.it.bot)

    # --- saying --------------------------------------------------------------------------------------------------

    async def _say(self, step: Step) -> None:
        self.it.bot.clock.move(1)
        times = 5 if step.verb in {"five", "late_five"} else 1
        who = self._asked if step.who == "asked" else step.who
        text = self._filled(who, step.text)
        messages = [self._message(who, text) for _ in range(times)]
        self.yeses += times * text.startswith("yes")
        if text == "link" or (who == "eve" and text.startswith("claim")):
            await self._link(who)
        if text == "link":
            return
        if step.verb.startswith("late"):
            self._late += messages
        elif step.verb == "together":
            self._together += messages
        elif step.verb == "die":
            await self._die(messages, step.number)
        else:
            early = [self._late.pop(0)] if self._late and step.number % 3 == 0 else []
            await self._emit([*self._together, *messages, *early], times=1 + (step.verb == "twice"))
            self._together = []

    def _message(self, who: str, text: str) -> MessageReceived:
        bot = self.it.bot
        if text.startswith("group: "):
            return bot.message(who, self._group, Content(text=f"!wallet {text[7:]}"))
        return bot.message(who, bot.direct(who), text)

    def _filled(self, who: str, named: str) -> str:
        """With what is asked for in braces; what there is none of stays nonsense."""
        self._amount += 1
        values = {
            "{amount}": f"{self._amount / 100:.2f}",
            "{satoshis}": str(self._amount * 10),
            "{code}": self._code(who),
            "{claim}": self._claims[-1] if self._claims else "ABCDEFGHIJKL",
            "{their invoice}": self._invoices[-1] if self._invoices else "",
        }
        for name, value in values.items():
            named = named.replace(name, value)
        if "{invoice}" in named or "{open invoice}" in named:
            invoice = self.it.bank.outside_invoice(self._amount * 10 if "{invoice}" in named else None, minutes=600)
            amount = "" if "{invoice}" in named else f"{self._amount / 100:.2f} to "
            self._invoices.append(invoice.bolt11)
            named = f"send {amount}{invoice.bolt11}" if amount else f"pay {invoice.bolt11}"
        return named

    def _code(self, who: str) -> str:
        told = self.it.bot.texts(self.it.bot.direct(who))
        return next((found[1] for text in reversed(told) if (found := re.search(r"yes ([0-9A-Z]{4})\b", text))), "")

    def _listen(self) -> None:
        """Codes to claim with and invoices are handed on."""
        sent = self.it.bot.sent()
        for done in sent[self._seen :]:
            text = getattr(done.action, "text", "")
            self._claims += re.findall(r"claim ([A-Z2-7]{12})\b", text)
            self._invoices += [text] if text.startswith("lnbc") else []
            if "to pay, or *no*" in text:
                self._asked = done.chat.id.partition("@")[0]
        self._seen = len(sent)

    async def _emit(self, messages: Sequence[MessageReceived], times: int = 1) -> None:
        await self.it.bot.transport.emit(*messages, times=times)

    # --- life and death ------------------------------------------------------------------------------------------

    async def _die(self, messages: Sequence[MessageReceived], number: int) -> None:
        """At a commit, if it comes to that; the process starts again."""
        death = Death(1 + number % 12, "before_commit" if number % 2 else "after_commit")
        self.it.bot.database.hook = death
        with contextlib.suppress(Killed):
            await self._emit(messages)
            await flow(self.it.bot)
        self.it.bot.database.hook = None
        if death.dead:
            await self._crash()


@asynccontextmanager
async def history(profile: Profile, seed: int) -> AsyncIterator[History]:
    """One that begins: Ana and Bob are linked, and in a group together."""
    async with whole("ana", "bob", profile=profile, seed=seed) as it:
        group = await it.bot.group("friends", members=PEOPLE, consent=False)
        yield History(it, group, seed)


async def play(profile: Profile, seed: int, count: int) -> History:
    """A whole one. Raises Violation, with the story as a note."""
    async with history(profile, seed) as happening:
        for step in steps(random.Random(seed), count):
            await happening.take(step)
        await happening.finish()
        return happening
