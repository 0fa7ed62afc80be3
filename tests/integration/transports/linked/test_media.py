"""Media of people, from the fake network's servers to the bot."""

from __future__ import annotations

from importlib.util import find_spec
from random import Random

import pytest
from tests.support.linked.accounts import eventually
from tests.support.stages import RecordingSink
from tests.support.whatsapp import contents
from tests.support.whatsapp.media import MediaFault
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.errors import TransportError
from whinchat.core.types import Media, MessageReceived
from whinchat.transports.linked.transport import LinkedTransport

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")
KINDS = ("image", "video", "audio", "document", "sticker")
MIMES = dict(zip(KINDS, ("image/png", "video/mp4", "audio/ogg", "application/pdf", "image/webp"), strict=True))


async def posted(
    whatsapp: WhatsApp, sink: RecordingSink, data: bytes, kind: str = "image", *, fault: MediaFault | None = None
) -> Media:
    fields = await whatsapp.media.store(data, kind, fault=fault)
    heard = len(sink.events)
    await whatsapp.person("ana").say(contents.media(kind, fields, MIMES[kind]))
    await eventually(lambda: len(sink.events) > heard)
    event = sink.events[-1]
    assert isinstance(event, MessageReceived)
    assert event.content.media is not None
    return event.content.media


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_of_each_kind_comes_as_it_was_sent(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink, kind: str
) -> None:
    data = Random(1).randbytes(70_001)
    assert await linked.download(await posted(whatsapp, sink, data, kind), len(data)) == data
    assert "mmg.whatsapp.net:443" in whatsapp.proxy.asked
    assert not whatsapp.media.refused


async def test_a_file_that_is_far_larger_than_its_sender_says_is_read_no_further_than_asked(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    said = await posted(whatsapp, sink, bytes(20_000_000), fault=MediaFault.LONGER)
    assert said.size == 2_000_000
    with pytest.raises(TransportError) as error:
        await linked.download(said, 3_000_000)
    assert (error.value.code, error.value.retryable) == ("too_large", False)


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        (MediaFault.UNAUTHORIZED, "server_401", True),
        (MediaFault.FORBIDDEN, "gone", False),
        (MediaFault.MISSING, "gone", False),
        (MediaFault.GONE, "gone", False),
        (MediaFault.BUSY, "server_503", True),
        (MediaFault.TRUNCATED, "disconnected", True),
        (MediaFault.WRONG_MAC, "corrupt", False),
        (MediaFault.WRONG_FILE, "corrupt", False),
    ],
)
async def test_why_a_file_cannot_be_had_is_told_and_the_next_one_comes(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink, fault: MediaFault, code: str, retryable: bool
) -> None:
    damaged = await posted(whatsapp, sink, b"damaged" * 1000, fault=fault)
    with pytest.raises(TransportError) as error:
        await linked.download(damaged, 10_000)
    assert (error.value.code, error.value.retryable) == (code, retryable)
    assert await linked.download(await posted(whatsapp, sink, b"sound"), 5) == b"sound"


async def test_a_slow_file_is_waited_for(linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink) -> None:
    slow = await posted(whatsapp, sink, b"slow" * 1000, fault=MediaFault.SLOW)
    assert await linked.download(slow, 4000) == b"slow" * 1000
