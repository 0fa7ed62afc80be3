"""What is remembered of sites, and what a chat hears because of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import FakeLists
from tests.support.evidence import link as parsed
from tests.support.opinions import NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner.evidence.campaign import MANY
from whinchat.apps.scanner.evidence.situation import History
from whinchat.apps.scanner.history import FAMILIAR_AFTER, LATELY, Ground, SiteKey, SiteRepository
from whinchat.apps.scanner.jobs import LISTS, RETENTION
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.verdict import Level
from whinchat.core.ports import Batch
from whinchat.core.types import ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.harness import BotHarness
from whinchat.testing.sealer import PlainSealer

FAMILY, CLUB = b"family", b"club"
CLUB_SITE = "https://kegelclub-musterstadt.de/termine"
WEEK = FAMILIAR_AFTER / 1000  # seconds
Posts = Sequence[tuple[str, bytes]]
LISTS_OF_THE_WORLD = FakeLists(
    well_known=frozenset({"wikipedia.org", "bit.ly"}),
    tagged={"bit.ly": SiteTag.SHORTENER, "builder.com": SiteTag.HOSTING},
)


class Town:
    """Chats in which sites are posted."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.sites = SiteRepository(self.database, PlainSealer(), LISTS_OF_THE_WORLD, self.clock)

    def key(self, url: str = CLUB_SITE) -> SiteKey:
        key = self.sites.key(parsed(url))
        assert key is not None
        return key

    async def post(self, sender: str, chat: bytes = FAMILY, url: str = CLUB_SITE) -> None:
        await self.database.commit(Batch((self.sites.posted(self.key(url), chat, sender.encode()),)))

    async def warn(self, chat: bytes = FAMILY, url: str = CLUB_SITE) -> None:
        await self.database.commit(Batch((self.sites.warned(self.key(url), chat),)))

    async def history(self, chat: bytes = FAMILY, url: str = CLUB_SITE) -> History:
        return await self.sites.history(self.key(url), chat)

    async def know(self, *chats: bytes, url: str = CLUB_SITE) -> None:
        """Two people of each post the site, and a week goes by."""
        for chat in chats:
            for person in ("one", "two"):
                await self.post(f"{person} of {chat!r}", chat, url)
        self.clock.move(WEEK)


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.mark.parametrize(
    ("url", "ground"),
    [
        (CLUB_SITE, Ground.OWN),
        ("http://198.51.100.7/x", Ground.OWN),
        ("https://ana.pages.dev/x", Ground.CORNER),
        ("https://sites.google.com/view/club", Ground.CORNER),
        ("https://drive.google.com/file/d/1x/view?usp=sharing", Ground.CORNER),
        ("https://drive.google.com/open?id=1", Ground.ANYBODY),
        ("https://drive.google.com/", Ground.ANYBODY),
        ("https://shop.builder.com/ana", Ground.ANYBODY),
        ("https://bit.ly/3xYz", Ground.ANYBODY),
    ],
)
def test_whom_a_site_speaks_for(town: Town, url: str, ground: Ground) -> None:
    assert town.key(url).ground is ground


def test_links_are_one_by_their_site_or_on_anybodys_ground_by_themselves(town: Town) -> None:
    assert town.key("https://ana.pages.dev/x") == town.key("https://ana.pages.dev/y#z")
    assert town.key("https://ana.pages.dev/x") != town.key("https://bob.pages.dev/x")
    assert town.key("https://bit.ly/one") != town.key("https://bit.ly/two")


def test_of_well_known_sites_nothing_is_remembered(town: Town) -> None:
    assert town.sites.key(parsed("https://en.wikipedia.org/wiki/Phishing")) is None


async def test_two_people_and_a_week_make_a_site_familiar(town: Town) -> None:
    await town.post("ana")
    await town.post("bob")
    town.clock.move(WEEK - 0.001)
    assert (await town.history()).senders_here == 0
    town.clock.move(0.001)
    assert (await town.history()).senders_here == 2
    assert (await town.history(CLUB)).senders_here == 0


async def test_one_person_is_one_sender_however_often_they_post(town: Town) -> None:
    for _ in range(100):
        await town.post("eve")
        town.clock.move(WEEK / 20)
    assert (await town.history()).senders_here == 1
    await town.post("bob")
    assert (await town.history()).senders_here == 1  # Bob's word counts in a week
    town.clock.move(WEEK)
    assert (await town.history()).senders_here == 2


async def test_a_warning_ends_familiarity_at_once_and_for_good(town: Town) -> None:
    await town.know(FAMILY)
    assert (await town.history()).senders_here == 2
    await town.warn()
    assert (await town.history()).senders_here == 0
    await town.know(FAMILY)
    assert (await town.history()).senders_here == 0


async def test_other_chats_know_a_site_until_one_of_them_is_warned(town: Town) -> None:
    await town.know(b"a", b"b", b"c", FAMILY)
    assert (await town.history()).chats_elsewhere == 3
    await town.warn(b"b")
    assert await town.history() == History(own_ground=True, senders_here=2)


