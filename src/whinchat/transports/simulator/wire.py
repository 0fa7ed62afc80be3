"""The frames between the transport and a world in another process: msgpack over a websocket at `/api/link`."""

from __future__ import annotations

import msgspec

from whinchat.core.types import Action, ChatRef, Group, Media, SendResult
from whinchat.transports.simulator.feed import Parcel

LONGEST_FRAME = 32 * 1024 * 1024  # bytes


class Acknowledge(msgspec.Struct, frozen=True, tag="ack"):
    positions: tuple[int, ...]


class Perform(msgspec.Struct, frozen=True, tag="perform"):
    id: int
    chat: ChatRef
    action: Action
    reference: str


class AskGroup(msgspec.Struct, frozen=True, tag="group"):
    id: int
    chat: ChatRef


class Download(msgspec.Struct, frozen=True, tag="download"):
    id: int
    media: Media
    max_bytes: int


Request = Perform | AskGroup | Download
ToWorld = Acknowledge | Request


class Parcels(msgspec.Struct, frozen=True, tag="parcels"):
    parcels: tuple[Parcel, ...]


class Performed(msgspec.Struct, frozen=True, tag="performed"):
    id: int
    value: SendResult


class Members(msgspec.Struct, frozen=True, tag="members"):
    id: int
    value: Group | None


class Downloaded(msgspec.Struct, frozen=True, tag="downloaded"):
    id: int
    value: bytes


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    id: int
    code: str
    message: str


Answer = Performed | Members | Downloaded | Failed
FromWorld = Parcels | Answer
