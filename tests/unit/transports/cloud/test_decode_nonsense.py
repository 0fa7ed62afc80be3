"""Webhooks as nobody would send them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.cloud import ANA, ANA_PHONE, CHAT, CONTACT, Json, changed, item, items, text, value_of

from whinchat.core.types import (
    Content,
    MessageReceived,
    UserRef,
)
from whinchat.testing.clock import START
from whinchat.transports.cloud.decode import Decoder, Failed, Skipped


def test_one_bad_message_does_not_cost_the_others() -> None:
    bad: list[Any] = [
        None,
        7,
        [],
        {},
        {"id": 5, "from": {}},
        {"id": "x", "type": "text", "text": "no"},
        text() | {"id": ""},
    ]
    found = items(changed(messages=[bad[0], text(), *bad[1:], text(identity="wamid.2")]))
    assert [each.id for each in found if isinstance(each, MessageReceived)] == ["wamid.in", "wamid.2"]
    assert [each for each in found if not isinstance(each, MessageReceived)] == [Skipped("garbage")] * len(bad)


def test_fields_that_are_null_or_new_cost_nothing() -> None:
    message = text("hello", context=None, image=None, referral=None, brand_new={"deep": [1, {}]})
    assert item(message, contacts=[CONTACT | {"profile": None, "new": 1}]) == MessageReceived(
        account="main",
        chat=CHAT,
        id="wamid.in",
        sender=UserRef(ANA, phone=f"+{ANA_PHONE}"),
        time=START,
        content=Content(text="hello"),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=5,
)
KINDS = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "button",
    "order",
    "reaction",
    "edit",
    "revoke",
    "system",
    "unsupported",
    "poll",
]


@st.composite
def mangled(draw: st.DrawFn) -> Json:
    """A message in which any part may be anything."""
    kind = draw(st.sampled_from(KINDS))
    parts = {name: draw(JSON) for name in draw(st.sets(st.sampled_from([*KINDS, "context", "referral", "from", "id"])))}
    return {**text(), "type": kind, **parts}


@given(message=mangled() | JSON, told=JSON, contacts=st.lists(JSON | st.just(CONTACT), max_size=3))
def test_whatever_comes_is_an_item_that_can_be_stored(message: Any, told: Any, contacts: list[Any]) -> None:
    raw = json.dumps(changed(messages=[message], statuses=[told]) | {"contacts": contacts})
    found = items(json.loads(raw))
    assert len(found) == 2
    for each in found:
        if not isinstance(each, Skipped | Failed):
            msgspec.msgpack.encode(each)


@given(told=JSON, field=st.sampled_from(["messages", "group_participants_update", "calls", "account_update"]))
def test_whatever_a_change_holds_nothing_raises(told: Any, field: str) -> None:
    for name in ("messages", "statuses", "groups", "calls", "errors", "contacts"):
        raw = msgspec.json.encode(changed() | {name: told})
        try:
            value = value_of(json.loads(raw))
        except msgspec.ValidationError:
            continue
        list(Decoder("main").items(field, value, START))