async def test_chats_that_one_person_began_are_one(town: Town) -> None:
    for chat in (b"a", b"b", b"c"):
        await town.post("eve", chat)
        await town.post("eve's other phone", chat)
    town.clock.move(WEEK)
    assert (await town.history()).chats_elsewhere == 1


async def test_what_is_posted_first_is_new_for_a_week_where_other_sites_are_known(town: Town) -> None:
    assert not (await town.history()).new_here
    await town.know(FAMILY, url="https://bakery-smith.com/")
    assert (await town.history()).new_here
    await town.post("ana")
    town.clock.move(WEEK - 1)
    assert (await town.history()).new_here
    town.clock.move(1)
    assert not (await town.history()).new_here
    assert not (await town.history(CLUB)).new_here


@pytest.mark.parametrize(
    ("url", "site", "only_link"),
    [(CLUB_SITE, 2, 0), ("https://ana.pages.dev/x", 2, 0), ("https://bit.ly/3xYz", 0, 2)],
)
async def test_other_chats_of_the_last_hours_are_counted_once_each(
    town: Town, url: str, site: int, only_link: int
) -> None:
    await town.post("eve", b"long ago", url)
    town.clock.move(LATELY / 1000 + 1)
    for chat in (b"a", b"b", b"b", FAMILY):
        await town.post("eve", chat, url)
    found = await town.history(url=url)
    assert (found.chats_with_site, found.chats_with_link) == (site, only_link)


async def test_a_chat_is_forgotten_alone(town: Town) -> None:
    await town.know(FAMILY, CLUB)
    await town.database.commit(Batch((town.sites.forget(FAMILY),)))
    assert (await town.history()).senders_here == 0
    assert (await town.history(CLUB)).senders_here == 2


async def test_a_site_is_kept_as_long_as_it_is_posted(town: Town) -> None:
    await town.know(FAMILY, CLUB)
    await town.post("ana", FAMILY)
    town.clock.move(WEEK)
    await town.database.commit(Batch((town.sites.retention(FAMILIAR_AFTER),)))
    assert (await town.history(FAMILY)).senders_here == 2
    assert (await town.history(CLUB)).senders_here == 0


async def test_nothing_readable_stands_in_the_table(town: Town) -> None:
    await town.post("ana")
    ((site,),) = await town.database.fetch("SELECT site FROM scanner_sites")
    assert isinstance(site, bytes)
    assert len(site) == 16


posts = st.tuples(st.sampled_from("abc"), st.sampled_from((FAMILY, CLUB, b"x", b"y")))
histories = st.lists(posts, max_size=12).flatmap(lambda said: st.tuples(st.just(said), st.permutations(said)))
TOWN = Town()
NUMBERS = itertools.count()


@given(histories)
def test_the_order_of_what_is_posted_does_not_matter(histories: tuple[Posts, Posts]) -> None:
    async def after(said: Posts) -> History:
        url = f"https://site-{next(NUMBERS)}.de/"
        for sender, chat in said:
            await TOWN.post(sender, chat, url)
        lately = await TOWN.history(url=url)
        TOWN.clock.move(WEEK)
        familiar = await TOWN.history(url=url)
        # Who began a chat does depend on it, and so does how many of them count.
        return replace(familiar, chats_elsewhere=0, chats_with_site=lately.chats_with_site)

    async def both() -> None:
        one, other = histories
        assert await after(one) == await after(other)

    asyncio.run(both())


# --- what a chat hears -----------------------------------------------------------------------------------------------


@pytest.fixture
def weighing(opinions: Opinions) -> Opinions:
    opinions.weighs = True
    return opinions


async def known_here(bot: BotHarness, chat: ChatRef, opinions: Opinions, host: str = SHADY) -> None:
    """People share harmless pages of a site for more than a week."""
    level, opinions.levels[host] = opinions.levels[host], Level.BENIGN
    for person in ("bob", "eve"):
        await bot.say(person, chat, f"look {link(host, 'news')}")
    bot.clock.move(WEEK)
    opinions.change(host, level)


