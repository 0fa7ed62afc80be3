"""Links as they are seen: live, searched for, and one with everything that is known about it."""

from __future__ import annotations

import asyncio
import re

import msgspec
import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link
from tests.support.pages import Desk, Shown
from tests.unit.apps.scanner.pages.conftest import Rename

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.pages import names, sightings
from whinchat.apps.scanner.pages.live import LiveVerdicts
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip
from whinchat.apps.scanner.sources.urlscan.evidence import Kind
from whinchat.apps.scanner.verdict import Level, Look
from whinchat.core.errors import TransportError
from whinchat.core.pages import Download, PageRequest
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness

EVIL_SHOWN = EVIL.replace(".", "[.]")


def seen(shown: Shown) -> list[str]:
    """The sightings that a page links to, as they stand."""
    return [link for link in shown.links if re.search(r"/sightings/\d+", link)]


async def detail(desk: Desk) -> str:
    """The path of the newest sighting's page."""
    return seen(await desk.get("/scanner"))[0].removeprefix("/admin")


# --- live --------------------------------------------------------------------------------------------------------


async def test_at_first_nothing_has_been_seen(desk: Desk) -> None:
    assert "No link has been seen yet" in (await desk.get("/scanner")).text


async def test_what_is_posted_is_there_with_the_chats_name_and_why(
    desk: Desk, bot: BotHarness, family: ChatRef
) -> None:
    await bot.say("eve", family, f"look {link(EVIL)}")
    await bot.say("eve", family, f"look {link(NICE)}")
    shown = await desk.get("/scanner")
    assert shown.text.index(NICE.replace(".", "[.]")) < shown.text.index(EVIL_SHOWN)
    assert "family" in shown.text
    assert "Dangerous" in shown.text
    assert "The name looks like random letters." in shown.text
    assert "Decided by evidence" in shown.text
    assert "Chat was warned" in shown.text


async def test_no_page_has_a_link_that_can_be_opened(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, f"look {link(EVIL, 'a?b=1')}")
    for path in ("/", "/scanner", "/scanner/sightings", await detail(desk), "/scanner/chats", "/scanner/rules"):
        shown = await desk.get(path)
        assert EVIL not in shown.html
        assert all(link.startswith(("/admin", "#")) for link in shown.links)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "كرة القدم",
        "x" * 300,
        'a"onmouseover="alert(1)',
        "\u202egnp.exe",
        "{{ 7 * 7 }}",
        "",
    ],
)
async def test_a_chat_may_be_called_anything(
    desk: Desk, bot: BotHarness, family: ChatRef, rename: Rename, name: str
) -> None:
    await bot.say("eve", family, f"look {link(EVIL)}")
    rename(family, name)
    for path in ("/scanner", "/scanner/sightings", await detail(desk), "/scanner/chats", "/scanner/rules"):
        shown = await desk.get(path)
        assert shown.status == 200
        assert [given.get("src") for tag, given in shown.tags if tag == "script"] == ["/admin/static/page.js"]
        assert not [given for _, given in shown.tags if any(attribute.startswith("on") for attribute in given)]
        assert " ".join(name.split()) in shown.text.replace("\xa0", " ")


async def test_a_group_that_cannot_be_asked_is_known_by_its_key(
    desk: Desk, bot: BotHarness, family: ChatRef, rename: Rename
) -> None:
    await bot.say("eve", family, link(EVIL))
    rename(family, "family")
    del bot.transport.groups[family.id]
    shown = await desk.get("/scanner")
    assert "family" not in shown.text
    key = bot.engine.inbox.chat_key(bot.message("eve", family, ""))
    assert f"Chat {key.hex()[:8]}" in shown.text


async def test_who_writes_to_the_bot_alone_stays_unnamed(desk: Desk, bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), link(EVIL))
    assert "Direct chat" in (await desk.get("/scanner")).text
    assert "ana" not in (await desk.get("/scanner")).text.split()


