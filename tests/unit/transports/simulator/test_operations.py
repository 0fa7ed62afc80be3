"""The operations by name, as the HTTP API, the page and scripts use them."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.errors import Refused
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.host import Host, Running, ScriptState
from whinchat.transports.simulator.operations import OPERATIONS, find_chat, perform


@pytest.fixture
def host() -> Host:
    host = Host(FakeClock(), seed=1)
    for name in ("Ana", "Bob", "Eve"):
        ask(host, "person", name=name)
    ask(host, "group", subject="Neighbours", by="Ana", members=["Bob", "Whinchat"])
    return host


def ask(host: Host, operation: str, **arguments: Any) -> Any:
    """As JSON goes in and out."""
    return msgspec.json.decode(msgspec.json.encode(perform(host, operation, msgspec.json.encode(arguments))))


def code_of(host: Host, operation: str, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        ask(host, operation, **arguments)
    return refused.value.code


def test_people_and_groups_are_made_and_named(host: Host) -> None:
    kim = ask(host, "person", name="Kim", phone="+5511900000001", colour="#102030")
    assert kim == {
        "id": "5511900000001@sim",
        "name": "Kim",
        "phone": "+5511900000001",
        "colour": "#102030",
        "online": True,
    }
    club = ask(host, "group", subject="Club", by="+5511900000001", admins=["Ana"], announce_only=True, id="club@g.sim")
    assert club["id"] == "club@g.sim"
    assert club["admins"] == [kim["id"], host.world.people.find("Ana").id]
    assert club["announce_only"] is True


def test_membership_is_changed_by_name(host: Host) -> None:
    group = "Neighbours"
    bob, eve = (host.world.people.find(name).id for name in ("Bob", "Eve"))
    assert eve in ask(host, "join", chat=group, person="Eve")["members"]
    assert eve not in ask(host, "leave", chat=group, person="Eve")["members"]
    assert eve in ask(host, "add", chat=group, by="Ana", people=["Eve", "Eve"])["members"]
    assert bob in ask(host, "promote", chat=group, by="Ana", people=["Bob"])["admins"]
    assert bob not in ask(host, "demote", chat=group, by="Ana", people=["Bob"])["admins"]
    assert eve not in ask(host, "remove", chat=group, by="Ana", people=["Eve"])["members"]
    assert ask(host, "subject", chat=group, by="Ana", subject="Street 7")["subject"] == "Street 7"
    assert ask(host, "announce", chat="Street 7", by="Ana", on=True)["announce_only"] is True
    assert code_of(host, "remove", chat="Street 7", by="Ana", people=[]) == "bad_request"


def test_a_conversation(host: Host) -> None:
    said = ask(host, "post", chat="Neighbours", sender="Bob", text="hi", id="X", mentions=["Whinchat"], forwarded=True)
    assert said["content"] == {"text": "hi"}
    assert said["mentions"] == [host.world.people.find("Whinchat").id]
    answer = ask(host, "post", chat="Neighbours", sender="Ana", text="yes?", quote={"sender": "Bob", "id": "X"})
    assert answer["quoted"] == {"id": "X", "sender": said["sender"], "content": {"text": "hi"}}
    assert ask(host, "edit", chat="Neighbours", sender="Bob", id="X", text="hello")["edits"] == 1
    poll = {"poll": {"question": "When?", "options": ["now"]}}
    assert ask(host, "edit", chat="Neighbours", sender="Bob", id="X", content=poll)["content"] == poll
    assert code_of(host, "edit", chat="Neighbours", sender="Bob", id="X") == "bad_request"
    reacted = ask(host, "react", chat="Neighbours", by="Ana", sender="Bob", id="X", emoji="👍")
    assert reacted["reactions"] == {host.world.people.find("Ana").id: "👍"}
    assert ask(host, "read", chat="Neighbours", person="Ana")["read"]
    receipts = ask(host, "receipts", chat="Neighbours", sender="Bob", id="X")["receipts"]
    assert receipts[host.world.people.find("Ana").id] == "read"
    assert ask(host, "typing", chat="Neighbours", person="Ana", on=True) == {}
    assert ask(host, "revoke", chat="Neighbours", sender="Bob", id="X")["revoked_by"] == said["sender"]
    assert ask(host, "delete", chat="Neighbours", by="Ana", sender="Ana", id=answer["id"])["revoked_by"]


def test_media_goes_in_as_base64(host: Host) -> None:
    media = {"kind": "image", "mime": "image/png", "data": "aGVsbG8=", "file_name": "a.png"}
    said = ask(host, "post", chat="Neighbours", sender="Bob", text="look", media=media)
    handle = said["content"]["media"]["handle"]
    assert host.world.media.get(handle) == ("image/png", b"hello")
    assert code_of(host, "post", chat="Neighbours", sender="Bob", media=media | {"data": "!"}) == "bad_request"


def test_many_messages_at_once(host: Host) -> None:
    messages = [{"chat": "Neighbours", "sender": "Bob", "text": str(n)} for n in range(10)]
    assert ask(host, "post_many", messages=messages) == {"posted": 10, "waiting": 11}
    with pytest.raises(Refused) as refused:
        ask(host, "post_many", messages=[messages[0], {"chat": "Neighbours", "sender": "Eve", "text": "?"}])
    assert refused.value.code == "not_member"
    assert "message 2 of 2" in str(refused.value)
    assert code_of(host, "post_many", messages=messages * 501) == "bad_request"
    assert host.world.transcript.counts["message"] == 11


def test_history_goes_back_page_by_page(host: Host) -> None:
    for n in range(5):
        ask(host, "post", chat="Neighbours", sender="Bob", text=str(n))
    newest = ask(host, "history", chat="Neighbours", limit=2)["messages"]
    assert [message["content"]["text"] for message in newest] == ["3", "4"]
    older = ask(host, "history", chat="Neighbours", before=newest[0]["seq"], limit=2)["messages"]
    assert [message["content"]["text"] for message in older] == ["1", "2"]
    assert code_of(host, "history", chat="Neighbours", limit=0) == "bad_request"


def test_direct_chats_are_named_by_both(host: Host) -> None:
    direct = ask(host, "direct", people=["Bob", "Whinchat"])
    assert find_chat(host.world, "Whinchat~Bob").id == find_chat(host.world, "Bob~Whinchat").id == direct["id"]
    assert code_of(host, "post", chat="Ana~Whinchat", sender="Ana", text="hi") == "no_chat"
    assert code_of(host, "direct", people=["Bob", "Bob"]) == "alone"


def test_faults_dedupe_presence_and_reset(host: Host) -> None:
    group = find_chat(host.world, "Neighbours")
    fault = ask(host, "fault", kind="reject", count=2, chat="Neighbours", error="banned")
    assert (fault["id"], fault["left"], fault["chat"]) == (1, 2, group.id)
    assert code_of(host, "fault", kind="reject", chat="Nowhere") == "no_chat"
    assert code_of(host, "fault", kind="reject", cuont=2) == "bad_request"
    assert ask(host, "clear_faults") == {}
    assert list(host.world.faults) == []
    assert ask(host, "dedupe", on=True) == {}
    assert host.world.sends.dedupe
    assert ask(host, "presence", person="Bob", online=False)["online"] is False
    assert ask(host, "presence", person="Whinchat", online=False)["waiting"] == 1
    old = host.world
    assert ask(host, "reset", seed=7) == {}
    assert host.world is not old
    assert [person.name for person in host.world.people] == ["Whinchat"]


def test_a_script_can_be_paused_where_there_is_one(host: Host) -> None:
    assert code_of(host, "script", state="paused") == "no_script"

    class Loaded:
        running = True

        def state(self) -> ScriptState:
            return ScriptState("loaded", Running.RUNNING if self.running else Running.PAUSED, 3)

        def set_running(self, on: bool) -> None:
            self.running = on

    host.script = Loaded()
    assert ask(host, "script", state="paused") == {"name": "loaded", "state": "paused", "step": 3}
    assert ask(host, "script", state="running")["state"] == "running"
    assert code_of(host, "script", state="dancing") == "bad_request"


def test_nobody_acts_as_the_bot(host: Host) -> None:
    assert code_of(host, "post", chat="Neighbours", sender="Whinchat", text="I am the bot") == "is_bot"
    assert code_of(host, "typing", chat="Neighbours", person="Whinchat", on=True) == "is_bot"


def test_what_is_ambiguous_or_unknown_is_said(host: Host) -> None:
    ask(host, "group", subject="Neighbours", by="Bob")
    assert code_of(host, "post", chat="Neighbours", sender="Bob", text="hi") == "ambiguous"
    assert code_of(host, "post", chat="Nowhere", sender="Bob", text="hi") == "no_chat"
    assert code_of(host, "dance") == "no_operation"
    assert code_of(host, "person") == "bad_request"
    assert code_of(host, "person", name="Kim", age=7) == "bad_request"


@given(
    operation=st.sampled_from(sorted(OPERATIONS)),
    arguments=st.one_of(
        st.binary(max_size=60),
        st.dictionaries(
            st.sampled_from(["chat", "sender", "by", "person", "people", "text", "id", "on", "content", "messages"]),
            st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=3))),
        ).map(msgspec.json.encode),
    ),
)
def test_garbage_is_refused_and_never_breaks_the_world(operation: str, arguments: bytes) -> None:
    host = Host(FakeClock(), seed=1)
    with contextlib.suppress(Refused):
        perform(host, operation, arguments)
    perform(host, "person", b'{"name": "Ana"}')