async def test_a_site_known_here_is_not_warned_of_at_the_margin(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    club = await bot.group("club", admin="ana", members=["eve"])
    await known_here(bot, family, weighing)
    await bot.say("eve", family, link(SHADY))
    assert bot.texts(family) == []
    await bot.say("eve", club, link(SHADY))
    assert len(bot.texts(club)) == 1


async def test_quotes_checks_and_edits_make_nobody_a_sender(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    weighing.levels[SHADY] = Level.UNKNOWN
    message = await bot.say("eve", family, link(SHADY))
    await bot.edit("eve", message, f"sorry, {link(SHADY)}")
    await bot.say("bob", family, "what is that?", quoted=bot.quoting(message, link(SHADY)))
    await bot.say("bob", family, "and that?", quoted=bot.quoting(message, link(SHADY, "other")))
    await bot.say("bob", family, f"!scan check {link(SHADY)}")
    bot.clock.move(WEEK)
    assert await bot.count("scanner_sites", "second_at IS NOT NULL") == 0
    weighing.change(SHADY, Level.SUSPICIOUS)
    bot.transport.performed.clear()
    await bot.say("eve", family, f"again {link(SHADY)}")
    assert len(bot.texts(family)) == 1


async def test_a_site_that_was_warned_of_stays_unfamiliar(bot: BotHarness, family: ChatRef, weighing: Opinions) -> None:
    await bot.say("eve", family, link(SHADY))
    await known_here(bot, family, weighing)
    await bot.say("eve", family, link(SHADY))
    assert len(bot.texts(family)) == 2


async def test_a_correction_ends_familiarity_too(bot: BotHarness, family: ChatRef, weighing: Opinions) -> None:
    await known_here(bot, family, weighing)
    await bot.say("bob", family, link(SHADY))
    weighing.change(SHADY, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert len(bot.texts(family)) == 1
    weighing.change(SHADY, Level.SUSPICIOUS)
    await bot.say("eve", family, f"again {link(SHADY, 'more')}")
    assert len(bot.texts(family)) == 2


async def test_new_lists_change_what_is_thought_of_a_link_and_not_what_stood_around_it(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    await known_here(bot, family, weighing)
    await bot.say("bob", family, link(SHADY))
    bot.clock.move(60)
    weighing.change(NICE, Level.SUSPICIOUS)
    await bot.run_job(LISTS)
    assert bot.texts(family) == []


async def test_an_explanation_is_of_the_verdict_that_was_given(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    """Hours later the link is not sent around any more."""
    weighing.chances[ODD] = 0.7
    for number in range(MANY):
        club = await bot.group(f"club {number}", admin="ana", members=["eve"])
        await bot.say("eve", club, link(ODD))
    message = await bot.say("eve", family, link(ODD))
    bot.clock.move(LATELY / 1000 + 1)
    await bot.say("bob", family, "!scan explain", quoted=bot.quoting(message, link(ODD)))
    warning, explanation = bot.texts(family)
    assert "⚠️" in warning
    assert explanation.startswith("⚠️ *odd-site[.]com: suspicious.*")
    assert "sent to many chats" in explanation


async def test_an_allowed_site_becomes_familiar_by_nobodys_rule(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    await bot.say("ana", family, f"!scan allow {SHADY}")
    await bot.say("bob", family, link(SHADY))
    assert await bot.count("scanner_sites") == 0


async def test_a_link_in_many_chats_within_minutes_is_warned_of_where_it_was_at_the_margin(
    bot: BotHarness, weighing: Opinions
) -> None:
    """The clock moves a minute a chat: from the sixth on it is a campaign."""
    chats = [await bot.group(f"club {number}", admin="ana", members=["eve"]) for number in range(MANY + 2)]
    weighing.chances[ODD] = 0.7
    for chat in chats:
        await bot.say("eve", chat, link(ODD, chat.id.replace(" ", "-")))
        bot.clock.move(60)
    warned = [bool(bot.texts(chat)) for chat in chats]
    assert warned == [False] * MANY + [True] * 2
    assert "Links like this one were sent to many chats" in bot.texts(chats[-1])[0]
    bot.clock.move(LATELY / 1000)
    late = await bot.group("late", admin="ana", members=["eve"])
    await bot.say("eve", late, link(ODD, "late"))
    assert bot.texts(late) == []


async def test_what_everybody_likes_is_passed_over_in_every_chat(bot: BotHarness, weighing: Opinions) -> None:
    chats = [await bot.group(f"club {number}", admin="ana", members=["eve"]) for number in range(2 * MANY)]
    for chat in chats:
        await bot.say("eve", chat, f"have you heard? {link(NICE)}")
    assert bot.sent() == []


async def test_a_message_that_comes_again_or_is_handled_again_counts_once(
    bot: BotHarness, family: ChatRef, weighing: Opinions
) -> None:
    message = bot.message("eve", family, link(ODD))
    await bot.emit(message)
    before = await bot.database.fetch("SELECT * FROM scanner_sites")
    bot.clock.move(WEEK)
    await bot.emit(message, times=3)
    assert await bot.database.fetch("SELECT * FROM scanner_sites") == before
    second = bot.message("bob", family, f"see {link(ODD)}")
    await bot.transport.emit(second)
    await bot.crash()
    await bot.emit(second)
    assert await bot.count("scanner_sites", "second_at IS NOT NULL") == 1
    assert await bot.count("scanner_sites") == 1


async def test_sites_that_nobody_posts_any_more_go_with_their_sightings(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(ODD))
    bot.clock.move(30 * 24 * 3600)
    await bot.run_job(RETENTION)
    assert await bot.count("scanner_sites") == 1
    bot.clock.move(1)
    await bot.run_job(RETENTION)
    assert await bot.count("scanner_sites") == 0
