"""The whole product on WhatsApp: a linked device with the real library, and the Cloud API, each over a fake network.

A group is protected, a payment is made and confirmed. All of it once more where there is no way out of the machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.graph.server import graphing
from tests.support.product import PHONES, cloud_product, linked_product
from tests.support.whatsapp.group_messages import Received
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.ports import Linkable
from whinchat.infra.clock import SystemClock

BAD = "https://paypa1-login.pages.dev/verify"
GOOD = "https://en.wikipedia.org/wiki/Rain"
ISOLATED = "WHINCHAT_TESTS_ISOLATED"
PATIENCE = 15.0  # seconds


async def eventually(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not in {PATIENCE:.0f} s: {what}") from None


# --- a linked device --------------------------------------------------------------------------------------------------


def done(kind: str, received: list[Received], words: str = "") -> list[Received]:
    return [each for each in received if each.kind == kind and words in each.text]


async def test_in_a_group_a_dangerous_link_is_warned_of_and_deleted(tmp_path: Path) -> None:
    async with WhatsApp() as whatsapp:
        whatsapp.account("bot")
        ana, bob = whatsapp.person("ana"), whatsapp.person("bob")
        group = whatsapp.group("Neighbours", admins=[ana], members=[bob], bot_admin=True)
        async with linked_product(tmp_path, whatsapp, "bot"):
            await group.say(ana, "!scan consent")
            await eventually(lambda: bool(done("text", group.received)), "the bot is allowed to read")
            await group.say(ana, "!scan policy malicious warn,delete")
            await eventually(lambda: len(done("text", group.received)) > 1, "the policy is set")
            said = len(group.received)
            harmless = await group.say(bob, f"look {GOOD}")
            bad = await group.say(bob, f"look {BAD}")
            await eventually(lambda: bool(done("delete", group.received)), "the message is deleted")
            await eventually(lambda: bool(done("text", group.received[said:], "paypa1-login")), "the group is warned")
        assert {each.target for each in done("delete", group.received)} == {bad.id}
        assert len(done("text", group.received[said:])) == 1
        assert BAD not in done("text", group.received[said:])[0].text  # nobody can tap it
        assert harmless.id not in {each.target for each in group.received}


async def test_in_a_direct_chat_a_payment_is_made_and_confirmed(tmp_path: Path) -> None:
    async with WhatsApp() as whatsapp:
        whatsapp.account("bot")
        ana = whatsapp.person("ana", phone=PHONES["ana"].removeprefix("+"))

        def told(words: str) -> list[str]:
            return [each.text for each in whatsapp.received if words in each.text]

        async with linked_product(tmp_path, whatsapp, "bot") as made:
            before = await made.dollars("ana")
            await ana.say("link")
            await eventually(lambda: bool(told("six digits")), "a code is sent")
            await ana.say(await made.code("ana"))
            await eventually(lambda: bool(told("is linked")), "the account is linked")
            await ana.say("send 5 to @bob")
            await eventually(lambda: bool(told("Send *$5.00* to @bob")), "the payment is shown")
            found = re.search(r"yes \w{4}\b", told("Send *$5.00*")[0])
            assert found is not None
            await asyncio.sleep(1.1)  # people read before they confirm
            await ana.say(found[0])
            await eventually(lambda: bool(told("Paid $5.00 to @bob")), "the payment is made")
            assert await made.dollars("ana") == pytest.approx(before - 500)
        assert len(told("Paid $5.00")) == 1


async def test_two_accounts_are_served_by_one_service(tmp_path: Path) -> None:
    async with WhatsApp() as whatsapp:
        people: list[Person] = []
        for name in ("first", "second"):
            whatsapp.account(name)
            people.append(whatsapp.person(f"friend-of-{name}"))
        async with linked_product(tmp_path, whatsapp, "first", "second") as made:
            assert all(isinstance(each, Linkable) for each in made.service.transports)
            for person, account in zip(people, ("first", "second"), strict=True):
                await person.say("ping", to=whatsapp.account(account))
            await eventually(lambda: len(whatsapp.received) == 2, "both are answered")
        answered = {(each.account, each.chat) for each in whatsapp.received}
        assert answered == {("first", people[0].lid), ("second", people[1].lid)}


# --- the Cloud API ----------------------------------------------------------------------------------------------------


async def test_through_the_cloud_api_a_payment_is_confirmed_by_a_tap(tmp_path: Path) -> None:
    async with graphing(SystemClock()) as graph:
        ana = graph.person("Ana", phone=PHONES["ana"])

        def told(words: str) -> list[str]:
            return [each for each in ana.screen if words in each]

        async with cloud_product(tmp_path, graph) as made:
            before = await made.dollars("ana")
            await ana.say("link")
            await eventually(lambda: bool(told("six digits")), "a code is sent")
            await ana.say(await made.code("ana"))
            await eventually(lambda: bool(told("is linked")), "the account is linked")
            await ana.say("send 5 to @bob")
            await eventually(lambda: bool(told("Send *$5.00* to @bob")), "the payment is shown")
            await asyncio.sleep(1.1)
            await ana.tap("Yes, pay")
            await eventually(lambda: bool(told("Paid $5.00 to @bob")), "the payment is made")
            assert await made.dollars("ana") == pytest.approx(before - 500)
            await ana.tap("No")  # too late: it was that payment's question
            await ana.say("ping")
            await eventually(lambda: bool(told("pong")) or len(ana.screen) > 5, "the chat goes on")
        assert len(told("Paid $5.00")) == 1


async def test_through_the_cloud_api_a_dangerous_link_is_warned_of(tmp_path: Path) -> None:
    async with graphing(SystemClock()) as graph:
        bob = graph.person("Bob")
        async with cloud_product(tmp_path, graph):
            await bob.say(f"is this safe? {BAD}")
            await eventually(lambda: any("paypa1-login" in each for each in bob.screen), "Bob is warned")
        assert not any(BAD in each for each in bob.screen)


# --- where there is no way out ----------------------------------------------------------------------------------------


@pytest.mark.skipif(ISOLATED in os.environ, reason="this is the inner run")
def test_nothing_of_it_leaves_the_machine() -> None:
    """A network of its own with nothing but a loopback: whatever would be asked elsewhere fails, and would be seen."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a process have a network of its own")
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "deleted or tap"]
    # SIOCSIFFLAGS with IFF_UP: no program for it need be there.
    script = (
        "import fcntl, os, socket, struct, sys; "
        "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 1)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [unshare, "-rn", sys.executable, "-c", script, *inner]
    ran = subprocess.run(
        command, env={**os.environ, ISOLATED: "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout
