"""`whinchat admin` over a real database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from whinchat import bootstrap, config
from whinchat.admin.sessions import Sessions
from whinchat.cli.main import main
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.infra.clock import SystemClock

Run = Callable[..., int]


async def sessions() -> tuple[Sessions, Audit, Callable[[], Awaitable[None]]]:
    settings = config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})
    database, sealer = await bootstrap.prepare(settings)
    audit = Audit(database, sealer, SystemClock())
    return Sessions(database, sealer, SystemClock(), Random(1), audit), audit, database.close


@pytest.fixture
def whinchat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command over a database of a service that ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "root.key"))

    async def make() -> None:
        _, _, close = await sessions()
        await close()

    asyncio.run(make())
    return lambda *arguments: main(["admin", *arguments])


def test_a_link_signs_in(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert whinchat("link") == 0
    found = re.fullmatch(r"http://127\.0\.0\.1:8466/admin/sign-in\?token=(\S+)\n", capsys.readouterr().out)
    assert found is not None

    async def use() -> str | None:
        opened, _, close = await sessions()
        try:
            return await opened.redeem(found[1], "?")
        finally:
            await close()

    assert asyncio.run(use()) is not None


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("0.0.0.0", "80", "http://127.0.0.1:80/"),
        ("::1", "80", "http://[::1]:80/"),
        ("::", "0", "http://127.0.0.1:PORT/"),
        ("whinchat.lan", "8466", "http://whinchat.lan:8466/"),
    ],
)
def test_the_link_can_be_opened(
    whinchat: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
    port: str,
    address: str,
) -> None:
    monkeypatch.setenv("WHINCHAT_PRIVATE__HOST", host)
    monkeypatch.setenv("WHINCHAT_PRIVATE__PORT", port)
    assert whinchat("link") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{address}admin/sign-in?token=")
    assert ("PORT" in printed.err) is (port == "0")


def test_everybody_is_signed_out(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert whinchat("sign-out") == 0
    assert capsys.readouterr().out == "nobody was signed in\n"

    async def sign_in() -> None:
        opened, _, close = await sessions()
        for _ in range(2):
            await opened.redeem(await opened.new_link(), "?")
        await close()

    async def noted() -> tuple[list[tuple[Via, str]], int]:
        opened, audit, close = await sessions()
        entries = [(entry.via, entry.action) for entry in await audit.page()]
        left = len(await opened.all())
        await close()
        return entries, left

    asyncio.run(sign_in())
    assert whinchat("sign-out") == 0
    assert capsys.readouterr().out == "signed out: 2 browsers\n"
    entries, left = asyncio.run(noted())
    assert left == 0
    assert entries[0] == (Via.CLI, "admin.sign_out_all")


def test_without_a_database_there_is_nothing_to_sign_in_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    assert main(["admin", "link"]) == 2
    assert "whinchat run" in capsys.readouterr().err
