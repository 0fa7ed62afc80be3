from __future__ import annotations

import msgspec
import pytest

from whinchat.core.secret import Secret


def test_it_is_seen_only_when_asked_for() -> None:
    secret = Secret("correct horse")
    assert secret.reveal() == "correct horse"
    for seen in (str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{[secret]}"):
        assert "horse" not in seen
        assert "***" in seen


def test_encoders_do_not_give_it_away() -> None:
    assert msgspec.json.encode({"token": Secret("correct horse")}, enc_hook=str) == b'{"token":"***"}'
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret("correct horse"))


def test_equal_secrets_are_equal() -> None:
    assert Secret("é") == Secret("é")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
