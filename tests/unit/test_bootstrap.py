"""What may meet what, and what is on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from whinchat import bootstrap
from whinchat.bootstrap import APPS, mixtures, taking_part
from whinchat.cli import doctor
from whinchat.config import Keys, Settings, Storage, Transport
from whinchat.core.errors import SettingsError
from whinchat.core.secret import Secret


def settings(kind: str = "simulator", **wallet: Any) -> Settings:
    apps = {spec.name: spec.settings() for spec in APPS}
    return Settings(
        transport=cast("Transport", SimpleNamespace(kind=kind)),
        apps={**apps, "wallet": replace(apps["wallet"], **wallet)},
    )


@pytest.mark.parametrize(
    ("kind", "backend"), [("simulator", None), ("whatsapp", None), ("simulator", "sandbox"), ("whatsapp", "blink")]
)
def test_played_money_goes_with_a_played_world_and_real_money_with_the_real_one(kind: str, backend: str | None) -> None:
    assert list(mixtures(settings(kind, backend=backend))) == []
    assert doctor.backends(settings(kind, backend=backend)).ok


@pytest.mark.parametrize(("kind", "backend"), [("simulator", "flash"), ("simulator", "blink"), ("whatsapp", "sandbox")])
async def test_what_does_not_belong_together_does_not_start(kind: str, backend: str, tmp_path: Path) -> None:
    mixed = replace(settings(kind, backend=backend), storage=Storage(data=tmp_path / "data"))
    with pytest.raises(SettingsError, match=r"apps\.wallet\.backend") as refused:
        await bootstrap.build(mixed)
    assert "simulator goes with the sandbox" in refused.value.hint
    assert not (tmp_path / "data").exists()
    found = doctor.backends(mixed)
    assert (found.ok, found.critical, found.hint) == (False, True, refused.value.hint)


def test_without_a_backend_there_is_no_wallet() -> None:
    def names(given: Settings) -> set[str]:
        return {command.name for app in taking_part(given) for command in app.commands}

    assert {"help", "check"} <= names(settings())
    assert not {"send", "balance", "link"} & names(settings())
    assert {"send", "balance", "link"} <= names(settings(backend="sandbox"))


async def test_a_backend_elsewhere_and_a_service_that_asks_nobody_do_not_go_together(tmp_path: Path) -> None:
    far = replace(
        settings(backend="sandbox", url="http://bank.example/graphql", service_token=Secret("t")),
        transport=Transport(),
        storage=Storage(data=tmp_path / "data"),
        keys=Keys(path=tmp_path / "root.key"),
    )
    with pytest.raises(SettingsError, match=r"apps\.wallet\.url.*service\.offline") as refused:
        await bootstrap.build(replace(far, service=replace(far.service, offline=True)))
    assert "service.offline to false" in refused.value.hint