async def test_a_very_long_host_is_clipped_and_shown(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    host = ".".join(["a" * 60] * 3) + f".{EVIL}"
    await bot.say("eve", family, f"https://{host}/{'x' * 1500}")
    for path in ("/scanner", await detail(desk)):
        shown = await desk.get(path)
        assert EVIL_SHOWN in shown.text
        assert max(map(len, shown.text.split())) < 300


async def test_the_mark_of_the_live_page_moves_with_every_link(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    page = next(page for _, page in desk.site._pages if isinstance(page, LiveVerdicts))
    request = PageRequest("en", bot.clock.now(), b"")
    before = await page.mark(request)
    assert await page.mark(request) == before
    await bot.say("eve", family, link(NICE))
    assert await page.mark(request) != before


# --- search ------------------------------------------------------------------------------------------------------


async def test_links_are_found_by_host_level_and_chat(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club")
    for host in (EVIL, SHADY, ODD, NICE):
        await bot.say("ana", family, link(host))
    await bot.say("ana", club, link(EVIL))

    async def found(query: str) -> int:
        return len(seen(await desk.get(f"/scanner/sightings?{query}")))

    key = bot.engine.inbox.chat_key(bot.message("ana", club, "")).hex()
    assert await found("") == 5
    assert await found("host=evil") == 2
    assert await found(f"host={EVIL_SHOWN.upper()}") == 2
    assert await found("level=suspicious") == 1
    assert await found(f"chat={key}") == 1
    assert await found(f"chat={key}&level=benign") == 0
    assert await found("host=nothing-like-it") == 0
    assert await found("level=<b>&chat=zz&before=x") == 5
    assert "club" in (await desk.get(f"/scanner/sightings?chat={key}")).text


async def test_older_ones_are_a_page_away(
    desk: Desk, bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "PAGE", 2)
    for number in range(5):
        await bot.say("ana", family, link(f"number{number}.{EVIL}"))
    pages = [await desk.get("/scanner/sightings?host=number")]
    while older := [link for link in pages[-1].links if "before=" in link]:
        pages.append(await desk.get(older[0].removeprefix("/admin")))
    hosts = [re.findall(r"number(\d)\[\.\]", shown.text) for shown in pages]
    assert hosts == [["4", "3"], ["2", "1"], ["0"]]
    assert "/admin/scanner/sightings?host=number" in pages[-1].links


async def test_a_search_looks_at_so_many_and_offers_to_look_on(
    desk: Desk, bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "CHUNK", 1)
    monkeypatch.setattr(sightings, "MOST", 2)
    await bot.say("ana", family, link(EVIL))
    for number in range(3):
        await bot.say("ana", family, link(f"number{number}.{NICE}"))
    shown = await desk.get("/scanner/sightings?host=evil")
    assert "Look at older ones" in shown.text
    (older,) = [link for link in shown.links if "before=" in link]
    assert len(seen(await desk.get(older.removeprefix("/admin")))) == 1


# --- one of them -------------------------------------------------------------------------------------------------


async def test_a_sighting_tells_all_about_its_verdict(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL, "login"))
    shown = await desk.get(await detail(desk))
    assert f"hxxps://{EVIL_SHOWN}/login" in shown.text
    assert "The name looks like random letters." in shown.text
    assert "Estimated danger: >99 %" in shown.text
    assert "Warned as" in shown.text
    assert shown.fields["effect"] == "allow"
    await bot.say("eve", family, link(NICE))
    assert (await desk.get(await detail(desk))).fields["effect"] == "deny"


async def test_what_was_found_on_the_way_is_shown(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL))
    asked = Asked(
        {"urlhaus": Listed(Threat.MALWARE), "phishtank": NotListed(), "virustotal": NoAnswer(Missing.TIMEOUT)},
        {"urlscan": Skip.QUOTA, "nobody-knows-it": Skip.PRIVACY},
    )
    look = Look(
        Privacy.FULL,
        bot.clock.now(),
        chain=(link(EVIL), "https://two.example/"),
        final="https://three.example/",
        asked=asked,
    )
    await _keep(bot, EVIL, look=look)
    shown = await desk.get(await detail(desk))
    for told in ("two[.]example", "three[.]example", "URLhaus", "malware", "timeout", "quota", "nobody-knows-it"):
        assert told in shown.text
    assert "The link was followed and sources were asked" in shown.text


async def _keep(bot: BotHarness, host: str, **changes: object) -> None:
    """The stored verdict of a host's link, changed."""
    scanner = next(app for app in bot.apps if app.name == "scanner")
    assert scanner.pages is not None
    detail = next(page for page in scanner.pages().pages if isinstance(page, sightings.SightingDetail))
    repository = detail._scanner._repository
    stored = await repository.verdict(repository.url_key(link(host)))
    assert stored is not None
    changed = msgspec.structs.replace(stored, checked_at=bot.clock.now(), **changes)
    await bot.database.commit(Batch((repository.keep_verdict(repository.url_key(link(host)), changed),)))


async def test_a_verdict_that_is_gone_or_of_another_version_is_no_error(
    desk: Desk, bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(EVIL))
    ((url,),) = await bot.database.fetch("SELECT url FROM scanner_verdicts")
    assert isinstance(url, bytes)
    another = bot.sealer.seal("scanner_verdicts", url, b"\x80")
    await bot.database.commit(Batch((Statement("UPDATE scanner_verdicts SET body = :body", {"body": another}),)))
    assert EVIL_SHOWN in (await desk.get("/scanner")).text
    await bot.database.commit(Batch((Statement("DELETE FROM scanner_verdicts", {}),)))
    assert EVIL_SHOWN in (await desk.get("/scanner")).text
    opinions.change(EVIL, Level.BENIGN)
    assert "Nothing known" in (await desk.get(await detail(desk))).text


@pytest.mark.parametrize("path", ["999", "x", "-1", "1" * 30])
async def test_a_sighting_that_is_not_there(desk: Desk, path: str) -> None:
    assert (await desk.get(f"/scanner/sightings/{path}")).status == 404
    assert (await desk.post(f"/scanner/sightings/{path}", effect="deny")).status == 404


@pytest.mark.parametrize(("scope", "elsewhere"), [("here", True), ("everywhere", False)])
async def test_deciding_otherwise_from_the_sighting(
    desk: Desk, bot: BotHarness, family: ChatRef, scope: str, elsewhere: bool
) -> None:
    club = await bot.group("club")
    await bot.say("eve", family, link(EVIL))
    path = await detail(desk)
    done = await desk.post(path, effect="allow", what="host", scope=scope, reason=" our  own ")
    assert f"{EVIL_SHOWN} is allowed from now on" in (await desk.follow(done)).text
    bot.transport.performed.clear()
    await bot.say("eve", family, link(EVIL))
    assert bot.texts(family) == []
    await bot.say("ana", club, link(EVIL))
    assert bool(bot.texts(club)) is elsewhere


async def test_a_decision_that_is_not_complete_is_asked_for_again(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL))
    shown = await desk.post(await detail(desk), what="url", scope="here", reason="kept as typed")
    assert shown.status == 422
    assert "Choose whether to allow or to deny it" in shown.text
    assert shown.fields["reason"] == "kept as typed"


