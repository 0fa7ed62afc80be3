"""`whinchat play` into a world that a service protects."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.live import TOKEN, Service, World, until, world_process

HEAD = "label\ttext\tsource\tdate\thas_url\n"


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[tuple[World, Service]]:
    with world_process(tmp_path) as world:
        service = Service(tmp_path, world)
        try:
            service.start()
            yield world, service
        finally:
            service.kill()


def test_recorded_messages_are_said_by_people_in_protected_groups(
    protected: tuple[World, Service], tmp_path: Path
) -> None:
    world, service = protected
    rows = [f"ham\thello {number}\tme\t2026\t0\n" for number in range(20)]
    bad = "spam\tsee https://paypa1-login.pages.dev/verify\tme\t2026\t1\n"
    file, token = tmp_path / "messages.tsv.gz", tmp_path / "token"
    file.write_bytes(gzip.compress((HEAD + "".join(rows) + bad).encode()))
    token.write_text(TOKEN)
    done = service.whinchat("play", str(file), "--world", world.address, "--token-file", str(token), "--groups", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("21 messages in ")
    bot = world.bot()["id"]
    until(lambda: any("paypa1" in said["content"]["text"] for said in world.said(bot)), "the warning")


def test_what_cannot_be_played_is_said(protected: tuple[World, Service], tmp_path: Path) -> None:
    world, service = protected
    file = tmp_path / "messages.tsv"
    file.write_text("no such columns\n")
    for arguments, told in (
        (["--world", world.address, "--token", TOKEN], "the first line has to be"),
        (["--world", world.address], "--token-file"),
        (["--world", world.address, "--token-file", str(tmp_path / "none")], "cannot be read"),
    ):
        failed = service.whinchat("play", str(file), *arguments)
        assert failed.returncode == 2
        assert told in failed.stderr
        assert "Traceback" not in failed.stderr
    file.write_text(HEAD + "ham\thello\tme\t2026\t0\n")
    for address, token in (("http://127.0.0.1:9", TOKEN), (world.address, "wrong")):
        failed = service.whinchat("play", str(file), "--world", address, "--token", token)
        assert failed.returncode == 2, failed.stderr
        assert "Traceback" not in failed.stderr
