"""One device of somebody's that is not the bot's: its Signal identity, its sessions and its sender keys."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from pyaileys.auth.creds import KeyPair, SignedKeyPair
from pyaileys.auth.state import AuthenticationState
from pyaileys.auth.utils import init_auth_creds
from pyaileys.signal.repository import PreKeyBundle, PreKeyBundleKey, SignalError, SignalRepository
from pyaileys.signal.util import signal_pubkey
from tests.support.whatsapp.curve import Curve
from tests.support.whatsapp.nodes import Node, child, data, node
from tests.support.whatsapp.proto import Message, P
from tests.support.whatsapp.state import State

DJB = b"\x05"
"""How Signal names this kind of curve."""
ARCHIVED = 5
"""How many sessions with one device are kept when a new one takes their place."""
CURVE = Curve()


class Identity(msgspec.Struct, frozen=True):
    """What of an endpoint outlives the server's process."""

    private: bytes
    public: bytes
    signed_private: bytes
    signed_public: bytes
    signature: bytes
    registration: int


def new_identity() -> Identity:
    key, signed = CURVE.generate_keypair(), CURVE.generate_keypair()
    signature = CURVE.sign(key.private, signal_pubkey(signed.public))
    registration = secrets.randbelow(16380) + 1
    return Identity(key.private, key.public, signed.private, signed.public, signature, registration)


class Keys:
    """Where `pyaileys` keeps keys; sessions that are replaced are kept a while."""

    def __init__(self, owner: str, state: State) -> None:
        self._owner = owner
        self._state = state

    async def get(self, key_type: str, ids: list[str]) -> dict[str, Any]:
        found = {key: self._state.get(f"{self._owner}/{key_type}", key) for key in ids}
        return {key: _value(key_type, raw) for key, raw in found.items() if raw is not None}

    async def set(self, data: Mapping[str, Mapping[str, Any | None]]) -> None:
        for key_type, values in data.items():
            for key, value in values.items():
                raw = msgspec.msgpack.encode(value) if isinstance(value, dict) else value
                self._state.put(f"{self._owner}/{key_type}", key, raw)

    async def clear(self) -> None:
        raise NotImplementedError("nobody clears an endpoint")

    def session(self, address: str) -> bytes | None:
        return self._state.get(f"{self._owner}/session", address)

    def use(self, address: str, session: bytes | None) -> None:
        self._state.put(f"{self._owner}/session", address, session)

    def archived(self, address: str) -> list[bytes]:
        """The latest first."""
        raw = self._state.get(f"{self._owner}/archive", address)
        return msgspec.msgpack.decode(raw, type=list[bytes]) if raw is not None else []

    def archive(self, address: str, sessions: list[bytes]) -> None:
        self._state.put(f"{self._owner}/archive", address, msgspec.msgpack.encode(sessions[:ARCHIVED]))


def _value(key_type: str, raw: bytes) -> object:
    return msgspec.msgpack.decode(raw) if key_type == "pre-key" else raw