async def test_what_a_source_saw_can_be_saved_but_not_shown(
    desk: Desk, bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.say("eve", family, link(EVIL))

    async def seen_at(_url: str) -> dict[Kind, str]:
        return {Kind.SCREENSHOT: "0" * 32 + ".screenshot"}

    async def download(_key: str) -> Download:
        return Download("trap.png\r\nX: y", "application/octet-stream", b"bytes")

    (page,) = [page for _, page in desk.site._pages if isinstance(page, sightings.SightingDetail)]
    (file,) = [page for _, page in desk.site._pages if isinstance(page, sightings.KeptEvidence)]
    monkeypatch.setattr(page, "_seen_at", seen_at)
    monkeypatch.setattr(file, "_download", download)
    (saved,) = [link for link in (await desk.get(await detail(desk))).links if "evidence" in link]
    answer = await desk.get(saved.removeprefix("/admin"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="trap.png__X__y"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_group_that_takes_too_long_is_known_by_its_key(
    desk: Desk, bot: BotHarness, family: ChatRef, rename: Rename, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.say("eve", family, link(EVIL))
    rename(family, "family")

    async def never(*_: object) -> None:
        await asyncio.sleep(10)

    monkeypatch.setattr(names, "PATIENCE", 0.0)
    monkeypatch.setattr(bot.given.roster, "group", never)
    shown = await desk.get("/scanner")
    assert EVIL_SHOWN in shown.text
    assert "family" not in shown.text


async def test_a_group_that_cannot_be_reached_is_known_by_its_key(
    desk: Desk, bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.say("eve", family, link(EVIL))

    async def away(*_: object) -> None:
        raise TransportError("not connected")

    monkeypatch.setattr(bot.given.roster, "group", away)
    assert "family" not in (await desk.get("/scanner")).text


async def test_evidence_that_is_not_there_is_not_there(desk: Desk) -> None:
    assert (await desk.get("/scanner/evidence/..%2F..%2Froot.key")).status == 404
    assert (await desk.get(f"/scanner/evidence/{'0' * 32}.screenshot")).status == 404
