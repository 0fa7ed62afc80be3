"""The stock client and the fake network's media: what it downloads and uploads, and what goes wrong with that."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from random import Random

import pytest
import pytest_asyncio
from tests.support.stages import until
from tests.support.whatsapp import contents, history
from tests.support.whatsapp.groups import Group
from tests.support.whatsapp.media import MediaFault
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import Message, P
from tests.support.whatsapp.server import WhatsApp
from tests.support.whatsapp.wheel import Wheel, WheelError, wheel

pytestmark = [
    pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`"),
    pytest.mark.asyncio(loop_scope="module"),
]
PICTURE = b"\x89PNG and " + Random(1).randbytes(70_000)


@dataclass
class Scene:
    whatsapp: WhatsApp
    wheel: Wheel
    group: Group
    bob: Person

    async def fetch(self, message: Message) -> bytes:
        """Bob posts it; what the client downloads. Raises `WheelError`."""
        said = await self.group.say(self.bob, message)
        heard = await self.wheel.events.first(
            lambda event: event.get("id") == said.id and contents.kind(_message(event["message"])) == "media"
        )
        return b64decode(await self.wheel.do("download", message=heard["message"]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with WhatsApp() as whatsapp, wheel(whatsapp, tmp_path_factory.mktemp("client")) as client:
        await client.pair(whatsapp, whatsapp.account())
        ana, bob = whatsapp.person("ana"), whatsapp.person("bob")
        yield Scene(whatsapp, client, whatsapp.group("Neighbours", admins=[ana], members=[bob]), bob)
        assert not whatsapp.refused
        assert not whatsapp.proxy.refused


@pytest.fixture
def scene(client: Scene) -> Scene:
    client.whatsapp.media.fault = None
    return client


def _message(encoded: str) -> Message:
    return P.Message.FromString(b64decode(encoded))


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
async def test_files_are_downloaded(scene: Scene, kind: str) -> None:
    fields = await scene.whatsapp.media.store(PICTURE, kind)
    assert await scene.fetch(contents.media(kind, fields, "any/thing")) == PICTURE


async def test_files_in_wrappers_are_downloaded(scene: Scene) -> None:
    fields = await scene.whatsapp.media.store(PICTURE, "image")
    once = contents.media("image", fields, "image/png", viewOnce=True)
    papers = contents.media("document", await scene.whatsapp.media.store(b"PDF", "document"), "application/pdf")
    assert await scene.fetch(contents.wrapped(once, "viewOnceMessageV2")) == PICTURE
    assert await scene.fetch(contents.wrapped(papers, "documentWithCaptionMessage")) == b"PDF"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (MediaFault.MISSING, "404"),
        (MediaFault.GONE, "410"),
        (MediaFault.FORBIDDEN, "403"),
        (MediaFault.TRUNCATED, "EOF"),
        (MediaFault.WRONG_MAC, "hmac"),
        (MediaFault.WRONG_FILE, "hash"),
    ],
)
async def test_what_cannot_be_had_is_an_error(scene: Scene, fault: MediaFault, told: str) -> None:
    fields = await scene.whatsapp.media.store(PICTURE, "image", fault=fault)
    with pytest.raises(WheelError, match=f"(?i){told}"):
        await scene.fetch(contents.media("image", fields, "image/png"))


async def test_it_tries_again_while_the_network_is_busy(scene: Scene) -> None:
    media = scene.whatsapp.media
    refused = len(media.refused)
    fields = await media.store(PICTURE, "image", fault=MediaFault.BUSY, times=2)
    assert await scene.fetch(contents.media("image", fields, "image/png")) == PICTURE
    assert len(media.refused) == refused + 2


async def test_it_waits_for_what_is_slow_and_takes_what_is_longer_than_was_said(scene: Scene) -> None:
    for fault in (MediaFault.SLOW, MediaFault.LONGER):
        fields = await scene.whatsapp.media.store(PICTURE, "image", fault=fault)
        message = contents.media("image", fields, "image/png")
        assert await scene.fetch(message) == PICTURE
        assert (message.imageMessage.fileLength == len(PICTURE)) is (fault is MediaFault.SLOW)


async def test_what_the_bot_uploads_is_what_people_see(scene: Scene) -> None:
    told = {"to": scene.group.jid, "data": b64encode(PICTURE).decode(), "mime": "image/png", "caption": "look"}
    sent = await scene.wheel.do("image", **told)
    received = await scene.group.received.first(lambda each: each.id == sent)
    assert (received.kind, received.text) == ("media", "look")
    assert scene.whatsapp.media.open(received.message.imageMessage, "image") == PICTURE
    assert [blob.kind for blob in scene.whatsapp.media.uploaded] == ["image"]
    assert PICTURE[:100] not in scene.whatsapp.media.uploaded[0].data


async def test_what_cannot_be_uploaded_is_an_error(scene: Scene) -> None:
    media = scene.whatsapp.media
    told = {"to": scene.group.jid, "data": b64encode(PICTURE).decode(), "mime": "image/png", "caption": ""}
    before = len(scene.group.received)
    for fault in (MediaFault.UNAUTHORIZED, MediaFault.TOO_LARGE, MediaFault.BUSY):
        media.fault = fault
        with pytest.raises(WheelError, match=f"status code {fault.value}"):
            await scene.wheel.do("image", **told)
    assert len(scene.group.received) == before


async def test_history_is_fetched_and_deleted(scene: Scene) -> None:
    media, known = scene.whatsapp.media, set(scene.whatsapp.media.blobs)
    said = history.old(scene.group.jid, scene.bob, "long ago", 1_700_000_000)
    await history.sync(scene.whatsapp.account(), [said])
    await scene.wheel.event("history", texts=["long ago"])
    (path,) = set(media.blobs) - known
    await until(lambda: media.blobs[path].deleted)
    assert media.blobs[path].fetched == 1
