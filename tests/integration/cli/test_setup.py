"""`whinchat setup`, with somebody who answers and with nobody."""

from __future__ import annotations

import errno
import json
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from whinchat.cli import doctor_accounts
from whinchat.cli.common import Invocation
from whinchat.cli.main import VERBS, build
from whinchat.config import load
from whinchat.core.app import Finding
from whinchat.core.errors import Refused
from whinchat.infra import files

Setup = Callable[..., Result]
CLOUD = ["--network", "cloud", "--phone-number-id", "106540352242922", "--business-account-id", "102290129340398"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_PRIVATE__PORT", "0")
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "root.key"))
    found = {"cloud main: token": Finding(ok=True, detail="valid, with all permissions")}
    monkeypatch.setattr(doctor_accounts, "cloud", lambda settings: found if settings.transport.cloud.numbers else {})
    return tmp_path


@pytest.fixture
def setup(folder: Path) -> Setup:
    """Run it with these options; `answers`: what somebody types, a line each."""

    def run(*options: str, answers: list[str] | None = None) -> Result:
        typed = "".join(f"{line}\n" for line in answers or [])
        arguments = ["setup", *options, *([] if answers is not None else ["--no-input"])]
        return CliRunner().invoke(build(VERBS), arguments, input=typed, obj=Invocation(), standalone_mode=False)

    assert folder.exists()
    return run


def values(folder: Path, name: str = "whinchat.toml") -> dict[str, Any]:
    return tomllib.loads((folder / name).read_text())


def refusal(result: Result) -> Refused:
    assert isinstance(result.exception, Refused), result.output
    return result.exception


def test_a_simulated_world_needs_no_answers(setup: Setup, folder: Path) -> None:
    result = setup()
    assert "is written" in result.output
    assert "private port" in result.output  # the doctor has looked
    assert values(folder)["transport"] == {"kind": "simulator"}
    assert stat.S_IMODE((folder / "whinchat.toml").stat().st_mode) == 0o600
    assert "# Language of chats that have not chosen one." in (folder / "whinchat.toml").read_text()


def test_somebody_answers_for_a_linked_device(setup: Setup, folder: Path) -> None:
    answers = ["linked", "store", "de", "+49 151", "+49 151 00000000", "y", "Main!", "main, spare", "blink"]
    result = setup(answers=answers)
    assert result.exception is None
    assert "WhatsApp's terms do not allow" in result.output
    assert "GPL-3.0" in result.output
    assert "country's code" in result.output
    found = values(folder)
    assert found["transport"] == {"kind": "whatsapp", "linked": {"accounts": ["main", "spare"]}}
    assert found["service"] == {"language": "de", "owners": ["+4915100000000"]}
    assert found["storage"] == {"data": "store"}
    assert found["apps"] == {"wallet": {"backend": "blink"}}
    assert "whinchat pair" in result.output
    assert "main is not linked, spare is not linked" in result.output


def test_without_consent_nothing_is_linked(setup: Setup, folder: Path) -> None:
    assert "consent" in str(refusal(setup("--network", "linked")))
    result = setup(answers=["linked", "", "", "", "n"])
    assert "consent" in str(refusal(result))
    assert "--network cloud" in refusal(result).hint
    assert list(folder.iterdir()) == []


def test_somebody_answers_for_the_cloud_and_the_secrets_get_files_of_their_own(setup: Setup, folder: Path) -> None:
    answers = ["cloud", "", "", "", "0", "8500", "Shop", "shop", "+15550100", "106540352242922", "102290129340398"]
    result = setup(answers=[*answers, "hush-token", "hush-secret", "", "none"])
    assert result.exception is None, result.output
    (number,) = values(folder)["transport"]["cloud"]["numbers"]
    assert (number["name"], number["phone_number_id"]) == ("shop", "106540352242922")
    assert values(folder)["public"] == {"port": 8500}
    kept = {kind: Path(number[f"{kind}_file"]) for kind in ("token", "app_secret", "verify_token")}
    assert kept["token"].read_text() == "hush-token\n"
    assert kept["app_secret"].read_text() == "hush-secret\n"
    assert len(kept["verify_token"].read_text()) > 30
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.values()} == {0o600}
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert "hush" not in result.output
    assert "hush" not in (folder / "whinchat.toml").read_text()
    assert str(kept["verify_token"]) in result.output.replace("\n", "")
    assert "subscribe to `messages`, `account_update` and `phone_number_quality_update`" in result.output
    assert "cloud main: token" in result.output
    assert load(folder / "whinchat.toml", {"HOME": "/home/ana"}).transport.cloud.numbers[0].name == "shop"


