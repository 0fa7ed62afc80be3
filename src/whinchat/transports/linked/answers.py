"""What the library's calls return.

Calls that answer with a text (`Logout`, `MarkRead`, `SetGroupAnnounce`, …) say the error, or nothing: `failure`.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from whinchat.transports.linked import wire
from whinchat.transports.linked.decode_groups import group_state
from whinchat.transports.linked.items import GroupState, Identities, Undecodable
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import bare, message_id, seconds, text


class Failure(msgspec.Struct, frozen=True):
    """Why the library did not do it, without anything personal."""

    code: str
    """`reach_out_locked` (463), `rate_limited`, `forbidden`, `not_in_group`, `no_such_group`, `no_such_user`, `gone`,
    `corrupt`, `too_large`, `no_connection`, `disconnected`, `timeout`, `not_logged_in`, `bad_number`, `bad_request`,
    `unreachable`, `storage`, `server_<number>`, `unknown_error`."""
    left: bool
    """The request may have left the machine: what became of it is unknown."""
    retryable: bool


class Sent(msgspec.Struct, frozen=True):
    message_id: str
    time: int
    """Milliseconds, by the server's clock (which tells seconds)."""


class Uploaded(msgspec.Struct, frozen=True):
    url: str
    direct_path: str
    media_key: bytes
    file_sha256: bytes
    file_enc_sha256: bytes
    size: int


LONGEST: Final = 4096  # characters of an error
UNSENT: Final = False
LEFT: Final = True

# In this order: the library wraps the reason into what it was about to do (whatsmeow `errors.go`, `send.go`, `user.go`,
# `upload.go`, `pair-code.go`). Only the last step of sending leaves the outcome open.
ERRORS: Final = (
    (r"server returned error 463", "reach_out_locked", UNSENT, False),
    (r"server returned error 429|status 429", "rate_limited", UNSENT, True),
    (r"websocket not connected", "no_connection", UNSENT, True),
    (r"doesn't contain a device JID|not logged in|client not found", "not_logged_in", UNSENT, False),
    (r"^failed to send message node", "disconnected", LEFT, True),
    (r"not participating in that group", "not_in_group", UNSENT, False),
    (r"group does not exist", "no_such_group", UNSENT, False),
    (r"no LID found for", "no_such_user", UNSENT, False),
    (r"status 40[135]: |don't have the permission", "forbidden", UNSENT, False),
    (r"status 404: ", "not_found", UNSENT, False),
    (r"with status code 413", "too_large", UNSENT, False),
    (r"database is locked|disk I/O error|database or disk is full", "storage", UNSENT, True),
    (r"^timed out waiting for message send response", "timeout", LEFT, True),
    (r"^websocket disconnected before", "disconnected", LEFT, True),
    (r"^info query timed out|^context (?:deadline exceeded|canceled)", "timeout", LEFT, True),
    (
        r"^failed to (?:add|encrypt|fetch|get|marshal|prefetch|resolve|save|send usync|store)",
        "unreachable",
        UNSENT,
        True,
    ),
    (r"media connections|^failed to execute request", "unreachable", UNSENT, True),
    (
        r"status 40[06]: |phone number (?:too short|required)|proto:|unknown (?:user )?server",
        "bad_request",
        UNSENT,
        False,
    ),
)
_ERRORS: Final = tuple((re.compile(pattern), code, left, again) for pattern, code, left, again in ERRORS)
_SERVER: Final = re.compile(r"(?:returned error|returned status|with status code) (\d{3})\b")


def failure(said: str) -> Failure | None:
    """The error text of a call, as a code. None for an empty text."""
    if not said:
        return None
    for pattern, code, left, retryable in _ERRORS:
        if pattern.search(said):
            return Failure(code, left, retryable)
    number = _SERVER.search(said)
    if number is not None:
        return Failure(f"server_{number[1]}", UNSENT, number[1].startswith("5"))
    return Failure("unknown_error", LEFT, retryable=False)


M = TypeVar("M", bound=wire.Message)


def sent(data: bytes) -> Sent | Failure:
    """Of `SendMessage`. Raises Undecodable, as all of these."""
    answer = _read(wire.SendMessageReturnFunction, data)
    failed = failure(text(answer.Error, LONGEST))
    if failed is not None:
        return failed
    id_ = message_id(answer.SendResponse.ID)
    if not id_:
        raise Undecodable("a message was sent without an id")
    return Sent(id_, seconds(answer.SendResponse.Timestamp))


def uploaded(data: bytes) -> Uploaded | Failure:
    """Of `Upload`."""
    answer = _read(wire.UploadReturnFunction, data)
    failed = failure(text(answer.Error, LONGEST))
    if failed is not None:
        return msgspec.structs.replace(failed, left=UNSENT)  # nobody has seen anything of it
    found = answer.UploadResponse
    path = text(found.DirectPath, 4096)
    if not path.startswith("/") or not found.MediaKey:
        raise Undecodable("a file was uploaded to nowhere")
    return Uploaded(
        text(found.url, 4096), path, found.MediaKey, found.FileSHA256, found.FileEncSHA256, found.FileLength
    )


def group(data: bytes, identities: Identities) -> GroupState | Failure:
    """Of `GetGroupInfo`."""
    answer = _read(wire.GetGroupInfoReturnFunction, data)
    return failure(text(answer.Error, LONGEST)) or group_state(answer.GroupInfo, People(identities))


def participants(data: bytes) -> dict[str, str] | Failure:
    """Of `UpdateGroupParticipants`: bare id and, where it failed for that one, an error code ("" otherwise).

    A person is there under each id that the network gave.
    """
    answer = _read(wire.UpdateGroupParticipantsReturnFunction, data)
    failed = failure(text(answer.Error, LONGEST))
    if failed is not None:
        return failed
    return {
        id_: f"server_{each.Error}" if each.Error else ""
        for each in answer.participants
        for id_ in map(bare, (each.JID, each.LID, each.PhoneNumber))
        if id_
    }


def pair_code(data: bytes) -> str | Failure:
    """Of `PairPhone`: `ABCD-2345`."""
    answer = _read(wire.PairPhoneReturnFunction, data)
    failed = failure(text(answer.Error, LONGEST))
    if failed is not None and failed.code == "bad_request":
        return msgspec.structs.replace(failed, code="bad_number")
    return failed or text(answer.Code, 32)


def person(data: bytes) -> str | Failure | None:
    """Of `GetLIDFromPN` and `GetPNFromLID`: the bare id, or None when the library does not know it."""
    answer = _read(wire.GetJIDFromStoreReturnFunction, data)
    return failure(text(answer.Error, LONGEST)) or bare(answer.Jid) or None


def _read(kind: type[M], data: bytes) -> M:
    try:
        return kind.FromString(data)
    except wire.DecodeError as error:
        raise Undecodable("the library's answer cannot be read") from error
