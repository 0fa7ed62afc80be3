"""What an account asks the network for: groups, once and until something about them is heard, and files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.library import ANA, ANA_PHONE, BOB, E2E, FAMILY, NEONIZE, group_change, incoming, info, source
from tests.support.linked.desk import DIRECT, GROUP, Desk, family, returned

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    Media,
    MediaKind,
    MembershipChanged,
    MessageReceived,
)
from whinchat.transports.linked import callbacks, groups
from whinchat.transports.linked.link import BridgeDown


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    await desk.go_online()
    yield desk
    await desk.bot.stop(0)


# --- groups ---


async def test_a_group_is_asked_for_once_and_again_when_it_changed(desk: Desk) -> None:
    both = await asyncio.gather(desk.bot.group(GROUP), desk.bot.group(GROUP))
    assert both[0] == both[1]
    assert both[0] is not None
    assert both[0].subject == "Family"
    await desk.link.tell(callbacks.GROUP_INFO, group_change(by=BOB, Leave=[ANA]))
    (event,) = desk.sink.events
    assert isinstance(event, MembershipChanged)
    desk.link.answer("GetGroupInfo", family(ana=False))
    after = await desk.bot.group(GROUP)
    assert after is not None
    assert ANA not in {member.id for member in after.members}
    assert desk.link.names() == ["GetGroupInfo"] * 2


async def test_what_is_known_of_a_group_is_not_believed_for_ever(desk: Desk) -> None:
    await desk.bot.group(GROUP)
    await desk.pass_time(groups.FRESH - 1)
    await desk.bot.group(GROUP)
    assert desk.link.names().count("GetGroupInfo") == 1
    await desk.pass_time(1)
    await desk.bot.group(GROUP)
    assert desk.link.names().count("GetGroupInfo") == 2


async def test_an_answer_that_was_overtaken_by_a_change_is_not_kept(desk: Desk) -> None:
    release = desk.link.hold("GetGroupInfo")
    asking = asyncio.create_task(desk.bot.group(GROUP))
    await desk.pass_time(0)
    await desk.link.tell(callbacks.GROUP_INFO, group_change(by=BOB, Leave=[ANA]))
    release(family())
    await asking
    desk.link.answer("GetGroupInfo", family(ana=False))
    after = await desk.bot.group(GROUP)
    assert after is not None
    assert len(after.members) == 2


async def test_after_a_new_connection_groups_are_asked_for_anew(desk: Desk) -> None:
    await desk.bot.group(GROUP)
    await desk.link.tell(callbacks.DISCONNECTED, NEONIZE.Disconnected(status=True))
    await desk.log_in()
    await desk.bot.group(GROUP)
    assert desk.link.names() == ["GetGroupInfo"] * 2


async def test_a_group_that_it_was_added_to_is_known(desk: Desk) -> None:
    described = NEONIZE.GetGroupInfoReturnFunction.FromString(family()).GroupInfo
    joined = NEONIZE.JoinedGroup(Reason="", Type="", CreateKey="", GroupInfo=described)
    await desk.link.tell(callbacks.JOINED_GROUP, joined)
    assert (await desk.bot.group(GROUP)) is not None
    assert "GetGroupInfo" not in desk.link.names()


async def test_groups_of_others_are_not_known(desk: Desk) -> None:
    desk.link.fail("GetGroupInfo", "that group does not exist")
    assert await desk.bot.group(GROUP) is None
    assert await desk.bot.group(DIRECT) is None
    assert await desk.bot.group(ChatRef("of another network", ChatKind.GROUP)) is None


async def test_a_group_that_cannot_be_asked_for_is_not_taken_for_one_that_is_not_there(desk: Desk) -> None:
    desk.link.fail("GetGroupInfo", "info query timed out")
    with pytest.raises(TransportError) as error:
        await desk.bot.group(GROUP)
    assert (error.value.code, error.value.retryable) == ("timeout", True)
    await desk.bot.stop(0)
    with pytest.raises(TransportError) as error:
        await desk.bot.group(ChatRef(f"1{FAMILY}", ChatKind.GROUP))
    assert (error.value.code, error.value.retryable) == ("disconnected", True)


# --- files ---


def picture(length: int = 3) -> Any:
    return E2E.Message(
        imageMessage=E2E.ImageMessage(
            directPath="/f",
            mediaKey=b"k" * 32,
            fileSHA256=b"s" * 32,
            fileEncSHA256=b"e" * 32,
            fileLength=length,
            mimetype="image/png",
        )
    )


async def media(desk: Desk, length: int = 3) -> Media:
    about = info(source(ANA, ANA, alt=ANA_PHONE), f"P{length}")
    await desk.link.tell(callbacks.MESSAGE, incoming(about, picture(length)))
    event = desk.sink.events[-1]
    assert isinstance(event, MessageReceived)
    assert event.content.media is not None
    return event.content.media


async def test_a_file_is_fetched_by_its_handle(desk: Desk) -> None:
    found = await media(desk)
    desk.link.answer("DownloadAny", returned("DownloadReturnFunction", Binary=b"png"))
    assert await desk.bot.download(found, 3) == b"png"
    ((_, (asked,)),) = [call for call in desk.link.calls if call[0] == "DownloadAny"]
    assert isinstance(asked, bytes)
    assert E2E.Message.FromString(asked).imageMessage.directPath == "/f"


async def test_what_is_too_large_by_its_own_word_is_not_fetched(desk: Desk) -> None:
    found = await media(desk, 1000)
    with pytest.raises(TransportError) as error:
        await desk.bot.download(found, 999)
    assert (error.value.code, desk.link.names()) == ("too_large", [])


async def test_what_is_larger_than_it_said_is_not_handed_over(desk: Desk) -> None:
    desk.link.answer("DownloadAny", returned("DownloadReturnFunction", Binary=b"x" * 50))
    with pytest.raises(TransportError) as error:
        await desk.bot.download(await media(desk), 10)
    assert error.value.code == "too_large"


@pytest.mark.parametrize(
    ("said", "code", "retryable"),
    [
        ("download failed with status code 404", "gone", False),
        ("hash of media plaintext doesn't match", "corrupt", False),
        ("websocket not connected", "no_connection", True),
    ],
)
async def test_why_a_file_cannot_be_had_is_told(desk: Desk, said: str, code: str, retryable: bool) -> None:
    desk.link.fail("DownloadAny", said)
    with pytest.raises(TransportError) as error:
        await desk.bot.download(await media(desk), 10)
    assert (error.value.code, error.value.retryable) == (code, retryable)


async def test_a_file_that_the_library_ended_over_is_not_asked_for_again(desk: Desk) -> None:
    desk.link.answer("DownloadAny", BridgeDown(left=True))
    with pytest.raises(TransportError) as error:
        await desk.bot.download(await media(desk), 10)
    assert (error.value.code, error.value.retryable) == ("ended", False)


async def test_a_handle_that_is_none_is_gone(desk: Desk) -> None:
    with pytest.raises(TransportError) as error:
        await desk.bot.download(Media(MediaKind.IMAGE, "of another network"), 10)
    assert error.value.code == "gone"
    assert desk.bot.state is ConnectionState.ONLINE