def test_a_script_names_files_for_the_secrets(setup: Setup, folder: Path) -> None:
    files = []
    for kind in ("token", "app-secret", "verify-token"):
        (folder / kind).write_text("hush")
        (folder / kind).chmod(0o600)
        files += [f"--{kind}-file", kind]
    assert setup(*CLOUD, *files, "--account", "shop", "--public-port", "8500").exception is None
    (number,) = values(folder)["transport"]["cloud"]["numbers"]
    assert number["token_file"] == str(folder / "token")
    assert not (folder / "secrets").exists()


def test_settings_that_are_not_right_are_not_written(setup: Setup, folder: Path) -> None:
    (folder / "token").write_text("hush")
    (folder / "token").chmod(0o644)
    result = setup(*CLOUD, "--token-file", "token", "--app-secret-file", "token")
    assert "open to others (0644)" in str(refusal(result))
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["token"]
    assert list((folder / "secrets").iterdir()) == []  # the verify token that was made is gone again


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--network", "cloud"], "--phone-number-id is needed"),
        (CLOUD, "--token-file is needed"),
        (["--network", "cloud", "--phone-number-id", "+15550100"], "cannot be used"),
        (["--network", "cloud", "--account", "a", "--account", "b"], "one number"),
        (["--network", "linked", "--accept-risk", "--account", "A b"], "cannot be used"),
        (["--owner", "0151"], "cannot be used"),
        (["--wallet", "blink"], "does not go with this network"),
    ],
)
def test_what_is_missing_or_wrong_is_named(setup: Setup, folder: Path, options: list[str], says: str) -> None:
    refused = refusal(setup(*options))
    assert says in str(refused)
    assert refused.hint
    assert list(folder.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over_unasked(setup: Setup, folder: Path) -> None:
    (folder / "whinchat.toml").write_text("# mine\n")
    assert "there already" in str(refusal(setup()))
    stopped = setup(answers=["n"])
    assert stopped.exception is not None
    assert (folder / "whinchat.toml").read_text() == "# mine\n"
    assert setup(answers=["y", "simulator", "", "", "", ""]).exception is None
    assert (folder / "whinchat.toml.old").read_text() == "# mine\n"
    assert setup("--force").exception is None
    assert values(folder)["transport"]["kind"] == "simulator"


def test_a_second_secret_does_not_replace_the_first(setup: Setup, folder: Path) -> None:
    answers = [*["cloud"], *[""] * 3, "", "", "106540352242922", "102290129340398", "one", "one", "", "none"]
    assert setup(answers=answers).exception is None
    assert setup("--force", answers=["two" if each == "one" else each for each in answers]).exception is None
    assert (folder / "secrets" / "main-token").read_text() == "one\n"
    assert (folder / "secrets" / "main-token-2").read_text() == "two\n"


def test_a_folder_that_cannot_be_written_to(setup: Setup, folder: Path) -> None:
    (folder / "whinchat.toml.new").mkdir()
    assert "cannot be written" in str(refusal(setup()))


ANSWERS = ["cloud", *[""] * 5, "106540352242922", "102290129340398", "hush", "hush", "", "none"]


def test_secrets_that_the_settings_name_are_kept(setup: Setup, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(path: Path) -> None:
        if (folder / "whinchat.toml").exists():
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files, "sync", sync)
    refused = refusal(setup(answers=ANSWERS))
    (number,) = values(folder)["transport"]["cloud"]["numbers"]
    assert all(Path(number[f"{kind}_file"]).exists() for kind in ("token", "app_secret", "verify_token"))
    assert f"{folder / 'whinchat.toml'} cannot be written" in str(refused)


def test_settings_that_cannot_be_replaced_stay(setup: Setup, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "whinchat.toml").write_text("# mine\n")
    replace = Path.replace

    def broken(path: Path, target: Path) -> Path:
        if path.suffix == ".new":
            raise OSError(errno.EIO, "Input/output error", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", broken)
    assert "cannot be written" in str(refusal(setup("--force", answers=ANSWERS)))
    assert (folder / "whinchat.toml").read_text() == "# mine\n"
    assert sorted(path.name for path in folder.iterdir()) == ["secrets", "whinchat.toml"]
    assert list((folder / "secrets").iterdir()) == []


def test_what_is_wrong_on_the_machine_ends_with_1(setup: Setup, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_accounts, "_loaded_version", lambda _: "")
    result = setup("--network", "linked", "--accept-risk")
    assert result.return_value == 1
    assert "linked devices" in result.output
    assert json.dumps("main") in (folder / "whinchat.toml").read_text()
