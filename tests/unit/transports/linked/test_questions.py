"""What an account asks the network for: groups, once and until something about them is heard, and files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.library import ANA, ANA_PHONE, BOB, E2E, FAMILY, NEONIZE, group_change, incoming, info, source
from tests.support.linked.desk import DIRECT, GROUP, Desk, family
from tests.support.linked.files import address, stored

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    MembershipChanged,
    MessageReceived,
)
from whinchat.testing.http import Answer
from whinchat.transports.linked import callbacks, groups


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


async def test_a_file_comes_from_the_media_servers_while_the_account_is_connected(desk: Desk) -> None:
    about = info(source(ANA, ANA, alt=ANA_PHONE), "P1")
    keys, sealed = stored(b"png")
    part = E2E.ImageMessage(
        directPath=keys.direct_path,
        mediaKey=keys.media_key,
        fileSHA256=keys.file_sha256,
        fileEncSHA256=keys.file_enc_sha256,
        fileLength=keys.size,
        mimetype="image/png",
    )
    await desk.link.tell(callbacks.MESSAGE, incoming(about, E2E.Message(imageMessage=part)))
    event = desk.sink.events[-1]
    assert isinstance(event, MessageReceived)
    assert event.content.media is not None
    desk.http.answer(address(keys), Answer(sealed))
    assert await desk.bot.download(event.content.media, 3) == b"png"
    assert desk.link.names() == []
    await desk.bot.stop(0)
    with pytest.raises(TransportError) as error:
        await desk.bot.download(event.content.media, 3)
    assert (error.value.code, error.value.retryable) == ("disconnected", True)