class Endpoint:
    """`owner` names it in the state. Peers are addressed by the id of the device, as `15551112222:1@lid`."""

    def __init__(self, owner: str, state: State) -> None:
        self.owner = owner
        self._state = state
        self._keys = Keys(owner, state)
        self._counter = 0
        self._take(self._stored() or new_identity())

    def renew(self) -> None:
        """As after installing anew: another identity, and nothing is known of any session."""
        for kind in ("session", "archive", "identity-key", "pre-key", "sender-key"):
            for key in self._state.all(f"{self.owner}/{kind}"):
                self._state.put(f"{self.owner}/{kind}", key, None)
        self._take(new_identity())

    def _stored(self) -> Identity | None:
        raw = self._state.get("identity", self.owner)
        return msgspec.msgpack.decode(raw, type=Identity) if raw is not None else None

    def _take(self, identity: Identity) -> None:
        self.identity = identity
        self._state.put("identity", self.owner, msgspec.msgpack.encode(identity))
        creds = init_auth_creds()
        creds.signed_identity_key = KeyPair(identity.public, identity.private)
        signed = KeyPair(identity.signed_public, identity.signed_private)
        creds.signed_pre_key = SignedKeyPair(signed, identity.signature, 1)
        creds.registration_id = identity.registration
        self.repository = SignalRepository(AuthenticationState(creds, self._keys), curve=CURVE)

    # --- direct messages ---

    def has_session(self, peer: str) -> bool:
        return self._keys.session(self._address(peer)) is not None

    def forget(self, peer: str) -> None:
        """The next message to that device starts a new session."""
        address = self._address(peer)
        if (session := self._keys.session(address)) is not None:
            self._keys.archive(address, [session, *self._keys.archived(address)])
            self._keys.use(address, None)

    async def meet(self, peer: str, bundle: PreKeyBundle) -> None:
        """Start a session with that device."""
        self.forget(peer)
        await self.repository.inject_outgoing_session(peer, bundle)

    async def encrypt(self, peer: str, message: Message) -> Node:
        """The `<enc>` of a message for a device that there is a session with."""
        kind, sealed = await self.repository.encrypt_message(peer, data=padded(message))
        return node("enc", sealed, v="2", type=kind)

    async def decrypt(self, peer: str, enc: Node) -> Message:
        """What a device sent. Raises `SignalError`."""
        kind, sealed = enc.attrs["type"], data(enc)
        address = self._address(peer)
        before = self._keys.session(address)
        try:
            plain = await self.repository.decrypt_message(peer, message_type=kind, ciphertext=sealed)
        except (SignalError, ValueError) as error:
            plain = await self._decrypt_archived(peer, kind, sealed, error)
        else:
            if before is not None and kind == "pkmsg" and _base_key(before) != _base_key(self._keys.session(address)):
                self._keys.archive(address, [before, *self._keys.archived(address)])
        return unpadded(plain)

    async def _decrypt_archived(self, peer: str, kind: str, sealed: bytes, error: Exception) -> bytes:
        """Both may have started a session at the same moment, so that one was replaced before its first answer."""
        address = self._address(peer)
        before, archived = self._keys.session(address), self._keys.archived(address)
        for index, session in enumerate(archived):
            self._keys.use(address, session)
            try:
                plain = await self.repository.decrypt_message(peer, message_type=kind, ciphertext=sealed)
            except (SignalError, ValueError):
                continue
            rest = archived[:index] + archived[index + 1 :]
            self._keys.archive(address, [before, *rest] if before is not None else rest)
            return plain
        self._keys.use(address, before)
        raise SignalError("no session decrypts it") from error

    def _address(self, peer: str) -> str:
        return str(self.repository.jid_to_address(peer))

    # --- what the server gives out of it ---

    async def bundle(self) -> list[Node]:
        """What is needed to start a session with this device, with a one-time key of its own."""
        return [
            node("registration", self.identity.registration.to_bytes(4, "big")),
            node("type", DJB),
            *await self.keys(),
        ]

    async def keys(self) -> list[Node]:
        number, pair = secrets.randbelow(1 << 23) + 1, CURVE.generate_keypair()
        await self._keys.set({"pre-key": {str(number): {"public": pair.public, "private": pair.private}}})
        signed = [_key_id(1), node("value", self.identity.signed_public), node("signature", self.identity.signature)]
        return [
            node("identity", self.identity.public),
            node("skey", signed),
            node("key", [_key_id(number), node("value", pair.public)]),
        ]


def padded(message: Message) -> bytes:
    length = secrets.randbelow(15) + 1
    return bytes(message.SerializeToString()) + bytes([length]) * length


def unpadded(plain: bytes) -> Message:
    return P.Message.FromString(plain[: -plain[-1]])


def read_bundle(parent: Node) -> PreKeyBundle:
    """From the nodes that a device uploads, gives with a retry receipt, or is described by."""
    keys = child(parent, "keys") or parent
    one_time = child(keys, "key")
    return PreKeyBundle(
        int.from_bytes(data(parent, "registration"), "big"),
        signal_pubkey(data(keys, "identity")),
        PreKeyBundleKey(
            int.from_bytes(data(keys, "skey", "id"), "big"),
            signal_pubkey(data(keys, "skey", "value")),
            data(keys, "skey", "signature"),
        ),
        read_key(one_time) if one_time is not None else None,
    )


def write_bundle(bundle: PreKeyBundle) -> list[Node]:
    signed, one_time = bundle.signed_pre_key, bundle.pre_key
    skey = [_key_id(signed.key_id), node("value", signed.public_key[1:]), node("signature", signed.signature)]
    return [
        node("registration", bundle.registration_id.to_bytes(4, "big")),
        node("type", DJB),
        node("identity", bundle.identity_key[1:]),
        node("skey", skey),
        *([node("key", [_key_id(one_time.key_id), node("value", one_time.public_key[1:])])] if one_time else []),
    ]


def read_key(one_time: Node) -> PreKeyBundleKey:
    return PreKeyBundleKey(int.from_bytes(data(one_time, "id"), "big"), signal_pubkey(data(one_time, "value")))


def _key_id(number: int) -> Node:
    return node("id", number.to_bytes(3, "big"))


def _base_key(session: bytes | None) -> bytes:
    return bytes(P.RecordStructure.FromString(session or b"").currentSession.aliceBaseKey)
