"""`whinchat sandbox`, as a process."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.wallet.desk import PATIENCE, sandbox_process
from tests.support.wallet.teller import ME, SEND

from whinchat.cli.sandbox import sandbox
from whinchat.core.errors import Refused


def balances(state: Any) -> dict[str, Decimal]:
    """Cents by username."""
    return {each["username"]: Decimal(each["wallets"][0]["balance"]) for each in state["accounts"]}


def test_a_killed_bank_comes_back_with_everything(tmp_path: Path) -> None:
    options = ("--data", "bank.db", "--accounts", "demo", "--token-file", "token", "--profile", "flash")
    with sandbox_process(*options, folder=tmp_path) as bank:
        assert (tmp_path / "token").read_text() == bank.told["token"]
        assert bank.graphql(ME, bank.told["service_token"])["data"]["me"]["username"] == "service_account"
        people = {each["username"]: each for each in bank.state()["accounts"]}
        token = bank.do("token", account=people["ana"]["id"])["token"]
        given = {
            "walletId": people["ana"]["wallets"][0]["id"],
            "recipientWalletId": people["bob"]["wallets"][0]["id"],
            "amount": 125,
        }
        bank.do("fault", fault="pending_settles", seconds=0.5)
        paid = bank.graphql(SEND, token, input=given)
        assert paid["data"]["intraLedgerUsdPaymentSend"]["status"] == "PENDING"
        before = balances(bank.state())
        bank.started.send_signal(signal.SIGKILL)
        bank.started.wait(PATIENCE)
    with sandbox_process(*options, folder=tmp_path) as bank:
        found = balances(bank.state())
        assert found["ana"] == before["ana"] == 12_500 - 125
        while found["bob"] == 4_200:
            found = balances(bank.state())
        assert found["bob"] == 4_325
        assert len(found) == 5
        assert bank.graphql(ME, token)["data"]["me"]["username"] == "ana"
        assert bank.stop() == 0


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    with sandbox_process("--parent", folder=tmp_path) as bank:
        assert bank.started.stdin is not None
        bank.started.stdin.write("still here\n")
        bank.started.stdin.flush()
        assert bank.state()["profile"] == "sandbox"
        bank.started.stdin.close()
        assert bank.started.wait(PATIENCE) == 0


def test_it_ends_by_interrupt_and_outlives_an_input_that_ends(tmp_path: Path) -> None:
    with sandbox_process(folder=tmp_path) as bank:
        assert bank.started.stdin is not None
        bank.started.stdin.close()
        assert bank.state()["accounts"]
        bank.started.send_signal(signal.SIGINT)
        assert bank.started.wait(PATIENCE) == 0


# --- without a process --------------------------------------------------------------------------------------------


def refusal(*options: str) -> Refused:
    result = CliRunner().invoke(sandbox, options)
    assert isinstance(result.exception, Refused)
    return result.exception


def test_people_are_told_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whinchat.cli.sandbox.stopped_by_signal", stopped_at_once)
    result = CliRunner().invoke(sandbox, ["--token", "T"])
    assert result.exception is None
    names = [line.partition(":")[0] for line in result.output.splitlines()]
    assert names == ["graphql", "page", "token", "service_token", "custody_token", "Ctrl-C ends it."]


def stopped_at_once() -> asyncio.Event:
    stopped = asyncio.Event()
    stopped.set()
    return stopped


def test_a_port_in_use_is_refused_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "--port" in refusal("--port", str(taken.getsockname()[1])).hint


def test_a_file_of_another_profile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whinchat.cli.sandbox.stopped_by_signal", stopped_at_once)
    data = str(tmp_path / "bank.db")
    assert CliRunner().invoke(sandbox, ["--data", data, "--profile", "flash"]).exception is None
    assert "another backend" in str(refusal("--data", data, "--profile", "blink"))


def test_without_its_library_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert "whinchat[sandbox]" in refusal().hint


def test_one_token_is_enough(tmp_path: Path) -> None:
    result = CliRunner().invoke(sandbox, ["--token", "T", "--token-file", str(tmp_path / "token")])
    assert result.exit_code == 2
    assert "--token or --token-file" in result.output
