"""Which accounts may be set up, and what an operator is told who got one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from whinchat.config import Settings, SettingsErrors, load
from whinchat.config.transports import conflicts
from whinchat.core.errors import SettingsError

HOME = {"HOME": "/home/ana"}
SECRETS = ("token", "app_secret", "verify_token")


def number(folder: Path, name: str = "shop", number_id: str = "106540352242922", mode: int = 0o600) -> str:
    """A number as it is written in the file, with its secrets beside it."""
    lines = ["[[transport.cloud.numbers]]", f'name = "{name}"', f'phone_number_id = "{number_id}"']
    lines.append('business_account_id = "102290129340398"')
    for secret in SECRETS:
        file = folder / secret
        file.write_text("hush")
        file.chmod(mode)
        lines.append(f'{secret}_file = "{file}"')
    return "\n".join([*lines, ""])


def read(folder: Path, text: str) -> Settings:
    file = folder / "whinchat.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, HOME)


def told(folder: Path, text: str) -> dict[str, SettingsError]:
    with pytest.raises(SettingsErrors) as refused:
        read(folder, text)
    return {error.key: error for error in refused.value.errors}


BEGIN = """
public.port = 8467
[transport]
kind = "whatsapp"
linked.accounts = ["main", "spare"]
linked.proxy = "socks5://bob:hush@proxy.example:1080"
"""


def test_linked_and_cloud_accounts_side_by_side(tmp_path: Path) -> None:
    found = read(tmp_path, BEGIN + number(tmp_path) + number(tmp_path, "help", "106540352242923")).transport
    assert found.linked.accounts == ("main", "spare")
    assert [each.name for each in found.cloud.numbers] == ["shop", "help"]
    first = found.cloud.numbers[0]
    assert (first.token_file, first.template, first.per_second) == (tmp_path / "token", "", 80)
    assert list(conflicts(found, public_port=8467, offline=False)) == []


def test_paths_of_a_number_may_begin_at_home(tmp_path: Path) -> None:
    text = number(tmp_path).replace(str(tmp_path), "~/secrets")
    assert read(tmp_path, text).transport.cloud.numbers[0].token_file == Path("/home/ana/secrets/token")


def test_a_number_needs_the_public_port(tmp_path: Path) -> None:
    error = told(tmp_path, BEGIN.replace("8467", "0") + number(tmp_path))["public.port"]
    assert "transport.cloud.numbers" in str(error)
    assert "/whatsapp" in error.hint


def test_every_account_has_a_name_and_an_id_of_its_own(tmp_path: Path) -> None:
    errors = told(tmp_path, BEGIN + number(tmp_path, "main"))
    assert 'two accounts are named "main"' in str(errors["transport.cloud.numbers"])
    errors = told(tmp_path, BEGIN + number(tmp_path) + number(tmp_path, "help"))
    assert "phone_number_id 106540352242922" in str(errors["transport.cloud.numbers"])


@pytest.mark.parametrize(
    ("line", "instead", "key", "says"),
    [
        ('name = "shop"', 'name = "Shop 1"', "name", "small letters"),
        ('"106540352242922"', '"+15550100"', "phone_number_id", "digits in quotes"),
        ('"106540352242922"', "106540352242922", "phone_number_id", "digits in quotes"),
        ('business_account_id = "102290129340398"', "", "business_account_id", "is not set"),
        ('name = "shop"', 'nme = "shop"', "nme", "no such setting"),
        ('name = "shop"', 'name = "shop"\nper_second = 0', "per_second", "from 1 to 1000"),
        ('name = "shop"', 'name = "shop"\ntemplate = "Two Words"', "template", "name of a template"),
    ],
)
def test_a_mistake_in_a_number_is_named(line: str, instead: str, key: str, says: str, tmp_path: Path) -> None:
    errors = told(tmp_path, BEGIN + number(tmp_path).replace(line, instead))
    assert says in str(errors[f"transport.cloud.numbers[0].{key}"])


def test_files_of_secrets_must_be_there_and_private(tmp_path: Path) -> None:
    text = BEGIN + number(tmp_path)
    (tmp_path / "token").chmod(0o644)
    (tmp_path / "app_secret").unlink()
    (tmp_path / "verify_token").unlink()
    (tmp_path / "verify_token").mkdir(0o700)
    errors = told(tmp_path, text)
    assert "open to others (0644)" in str(errors["transport.cloud.numbers[0].token_file"])
    assert errors["transport.cloud.numbers[0].token_file"].hint == f"chmod 600 {tmp_path}/token"
    assert "cannot be read: No such file" in str(errors["transport.cloud.numbers[0].app_secret_file"])
    assert "is no file" in str(errors["transport.cloud.numbers[0].verify_token_file"])
    assert "hush" not in "".join(map(str, errors.values()))


def test_accounts_may_stay_in_the_file_while_the_simulator_is_tried(tmp_path: Path) -> None:
    text = BEGIN.replace('"whatsapp"', '"simulator"').replace("8467", "0") + number(tmp_path, mode=0o644)
    assert read(tmp_path, text).transport.kind == "simulator"


def test_whatsapp_is_not_on_this_machine(tmp_path: Path) -> None:
    offline = BEGIN.replace("public.port", "service.offline = true\npublic.port")
    assert "apps.scanner.privacy" in told(tmp_path, offline + number(tmp_path))["service.offline"].hint
    near = offline.replace("bob:hush@proxy.example:1080", "bob:hush@127.0.0.1:3128")
    assert read(tmp_path, near).service.offline  # what stands in for it is
    assert "service.offline" in told(tmp_path, near + number(tmp_path))
    here = near + 'cloud.api = "http://127.0.0.1:9000"\n' + number(tmp_path)
    assert read(tmp_path, here).service.offline
