"""Whatever people do, in whatever order, and however often the process dies: everything is handled once, in order, and
every dangerous link is answered once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.opinions import EVIL, NICE, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.moderation import AGAIN
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    Event,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Quoted,
    React,
    ReactionChanged,
    SendText,
    UserRef,
)
from whinchat.testing.harness import ACCOUNT, BotHarness, running

HOSTS = (EVIL, f"a.{EVIL}", SHADY, NICE)
CHATS = ("family", "club")
PEOPLE = ("ana", "bob", "eve")

hosts = st.lists(st.sampled_from(HOSTS), max_size=2, unique=True).map(tuple)
some = st.integers(0, 9)


@dataclass(frozen=True)
class Say:
    """`answers`: which earlier message of the chat it quotes, `lies`: what it says that one holds, if not the truth;
    `at_once`: the next thing happens before the answer.
    """

    by: str
    chat: str
    hosts: tuple[str, ...]
    answers: int | None
    lies: tuple[str, ...]
    at_once: bool


@dataclass(frozen=True)
class EditOne:
    which: int
    hosts: tuple[str, ...]
    at_once: bool


@dataclass(frozen=True)
class Again:
    """An earlier event is delivered once more."""

    which: int


@dataclass(frozen=True)
class Other:
    """A message is taken back, or reacted to: nothing for the scanner."""

    which: int
    revoke: bool


@dataclass(frozen=True)
class Crash:
    pass


@dataclass(frozen=True)
class Wait:
    seconds: int


steps = st.one_of(
    st.builds(Say, st.sampled_from(PEOPLE), st.sampled_from(CHATS), hosts, st.none() | some, hosts, st.booleans()),
    st.builds(EditOne, some, hosts, st.booleans()),
    st.builds(Again, some),
    st.builds(Other, some, st.booleans()),
    st.builds(Crash),
    st.builds(Wait, st.sampled_from((1, 30, 61))),
)


@dataclass
class World:
    """What people did, and what is therefore to be expected."""

    bot: BotHarness
    events: list[MessageReceived | MessageEdited] = field(default_factory=list)
    texts: dict[MessageRef, tuple[str, ...]] = field(default_factory=dict)
    """The hosts in each message as it reads now."""
    told: dict[MessageRef, set[str]] = field(default_factory=lambda: defaultdict(set))
    quoted: dict[MessageRef, set[str]] = field(default_factory=lambda: defaultdict(set))
    first: list[MessageRef] = field(default_factory=list)
    """Messages in the order in which their first link came."""
    answers: Counter[str] = field(default_factory=Counter)
    """Message id to how often it deserves a reaction."""
    sent_at: dict[str, int] = field(default_factory=dict)
    """Reference to when it was sent."""
    others: int = 0

    async def do(self, step: object) -> None:
        match step:
            case Say():
                await self._say(step)
            case EditOne() if self.texts:
                await self._edit(step)
            case Again() if self.events:
                await self._emit(self.events[step.which % len(self.events)], at_once=False)
            case Other() if self.texts:
                await self._other(step)
            case Crash():
                await self.bot.crash()
            case Wait():
                await self._rest()
                self.bot.clock.move(step.seconds)
            case _:
                pass

    async def _say(self, step: Say) -> None:
        chat = ChatRef(f"{step.chat}@g", ChatKind.GROUP)
        earlier = [ref for ref in self.texts if ref.chat == chat]
        quoted = earlier[step.answers % len(earlier)] if earlier and step.answers is not None else None
        claim: Quoted | None = None
        claimed: tuple[str, ...] = ()
        if quoted is not None:
            claimed = step.lies or self.texts[quoted]
            claim = Quoted(quoted.id, quoted.sender, Content(text=written(claimed)))
        message = self.bot.message(step.by, chat, written(step.hosts), quoted=claim)
        own = set(step.hosts)
        fresh = own
        if quoted is not None:
            seen = self.told[quoted] | self.quoted[quoted]
            from_quote = {host for host in claimed if host not in seen} - own
            self.quoted[quoted] |= from_quote
            fresh = own | from_quote
        self._expect(message.ref, fresh)
        self.texts[message.ref] = step.hosts
        self.events.append(message)
        await self._emit(message, at_once=step.at_once)

    async def _edit(self, step: EditOne) -> None:
        ref = list(self.texts)[step.which % len(self.texts)]
        edit = MessageEdited(
            account=ACCOUNT,
            chat=ref.chat,
            id=f"edit-{len(self.events)}",
            sender=UserRef(ref.sender),
            time=self.bot.clock.now(),
            target=ref.id,
            content=Content(text=written(step.hosts)),
        )
        self._expect(ref, set(step.hosts))
        self.texts[ref] = step.hosts
        self.events.append(edit)
        await self._emit(edit, at_once=step.at_once)

    async def _other(self, step: Other) -> None:
        ref = list(self.texts)[step.which % len(self.texts)]
        self.others += 1
        name, by, now = f"other-{self.others}", UserRef("bob"), self.bot.clock.now()
        event: Event
        if step.revoke:
            event = MessageRevoked(account=ACCOUNT, chat=ref.chat, id=name, sender=by, time=now, target=ref)
        else:
            event = ReactionChanged(
                account=ACCOUNT, chat=ref.chat, id=name, sender=by, time=now, target=ref, emoji="👍"
            )
        await self._emit(event, at_once=False)

    def _expect(self, ref: MessageRef, found: set[str]) -> None:
        """One reaction when a version of a message has a dangerous link that the message did not have before."""
        if {host for host in found - self.told[ref] if host != NICE}:
            self.answers[ref.id] += 1
        if found and not self.told[ref]:
            self.first.append(ref)
        self.told[ref] |= found

    async def _emit(self, event: Event, *, at_once: bool) -> None:
        await self.bot.transport.emit(event)
        if not at_once:
            await self._rest()

    async def _rest(self) -> None:
        await self.bot.settle()
        for done in self.bot.sent():
            self.sent_at.setdefault(done.reference, self.bot.clock.now())

    async def check(self) -> None:
        await self._rest()
        bot = self.bot
        # Every event is handled, once, and nothing waits.
        assert bot.transport.waiting == 0
        assert await bot.count("events", "kind IN ('message', 'edit') AND state = 'done'") - 2 == len(self.events)
        assert await bot.count("events", "state <> 'done'") == 0
        assert await bot.count("outbox", "state IN ('queued', 'sending', 'failed')") == 0

        # Repeated after a death, a message has its old reference: then it counts once.
        once = list({done.reference: done for done in bot.sent()}.values())
        reactions = Counter(done.action.target.id for done in once if isinstance(done.action, React))
        assert reactions == self.answers
        self._check_texts(
            [
                (self.sent_at[done.reference], done.chat, done.action)
                for done in once
                if isinstance(done.action, SendText)
            ]
        )
        await self._check_order()

    def _check_texts(self, texts: list[tuple[int, ChatRef, SendText]]) -> None:
        """A link is named as soon as its chat sees it; every text names one that was not for at least a minute."""
        named: dict[tuple[ChatRef, str], int] = {}
        for at, chat, text in texts:
            hosts_named = [host for host in HOSTS if f" {host.replace('.', '[.]')}" in text.text]
            assert any(at - named.get((chat, host), -AGAIN) >= AGAIN for host in hosts_named)
            named |= {(chat, host): at for host in hosts_named}
        assert named.keys() == {(ref.chat, host) for ref, seen in self.told.items() for host in seen if host != NICE}

    async def _check_order(self) -> None:
        """Links were seen in the order in which their messages came."""
        rows = await self.bot.database.fetch("SELECT message FROM scanner_sightings ORDER BY id")
        seen = list(dict.fromkeys(message for (message,) in rows))
        for chat in {ref.chat for ref in self.first}:
            expected = [self._key(ref) for ref in self.first if ref.chat == chat]
            assert [message for message in seen if message in expected] == expected

    def _key(self, ref: MessageRef) -> bytes:
        return self.bot.sealer.digest("seen-message", ACCOUNT, ref.chat.id, ref.sender, ref.id)


def written(hosts_in_text: tuple[str, ...]) -> str:
    return " and ".join(link(host) for host in hosts_in_text) or "hello"


async def live(history: list[object]) -> None:
    async with running(BASICS, scanner(Opinions())) as bot:
        for chat in CHATS:
            await bot.group(chat, admin="ana", members=PEOPLE)
        world = World(bot)
        for step in history:
            await world.do(step)
        await world.check()


@pytest.mark.unmeasured
@given(st.lists(steps, max_size=25))
def test_any_history_is_handled_once_in_order_and_every_danger_answered(history: list[object]) -> None:
    asyncio.run(live(history))
