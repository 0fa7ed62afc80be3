"""How a person links an account, moves it and ends it: the unmodified library, over the fake network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.linked.accounts import Machine, enters, eventually
from tests.support.stages import RecordingSink
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.errors import Refused, TransportError
from whinchat.core.types import ConnectionState
from whinchat.transports.linked.sessions import Sessions
from whinchat.transports.linked.transport import LinkedTransport

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")


def shown(bot: LinkedTransport) -> bool:
    return bot.pairing is not None


async def test_it_waits_for_a_person_and_is_linked_with_a_code(bot: LinkedTransport, whatsapp: WhatsApp) -> None:
    await enters(bot, ConnectionState.NEED_PAIRING)
    assert "whinchat pair" in bot.hint
    assert whatsapp.proxy.asked == []  # nothing is asked of the network before a person does
    account = whatsapp.account()
    await bot.pair(f"+{account.phone}")
    assert bot.pairing is not None
    assert (len(bot.pairing.code), bot.pairing.qr) == (9, "")
    await whatsapp.enter(account, bot.pairing.code)
    await enters(bot, ConnectionState.ONLINE)
    assert not shown(bot)
    assert bot.hint == ""
    with pytest.raises(TransportError) as error:
        await bot.pair(None)
    assert error.value.code == "linked"


async def test_a_code_can_be_asked_for_while_a_qr_code_is_shown(bot: LinkedTransport, whatsapp: WhatsApp) -> None:
    await bot.pair(None)
    first = bot.pairing
    assert first is not None
    await bot.pair(f"+{whatsapp.account().phone}")
    assert bot.pairing is not None
    assert bot.pairing.code
    await bot.pair(None)
    assert bot.pairing is not None
    assert bot.pairing.qr not in {"", first.qr}
    await whatsapp.scan(whatsapp.account(), bot.pairing.qr)
    await enters(bot, ConnectionState.ONLINE)


async def test_without_a_network_there_is_no_code_and_the_person_is_told(
    bot: LinkedTransport, whatsapp: WhatsApp
) -> None:
    whatsapp.faults.status = 503
    with pytest.raises(TransportError) as error:
        await bot.pair(None)
    assert (error.value.code, error.value.retryable) == ("unreachable", True)
    await enters(bot, ConnectionState.NEED_PAIRING)


async def test_logged_out_by_the_operator_nothing_of_the_session_is_left(
    linked: LinkedTransport, machine: Machine, whatsapp: WhatsApp
) -> None:
    await linked.logout()
    await enters(linked, ConnectionState.LOGGED_OUT)
    await eventually(lambda: not (machine.folder / "bot.db").exists())
    assert whatsapp.account().devices == {}
    with pytest.raises(TransportError) as error:
        await linked.logout()
    assert error.value.code == "unreachable"
    await linked.pair(None)
    assert linked.pairing is not None
    await whatsapp.scan(whatsapp.account(), linked.pairing.qr)
    await enters(linked, ConnectionState.ONLINE)


async def test_the_session_goes_to_another_machine_without_being_linked_again(
    linked: LinkedTransport, machine: Machine, whatsapp: WhatsApp, sink: RecordingSink, tmp_path: Path
) -> None:
    sessions = Sessions(machine.folder)
    with pytest.raises(Refused) as refused:
        sessions.export("bot", bytes)
    assert refused.value.code == "in_use"
    await linked.stop(5)
    exported = sessions.export("bot", bytes)
    async with Machine(whatsapp, tmp_path / "other") as other:
        Sessions(other.folder).import_("bot", exported, bytes)
        (moved,) = other.transports()
        await moved.start(sink)
        await enters(moved, ConnectionState.ONLINE)
        await whatsapp.person("ana").say("still there?")
        await eventually(lambda: sink.texts() == ["still there?"])
        await moved.stop(1)
