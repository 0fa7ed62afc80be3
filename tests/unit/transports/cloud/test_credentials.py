from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import pytest

from whinchat.core.errors import Refused
from whinchat.transports.cloud.credentials import LONGEST, SecretFile, proof


def renew(path: Path, content: bytes) -> None:
    """As rotation does it: written beside, and put in its place."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def test_a_new_secret_is_read_as_soon_as_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("  first\n")
    secret = SecretFile(path)
    assert secret.read() == "first"
    renew(path, b"second\n")
    assert secret.read() == "second"


def test_a_file_that_is_written_in_place_is_noticed_too(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    secret = SecretFile(path)
    secret.read()
    path.write_text("other")
    os.utime(path, ns=(1, 1))
    assert secret.read() == "other"


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe", b"two\nlines", b"x" * (LONGEST + 1)])
def test_while_a_file_holds_nonsense_the_old_secret_holds(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    secret = SecretFile(path)
    secret.read()
    renew(path, content)
    assert secret.read() == "first"
    renew(path, b"second")
    assert secret.read() == "second"


def test_while_a_file_is_away_the_old_secret_holds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    secret = SecretFile(path)
    secret.read()
    path.unlink()
    assert [secret.read(), secret.read()] == ["first", "first"]
    assert len(caplog.records) == 1
    path.write_text("second")
    assert secret.read() == "second"


@pytest.mark.parametrize("content", [None, b"", b"\xff"])
def test_without_any_secret_it_says_the_way_out(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused) as error:
        SecretFile(path).read()
    assert error.value.code == "no_secret"
    assert error.value.hint


def test_a_secret_is_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "token"
    path.write_text("EAAG-hidden")
    secret = SecretFile(path)
    secret.read()
    renew(path, b"EAAG-hidden two\nlines")
    secret.read()
    assert "EAAG" not in repr(secret) + caplog.text + str([vars(record) for record in caplog.records])


def test_the_proof_is_metas() -> None:
    assert proof("token", "secret") == hmac.new(b"secret", b"token", hashlib.sha256).hexdigest()
