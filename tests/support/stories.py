"""What the stories of the contract need of a stage, and say of it."""

from __future__ import annotations

import pytest
from tests.support.stages import RecordingSink, Stage

from whinchat.core.types import MessageRef


def needs(stage: Stage, *capabilities: str) -> None:
    """Skip the story where the transport lacks one of them."""
    lacks = [name for name in capabilities if not getattr(stage.transport.capabilities, name)]
    if lacks:
        pytest.skip(f"{stage.transport.account} cannot do: {', '.join(lacks)}")


def hears(stage: Stage, what: str) -> None:
    """Skip the story where the network does not tell of it."""
    if what in stage.unheard:
        pytest.skip(f"{stage.transport.account} is not told of {what}")


def own(stage: Stage, identity: str | None) -> MessageRef:
    assert identity is not None
    return MessageRef(stage.group, identity, "", from_me=True)


def texts(stage: Stage, sink: RecordingSink) -> list[str]:
    """What was said, in the order in which it came where the network keeps one."""
    return sink.texts() if stage.transport.capabilities.ordered else sorted(sink.texts(), key=_by_length)


def _by_length(text: str) -> tuple[int, str]:
    """Numbers in their order, words after them."""
    return len(text), text


async def offered(stage: Stage) -> None:
    """The fake offers only when it is told to; the others by themselves."""
    offer = getattr(stage.transport, "offer", None)
    if offer is not None:
        await offer()
