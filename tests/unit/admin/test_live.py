"""Streams: what is new, told once; a sign of life; an end."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest
from aiohttp import web

from whinchat.admin.live import BEAT, LOOK, MOST, Streams
from whinchat.testing.clock import FakeClock


class Reader:
    """A page that looks. `marks` and `parts` are what the service would say, look for look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, streams: Streams, clock: FakeClock) -> None:
        self.written: list[str] = []
        self.streams = streams
        self.clock = clock
        self.mark = 0
        self.part = "nothing\nyet"
        self.drawn = 0
        self.allowed = True
        self.gone = False
        monkeypatch.setattr(web, "StreamResponse", self._response)

    def _response(self, **_: object) -> mock.Mock:
        return mock.Mock(prepare=mock.AsyncMock(), write=self._write)

    async def _write(self, data: bytes) -> None:
        if self.gone:
            raise ConnectionResetError
        self.written.append(data.decode())

    async def _mark(self) -> object:
        return self.mark

    async def _draw(self) -> str:
        self.drawn += 1
        return self.part

    async def _allowed(self) -> bool:
        return self.allowed

    def look(self, last: str = "") -> asyncio.Task[web.StreamResponse]:
        request = mock.Mock(headers={"Last-Event-ID": last})
        return asyncio.create_task(self.streams.serve(request, mark=self._mark, draw=self._draw, allowed=self._allowed))

    async def pass_seconds(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK)):
            await self._turns()
            self.clock.move(LOOK)
        await self._turns()

    async def _turns(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def streams(clock: FakeClock) -> Streams:
    return Streams(clock)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, streams: Streams, clock: FakeClock) -> Reader:
    return Reader(monkeypatch, streams, clock)


async def test_what_is_there_is_told_at_once_and_what_changes_when_it_does(reader: Reader) -> None:
    looking = reader.look()
    await reader.pass_seconds(2)
    retry, first = reader.written
    assert retry.startswith("retry: ")
    assert first.endswith("\ndata: nothing\ndata: yet\n\n")
    reader.mark, reader.part = 1, "a link"
    await reader.pass_seconds(2)
    assert reader.written[2].endswith("\ndata: a link\n\n")
    reader.mark = 2
    await reader.pass_seconds(2)
    assert (len(reader.written), reader.drawn) == (3, 3)
    reader.streams.stop()
    await looking


async def test_who_comes_back_is_told_only_what_is_new(reader: Reader) -> None:
    reader.streams.stop()
    looking = reader.look()
    await looking
    reader.streams._stopping.clear()
    looking = reader.look()
    await reader.pass_seconds(1)
    known = reader.written[-1].partition("\n")[0].removeprefix("id: ")
    reader.written.clear()
    again = reader.look(known)
    await reader.pass_seconds(1)
    assert len(reader.written) == 1
    reader.streams.stop()
    await asyncio.gather(looking, again)


async def test_a_silent_stream_says_that_it_lives(reader: Reader) -> None:
    looking = reader.look()
    await reader.pass_seconds(BEAT + 1)
    assert reader.written[-1] == ": here\n\n"
    reader.streams.stop()
    await looking


async def test_a_stream_ends_with_its_session_however_much_happens(reader: Reader) -> None:
    looking = reader.look()
    reader.allowed = False
    for number in range(round(BEAT) + 1):
        reader.mark, reader.part = number, f"link {number}"
        await reader.pass_seconds(1)
    assert looking.done()


async def test_a_reader_who_has_gone_is_forgotten(reader: Reader) -> None:
    looking = reader.look()
    await reader.pass_seconds(1)
    reader.gone = True
    await reader.pass_seconds(BEAT + 1)
    await looking
    assert reader.streams._open == 0


async def test_only_so_many_look_at_once(reader: Reader) -> None:
    looking = [reader.look() for _ in range(MOST)]
    await reader.pass_seconds(1)
    with pytest.raises(web.HTTPServiceUnavailable):
        await reader.look()
    reader.streams.stop()
    await asyncio.gather(*looking)
    assert reader.streams._open == 0
