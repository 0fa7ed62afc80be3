"""Two-phase verdicts in the running service: what is known here first, then what a source outside says."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.live import Service, until, world_process
from tests.support.running import UNHURRIED, Chat, Running, Said
from tests.support.sources.double import KEY, Fault, serving
from tests.support.sources.urlhaus import UrlHausDouble

ENVIRONMENT = {
    **UNHURRIED,
    "WHINCHAT_SERVICE__OFFLINE": "false",
    "WHINCHAT_APPS__SCANNER__PRIVACY": "full",
    "WHINCHAT_APPS__SCANNER__ABUSECH_AUTH_KEY": KEY,
    **{f"WHINCHAT_APPS__SCANNER__SOURCES__{name}__ENABLED": "false" for name in ("THREATFOX", "RDAP", "CERTIFICATES")},
}


NOT_HERE = ("tweetfeed", "certpl", "urlhaus")
"""Lists that are kept up to date unless somebody says otherwise."""


def unknown(name: str) -> str:
    """A link that the shipped model finds neither dangerous nor harmless."""
    return f"https://{name}-portal.web.app/"


def suspicious(name: str) -> str:
    return f"https://gift-card-winner-{name}.site/claim"


@contextlib.contextmanager
def in_a_thread(double: UrlHausDouble) -> Iterator[UrlHausDouble]:
    """With a loop of its own: the tests wait for the service, and the service for it."""
    ready, loops, end = threading.Event(), list[asyncio.AbstractEventLoop](), asyncio.Event()

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with serving(double):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield double
    finally:
        loops[0].call_soon_threadsafe(end.set)
        thread.join()


@pytest.fixture(scope="module")
def urlhaus() -> Iterator[UrlHausDouble]:
    with in_a_thread(UrlHausDouble()) as double:
        yield double


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, urlhaus: UrlHausDouble) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("looks")
    # Their updates would fail here and wait to be tried again.
    off = (f"[apps.scanner.feeds.{name}]\nenabled = false\n" for name in NOT_HERE)
    (folder / "whinchat.toml").write_text("".join(off))
    with world_process(folder) as world:
        service = Service(folder, world, ENVIRONMENT)
        try:
            service.start("tests.support.asking_service", urlhaus.url)
            yield Running(world, service)
        finally:
            service.kill()


@pytest.fixture(autouse=True)
def good_day(urlhaus: UrlHausDouble) -> None:
    urlhaus.fault, urlhaus.delay = None, 0.0
    urlhaus.asked.clear()


def bot_messages(town: Running, chat: Chat, message: Said) -> list[Said]:
    """What the bot said about the message, as it reads now."""
    return [
        said
        for said in chat.history()
        if said["sender"] == town.bot and (quoted := said.get("quoted")) and quoted["id"] == message["id"]
    ]


def test_every_chat_is_warned_of_a_link_that_only_a_source_knows(town: Running, urlhaus: UrlHausDouble) -> None:
    link = unknown("family")
    urlhaus.listed.add(link)
    urlhaus.delay = 0.3
    chats = [town.group(f"Group {number}") for number in range(3)]
    posted = [chat.say("Bob", f"look {link}") for chat in chats]
    town.settle()
    assert sum(request.form == {"url": link} for request in urlhaus.asked) == 1
    for chat, message in zip(chats, posted, strict=True):
        (warning,) = chat.replies(message)
        assert warning.startswith("⛔ *Dangerous link:* family-portal[.]web[.]app")
        assert chat.reaction(message) == "⛔"


def test_the_first_warning_does_not_wait_for_the_source_and_is_edited(town: Running, urlhaus: UrlHausDouble) -> None:
    link = suspicious("a")
    urlhaus.listed.add(link)
    urlhaus.delay = 1.0
    chat = town.group("First words")
    message = chat.say("Bob", link)
    until(lambda: bool(chat.replies(message)), "the first warning")
    assert chat.replies(message)[0].startswith("⚠️ *Suspicious link:*")
    town.settle()
    (warning,) = bot_messages(town, chat, message)
    assert warning["content"]["text"].startswith("⛔ *Dangerous link:* gift-card-winner-a[.]site")
    assert warning["edits"] == 1
    assert chat.reaction(message) == "⛔"
    (event,) = town.rows("SELECT cause FROM outbox WHERE kind = 'edit' ORDER BY id DESC LIMIT 1")
    printed = town.verb("trace", str(event[0]))
    assert "job done" in printed.out
    assert "scanner.deep" in printed.out


def test_a_service_that_is_killed_while_it_looks_looks_again_and_warns_once(
    town: Running, urlhaus: UrlHausDouble
) -> None:
    link = suspicious("killed")
    urlhaus.listed.add(link)
    chat = town.group("Killed")
    urlhaus.delay = 20.0
    message = chat.say("Bob", link)
    until(lambda: any(request.form == {"url": link} for request in urlhaus.asked), "the source is asked")
    until(lambda: bool(chat.replies(message)), "the first warning")
    town.service.child.send(signal.SIGKILL)
    town.service.child.wait()
    urlhaus.delay = 0.0
    town.service.start("tests.support.asking_service", urlhaus.url)
    until(lambda: "Dangerous" in chat.replies(message)[-1], "the second one", 60)
    town.settle()
    (warning,) = bot_messages(town, chat, message)
    assert warning["content"]["text"].startswith("⛔ *Dangerous link:* gift-card-winner-killed[.]site")


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.MALFORMED, Fault.QUOTA])  # after the last it is left alone
def test_a_source_that_fails_makes_nothing_harmless_and_is_named(
    town: Running, urlhaus: UrlHausDouble, fault: Fault
) -> None:
    link = unknown(f"down-{fault.value.replace('_', '-')}")
    urlhaus.fault = fault
    chat = town.group(f"Bad day {fault.value}")
    asked = chat.say("Bob", f"!scan check {link}")
    town.settle()
    (answer,) = chat.replies(asked)
    assert answer.startswith("❔ *")
    assert "No answer from: URLhaus" in answer
    assert "looking further" not in answer


def test_a_wrong_key_is_named_wherever_one_looks_and_makes_nothing_harmless(
    tmp_path: Path, urlhaus: UrlHausDouble
) -> None:
    wrong = {**ENVIRONMENT, "WHINCHAT_APPS__SCANNER__ABUSECH_AUTH_KEY": "wrong-key"}
    with world_process(tmp_path) as world:
        service = Service(tmp_path, world, wrong)
        try:
            service.start("tests.support.asking_service", urlhaus.url)
            town = Running(world, service)
            until(lambda: "abusech_auth_key" in str(town.ready()), "the key is tried")
            service.environment["WHINCHAT_PRIVATE__PORT"] = service.address.rpartition(":")[2]
            assert "abusech_auth_key" in town.verb("doctor").out
            group = town.group("Cats")
            assert "They turn me away: URLhaus." in group.ask("Ana", "!scan status")
            answer = group.ask("Ana", f"!scan check {unknown('locked')}")
            assert "I cannot tell" in answer
            assert "No answer from: URLhaus" in answer
            assert "wrong-key" not in service.child.output()
        finally:
            service.kill()
