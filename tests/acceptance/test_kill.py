"""The service is killed at every durable step; a world that outlives it counts what was lost or doubled.

The window of `docs/decisions/0005-honest-sending.md`: only what was `sending` on disk when the service died may be
doubled, and then once; at most one text a chat.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.support.killable import STEPS, kill_at
from tests.support.kinds import qr_picture
from tests.support.live import Service, World, until, world_process

CHATS = ("One", "Two", "Three")
EACH = 8  # dangerous links a chat


def dangerous(chat: str, number: int) -> str:
    return f"https://paypa1-login-{chat.lower()}{number}.pages.dev/verify"


def post(world: World, chats: dict[str, str]) -> None:
    """In turns: something harmless, a dangerous link, and at the end a picture with a code."""
    for number in range(EACH):
        for name, chat in chats.items():
            world.call("post", chat=chat, sender="Bob", text=f"message {number} of {name}")
            world.call("post", chat=chat, sender="Eve", text=f"look {dangerous(name, number)}")
    for name, chat in chats.items():
        media = {"kind": "image", "mime": "image/png", "data": qr_picture(dangerous(name, 99))}
        world.call("post", chat=chat, sender="Eve", media=media)


def quiet(world: World, service: Service) -> bool:
    """Nothing waits anywhere."""
    if world.bot().get("waiting"):
        return False
    with sqlite3.connect(f"file:{service.database}?mode=ro", uri=True) as database:
        open_rows = database.execute(
            """SELECT (SELECT count(*) FROM events WHERE state = 'waiting')
                    + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))
                    + (SELECT count(*) FROM jobs WHERE kind = 'scanner.picture')"""
        ).fetchone()[0]
    database.close()
    return not open_rows


def warnings(world: World) -> list[dict[str, Any]]:
    """The bot's warnings in order; each quotes the message it is about."""
    bot = world.bot()["id"]
    return [said for said in world.said(bot) if said.get("quoted") and "paypa1" in said["content"]["text"]]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing(tmp_path: Path, step: str, when: str) -> None:
    with world_process(tmp_path) as world:
        service = Service(tmp_path, world)
        try:
            service.start("tests.support.killable")
            chats = {name: world.group(name, "Bob", "Eve") for name in CHATS}
            until(lambda: len(world.said(world.bot()["id"])) == 2 * len(CHATS), "all groups have agreed")
            kill_at(tmp_path, step, when, nth=1 if step in {"claim", "finish"} else 5)
            post(world, chats)
            assert service.child.wait() == -9, service.child.output()
            interrupted = sending(service)
            assert len(interrupted) <= len(CHATS)
            service.start()
            until(lambda: quiet(world, service), "everything is handled")
            assert service.child.stop() == 0, service.child.output()
            check(world, service, interrupted)
        finally:
            service.kill()


def sending(service: Service) -> set[str]:
    """References of what was under way when the service died."""
    with sqlite3.connect(service.database) as database:
        rows = database.execute("SELECT reference FROM outbox WHERE state = 'sending'").fetchall()
    database.close()
    return {reference for (reference,) in rows}


def check(world: World, service: Service, interrupted: set[str]) -> None:
    posted = [said for said in world.said() if "paypa1" in said["content"].get("text", "") and not said.get("quoted")]
    pictures = [said for said in world.said() if said["content"].get("media")]
    expected = {(said["chat"], said["id"]) for said in (*posted, *pictures)}
    warned = [(said["chat"], said["quoted"]["id"]) for said in warnings(world)]

    assert set(warned) == expected, "a warning is missing, or somebody was warned of nothing"
    sent = Counter(entry["reference"] for entry in world.sends())
    doubled = {reference for reference, count in sent.items() if count > 1}
    assert doubled <= interrupted
    assert max(sent.values()) <= 2
    assert len(warned) - len(expected) == len(doubled)

    for chat in {chat for chat, _ in expected}:
        order = [message for where, message in dict.fromkeys(warned) if where == chat]
        of_texts = [said["id"] for said in posted if said["chat"] == chat]
        assert [message for message in order if message in of_texts] == of_texts, "out of order"

    with sqlite3.connect(service.database) as database:
        rows = database.execute("SELECT state, count(*) FROM events GROUP BY state").fetchall()
        sightings = database.execute("SELECT count(*), count(DISTINCT message) FROM scanner_sightings").fetchone()
        sites = database.execute("SELECT count(*), count(second_at), count(warned_at) FROM scanner_sites").fetchone()
        (unknown,) = database.execute("SELECT count(*) FROM outbox WHERE state IN ('unknown', 'failed')").fetchone()
    database.close()
    assert dict(rows).keys() == {"done"}
    assert sightings == (len(expected), len(expected)), "an effect happened twice or not at all"
    assert sites == (len(expected), 0, len(expected)), "a site has another poster than the one who posted it"
    assert unknown == 0
