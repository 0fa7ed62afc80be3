"""Linking a device: by the QR code that it shows, or by the code of eight characters that is typed on the phone.

Both as whatsmeow's pair.go and pair-code.go expect the other side of it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from pyaileys.auth.creds import KeyPair
from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.endpoint import CURVE
from tests.support.whatsapp.handlers import Handlers, Refusal
from tests.support.whatsapp.nodes import SERVER, Node, child, data, node, user_of
from tests.support.whatsapp.proto import P
from tests.support.whatsapp.stamps import new_id, now

REFS = 6
"""QR codes that a client shows in turn."""
ACCOUNT_PREFIX = b"\x06\x00"
ITERATIONS = 2 << 16
PATIENCE = 10
"""Seconds that a phone waits for the device."""
SALT, IV = 32, 16


@dataclass
class Entering:
    """A device that waits for its code being typed on a phone."""

    connection: Connection
    phone: str
    ref: bytes
    wrapped: bytes
    """Salt, initialization vector and the device's ephemeral public key, encrypted with the code."""
    platform: str
    ephemeral: KeyPair | None = None
    """The phone's."""
    linked: asyncio.Future[None] | None = None


class WrongCode(Exception):
    """What was typed on the phone is not what the device shows."""


class Pairing:
    def __init__(self) -> None:
        self._waiting: dict[str, Connection] = {}
        self._entering: dict[bytes, Entering] = {}
        self._accounts: dict[bytes, Account] = {}
        self._linked: dict[Connection, asyncio.Event] = {}

    def register(self, handlers: Handlers) -> None:
        handlers.iq("md", "set", "link_code_companion_reg", self._link_code)
        handlers.iq("md", "set", "remove-companion-device", _remove)
        handlers.stanza("iq", self._on_result)

    async def offer(self, connection: Connection) -> None:
        """To a client that is nobody's yet."""
        connection.refs = ["2@" + secrets.token_urlsafe(60) for _ in range(REFS)]
        self._waiting.update(dict.fromkeys(connection.refs, connection))
        refs = [node("ref", ref.encode()) for ref in connection.refs]
        offer = [node("pair-device", refs)]
        await connection.send(node("iq", offer, from_=SERVER, type="set", id=new_id(), xmlns="md"))

    # --- by QR code ---

    async def scan(self, account: Account, qr: str) -> None:
        """As the account's phone: link the device that shows this text. Returns when it confirmed."""
        ref, noise, identity, secret, *_ = qr.rpartition("#")[2].split(",")
        connection = self._waiting[ref]
        if base64.b64decode(noise) != connection.static:
            raise ValueError("the code is another client's")
        await self._link(connection, account, base64.b64decode(identity), base64.b64decode(secret))

    async def _link(self, connection: Connection, account: Account, identity: bytes, secret: bytes) -> None:
        device = account.link(connection.static, identity)
        connection.device = device
        confirmed = self._linked[connection] = asyncio.Event()
        success = [
            node("device-identity", _device_identity(account, identity, device.number, secret)),
            node("biz", name=""),
            node("platform", name="android"),
            node("device", jid=device.jid, lid=device.lid),
        ]
        stanza = node("iq", [node("pair-success", success)], from_=SERVER, type="set", id=new_id(), xmlns="md", t=now())
        await connection.send(stanza)
        async with asyncio.timeout(PATIENCE):
            await confirmed.wait()

    async def _on_result(self, connection: Connection, iq: Node) -> None:
        if child(iq, "pair-device-sign") is None or connection not in self._linked:
            return
        self._linked.pop(connection).set()
        connection.device = None  # it is, once it has logged in
        self._waiting = {ref: other for ref, other in self._waiting.items() if other is not connection}
        await connection.stream_error("515")

    # --- by a code of eight characters ---

    async def enter(self, account: Account, code: str) -> None:
        """As the account's phone: link the device that shows this code. Returns when it confirmed.

        Raises `WrongCode`.
        """
        entering = next(each for each in self._entering.values() if each.phone == account.phone)
        characters = code.replace("-", "").encode()
        entering.ephemeral = CURVE.generate_keypair()
        salt, iv = secrets.token_bytes(SALT), secrets.token_bytes(IV)
        wrapped = salt + iv + _cover(characters, salt, iv, entering.ephemeral.public)
        entering.wrapped = entering.wrapped[: SALT + IV] + _cover(
            characters, entering.wrapped[:SALT], entering.wrapped[SALT : SALT + IV], entering.wrapped[SALT + IV :]
        )
        self._accounts[entering.ref] = account
        hello = [
            node("link_code_pairing_wrapped_primary_ephemeral_pub", wrapped),
            node("primary_identity_pub", account.primary.identity.public),
            node("link_code_pairing_ref", entering.ref),
        ]
        told = node("link_code_companion_reg", hello, stage="primary_hello")
        entering.linked = asyncio.get_running_loop().create_future()
        await entering.connection.send(
            node("notification", [told], from_=SERVER, type="link_code_companion_reg", id=new_id(), t=now())
        )
        async with asyncio.timeout(PATIENCE):
            await entering.linked

    async def _link_code(self, connection: Connection, iq: Node) -> list[Node]:
        told = child(iq, "link_code_companion_reg")
        assert told is not None
        if told.attrs["stage"] == "companion_hello":
            return [self._hello(connection, told)]
        entering = self._entering.pop(data(told, "link_code_pairing_ref"), None)
        if entering is None:
            raise Refusal(404, "item-not-found")
        connection.whatsapp.spawn(self._finish(entering, told))
        return []

    def _hello(self, connection: Connection, told: Node) -> Node:
        if not data(told, "companion_platform_display"):
            raise Refusal(400, "bad-request")
        ref = secrets.token_urlsafe(40).encode()
        self._entering[ref] = Entering(
            connection,
            user_of(told.attrs["jid"]),
            ref,
            data(told, "link_code_pairing_wrapped_companion_ephemeral_pub"),
            data(told, "companion_platform_id").decode(),
        )
        return node("link_code_companion_reg", [node("link_code_pairing_ref", ref)], stage="companion_hello")

    async def _finish(self, entering: Entering, told: Node) -> None:
        """Both know the code, so both come to the same secret; the device's part of it is in the bundle."""
        account, ephemeral, linked = self._accounts.pop(entering.ref), entering.ephemeral, entering.linked
        assert ephemeral is not None
        assert linked is not None
        shared = CURVE.shared_key(ephemeral.private, entering.wrapped[SALT + IV :])
        bundle, identity = data(told, "link_code_pairing_wrapped_key_bundle"), data(told, "companion_identity_public")
        key = _derive(shared, bundle[:32], b"link_code_pairing_key_bundle_encryption_key")
        try:
            plain = AESGCM(key).decrypt(bundle[32:44], bundle[44:], None)
        except InvalidTag:
            linked.set_exception(WrongCode())
            return
        if plain[:32] != identity or plain[32:64] != account.primary.identity.public:
            raise ValueError("the key bundle names other identities")
        agreed = CURVE.shared_key(account.primary.identity.private, identity)
        secret = _derive(shared + agreed + plain[64:], None, b"adv_secret")
        await self._link(entering.connection, account, identity, secret)
        linked.set_result(None)


async def _remove(connection: Connection, _: Node) -> list[Node]:
    """The client unlinks itself."""
    device = connection.linked
    device.connection = None
    await device.account.unlink(device)
    return []


def _device_identity(account: Account, identity: bytes, number: int, secret: bytes) -> bytes:
    details = P.ADVDeviceIdentity(rawId=1, timestamp=int(now()), keyIndex=number).SerializeToString()
    key = account.primary.identity
    signed = P.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=key.public,
        accountSignature=CURVE.sign(key.private, ACCOUNT_PREFIX + details + identity),
    ).SerializeToString()
    seal = hmac.new(secret, signed, hashlib.sha256).digest()
    return bytes(P.ADVSignedDeviceIdentityHMAC(details=signed, hmac=seal).SerializeToString())


def _cover(code: bytes, salt: bytes, iv: bytes, key: bytes) -> bytes:
    """Encrypts and decrypts an ephemeral public key with what is typed."""
    derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, ITERATIONS).derive(code)
    return Cipher(algorithms.AES(derived), modes.CTR(iv)).encryptor().update(key)


def _derive(material: bytes, salt: bytes | None, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, purpose).derive(material)
