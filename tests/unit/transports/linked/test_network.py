"""Linked accounts as the service puts them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from whinchat.core.errors import Refused
from whinchat.core.ports import Linkable
from whinchat.core.secret import Secret
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked import network
from whinchat.transports.linked.migrations import MIGRATIONS
from whinchat.transports.network import Network


@dataclass(frozen=True)
class Chosen:
    accounts: tuple[str, ...] = ("one", "two")
    proxy: Secret | None = None
    memory_mb: int = 120
    first_contact: bool = False
    typing: bool = True
    per_minute: float = 20.0


def build(chosen: Chosen, folder: Path) -> Network:
    return network.build(
        chosen,
        folder,
        FakeHttp(),
        MemoryDatabase(MIGRATIONS),
        PlainSealer(),
        FakeClock(),
        Random(1),
        RecordedMetrics(),
    )


async def test_each_account_is_a_transport_with_a_health_check(tmp_path: Path) -> None:
    built = build(Chosen(), tmp_path)
    assert [transport.account for transport in built.transports] == ["one", "two"]
    assert all(isinstance(transport, Linkable) for transport in built.transports)
    findings = [await check.check() for check in built.health]
    assert [finding.ok for finding in findings] == [False, False]
    assert built.transports[0].capabilities.groups
    assert list(tmp_path.iterdir()) == []  # nothing is made before it starts


def test_an_impossible_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        build(Chosen(accounts=("../bot",)), tmp_path)


def test_a_proxy_is_only_for_the_library(tmp_path: Path) -> None:
    built = build(Chosen(proxy=Secret("http://user:word@proxy.example")), tmp_path)
    assert "word" not in repr(vars(built.transports[0]))


def test_each_account_has_a_key_of_its_own_for_what_a_dying_process_leaves() -> None:
    keys = {network.parking_key(PlainSealer(), account) for account in ("one", "two")}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {32}
