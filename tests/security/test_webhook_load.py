"""The webhook under load, from slow clients, and while the service cannot take what it is brought."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.cloud import changed, signature, status, text, update
from tests.support.webhook import Gate, message, raw, standing

from whinchat.core.errors import Overloaded
from whinchat.transports.cloud import receiver
from whinchat.transports.cloud.receiver import MOST_BYTES


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    async with standing(tmp_path) as gate:
        yield gate


# --- size and time ---


def padded(size: int) -> bytes:
    """A right update of exactly this size."""
    body = json.dumps(message() | {"padding": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


async def test_three_megabytes_are_taken(gate: Gate) -> None:
    body = padded(MOST_BYTES)
    assert len(body) == MOST_BYTES
    assert await gate.post(body) == 200
    assert gate.first.taken == [("messages", "wamid.in")]


async def test_more_is_refused_by_its_length(gate: Gate) -> None:
    assert await gate.post(padded(MOST_BYTES + 1)) == 413
    assert gate.counted("too_large") == 1


async def test_more_is_refused_without_a_length_too(gate: Gate) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4 * 16):
            yield b"x" * (MOST_BYTES // 48)

    assert gate.session is not None
    headers = {"X-Hub-Signature-256": signature(b"")}
    async with gate.session.post(gate.url, data=chunks(), headers=headers) as answer:
        assert answer.status == 413


async def test_a_drip_ends(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "READING", 0.2)
    head = f"POST /whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(b'')}\r\nContent-Length: 100\r\n\r\n"
    assert b" 408 " in (await raw(gate, head.encode() + b"{")).splitlines()[0]
    assert gate.counted("slow") == 1


async def test_drips_do_not_keep_others_out(gate: Gate) -> None:
    host, port = gate.url.removeprefix("http://").removesuffix("/whatsapp").split(":")
    head = f"POST /whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(b'')}\r\nContent-Length: 3000000\r\n"
    writers = []
    for _ in range(200):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + b"\r\n{")
        writers.append(writer)
    before = time.perf_counter()
    assert [await gate.post(message(f"wamid.{n}")) for n in range(5)] == [200] * 5
    assert time.perf_counter() - before < 2
    for writer in writers:
        writer.close()


async def test_a_connection_that_is_cut_off_leaves_nothing_behind(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    host, port = gate.url.removeprefix("http://").removesuffix("/whatsapp").split(":")
    for _ in range(5):
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(b'')}\r\nContent-Length: 100\r\n"
        writer.write(head.encode() + b"\r\nhalf of it")
        await writer.drain()
        writer.transport.abort()
    async with asyncio.timeout(5):
        while gate.receiver.held or gate.counted("cut_off") < 5:
            await asyncio.sleep(0.01)
    assert gate.first.taken == []
    assert "Traceback" not in caplog.text


async def test_not_everything_is_held_at_once(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MOST_HELD", 100_000)
    gate.first.open.clear()
    body = padded(60_000)
    first = asyncio.create_task(gate.post(body))
    async with asyncio.timeout(5):
        while gate.receiver.held < 60_000:
            await asyncio.sleep(0.005)
    assert await gate.post(body) == 503
    assert gate.counted("busy") == 1
    gate.first.open.set()
    assert await first == 200
    assert gate.receiver.held == 0
    assert await gate.post(body) == 200


# --- what is not taken comes again ---


async def test_while_the_service_is_overloaded_meta_is_told_to_come_again(gate: Gate) -> None:
    gate.first.error = Overloaded("full", retry_after=1.0)
    body = json.dumps(message()).encode()
    assert gate.session is not None
    async with gate.session.post(gate.url, data=body, headers={"X-Hub-Signature-256": signature(body)}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    gate.first.error = None
    assert await gate.post(body) == 200
    assert gate.first.taken == [("messages", "wamid.in")]


async def test_a_service_that_hangs_does_not_hold_meta(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "TAKING", 0.1)
    gate.first.open.clear()
    assert await gate.post(message()) == 503
    assert gate.counted("overloaded") == 1


async def test_a_fault_of_ours_is_no_acknowledgement(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    gate.first.error = RuntimeError("a secret word")
    assert await gate.post(message()) == 500
    assert gate.counted("failed") == 1
    assert "wamid" not in caplog.text


async def test_a_replay_is_brought_again_and_harmless(gate: Gate) -> None:
    assert [await gate.post(message()) for _ in range(3)] == [200] * 3
    assert gate.first.taken == [("messages", "wamid.in")] * 3  # the inbox knows each by its id


# --- many at once ---


async def test_a_hundred_at_once_are_all_taken_and_answered(gate: Gate) -> None:
    async def one(identity: int) -> int:
        return await gate.post(
            update(changed(messages=[text(identity=f"wamid.{identity}")], statuses=[status("read", f"s.{identity}")]))
        )

    assert set(await asyncio.gather(*(one(identity) for identity in range(100)))) == {200}
    assert len(set(gate.first.taken)) == 200


async def test_a_batch_of_many_changes_is_taken_whole(gate: Gate) -> None:
    whole = message("wamid.0")
    whole["entry"] = [message(f"wamid.{n}")["entry"][0] for n in range(500)]
    assert await gate.post(whole) == 200
    assert len(set(gate.first.taken)) == 500
