"""The demo's bank: there with the demo, gone with it."""

from __future__ import annotations

import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.support.live import Child, until

from whinchat.cli.demo import sandbox
from whinchat.core.errors import Refused


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True  # it is there, and wants a token
    except OSError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_bank_ends_with_the_demo_however_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    demo = Child(["whinchat", "demo", "--port", "0", "--quiet"], tmp_path, "demo", {})
    try:
        until(lambda: "Ctrl-C ends it" in demo.output() or not demo.running, "the demo is up")
        _, bank, _ = re.findall(r"(http://\S+)\?token=", demo.output())
        assert answers(bank)
        demo.send(number)
        demo.wait()
        until(lambda: not answers(bank), "the bank has ended")
    finally:
        demo.kill()


def test_without_a_wallet_there_is_no_bank(tmp_path: Path) -> None:
    demo = Child(["whinchat", "demo", "--port", "0", "--quiet", "--no-wallet"], tmp_path, "demo", {})
    try:
        until(lambda: "Ctrl-C ends it" in demo.output() or not demo.running, "the demo is up")
        assert "Play money" not in demo.output()
        assert not (tmp_path / "var/demo/sandbox.db").exists()
    finally:
        demo.kill()


def test_a_bank_that_does_not_start_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Refused, match="did not start") as refused, sandbox(tmp_path):
        pass
    assert "--no-wallet" in refused.value.hint
