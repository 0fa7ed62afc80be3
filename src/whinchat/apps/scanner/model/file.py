"""The model in one file: a mark, the SHA-256 of what follows, and MessagePack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from whinchat.apps.scanner.model.curve import Curve
from whinchat.apps.scanner.model.grams import BUCKETS, ZERO, Grams
from whinchat.apps.scanner.model.trees import Trees
from whinchat.core.errors import SettingsError

SHIPPED = Path(__file__).parent / "data" / "shipped.model"
MARK = b"WHINCHAT-MODEL-1"
_HEAD = len(MARK) + hashlib.sha256().digest_size


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Everything learned."""

    version: str
    trained: str
    """Date of the newest link it learned from, ISO 8601: what its age counts from."""
    prior: float
    """Share of dangerous links that the probabilities assume."""
    features: tuple[str, ...]
    """Names, in the order of the vector that the trees read."""
    trees: Trees
    grams: Grams
    grounds: Mapping[str, float]
    """Public suffix, or host of a platform, to log-odds of danger, shrunk."""
    curves: Mapping[str, Curve]
    """By class of address."""

    def __post_init__(self) -> None:
        if len(self.grams.table) != BUCKETS:
            raise ValueError("the table of character runs has another size")
        datetime.fromisoformat(self.trained)  # a date, or ValueError

    def age_days(self, now: int) -> float:
        """Since the newest link it learned from. `now`: milliseconds UTC."""
        learned = datetime.fromisoformat(self.trained).replace(tzinfo=UTC).timestamp()
        return max(0.0, now / 1000 - learned) / 86_400


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Model).decode


def dump(model: Model, path: Path) -> None:
    body = _encode(model)
    path.write_bytes(MARK + hashlib.sha256(body).digest() + body)


def load(path: Path = SHIPPED) -> Model:
    """Raises SettingsError: there is no such file, or it is not as it was written."""
    hint = "Restore the file as it was shipped, or train a new one: make train"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(path.name, f"cannot be read ({error.strerror})", hint=hint) from error
    if data[: len(MARK)] != MARK:
        raise SettingsError(path.name, "is no model of this version", hint=hint)
    body = memoryview(data)[_HEAD:]
    if hashlib.sha256(body).digest() != data[len(MARK) : _HEAD]:
        raise SettingsError(path.name, "is damaged: its hash does not fit", hint=hint)
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise SettingsError(path.name, str(error), hint=hint) from error


@cache
def shipped() -> Model:
    """The model that ships, loaded once."""
    return load()


def blank() -> Model:
    """One that has learned nothing: training starts from it."""
    flat = Curve((0.0, 1.0), (0.0, 1.0))
    return Model(
        version="",
        trained="1970-01-01",
        prior=0.02,
        features=(),
        trees=Trees((), (), (), (), ()),
        grams=Grams(bytes([ZERO]) * BUCKETS, 1.0),
        grounds={},
        curves={"": flat},
    )
