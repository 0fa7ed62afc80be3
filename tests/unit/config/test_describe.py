"""What people are shown of the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from whinchat.config import Origin, effective, example, load, read, reference, settings_of
from whinchat.core.secret import Secret

HOME = {"HOME": "/home/ana"}


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    level: Annotated[int, Meta(description="How much.")]
    api_key: Annotated[Secret | None, Meta(description="A key.")] = None
    note: Annotated[str, Meta(description="One | other.")] = "é"


APPS = {"demo": Demo}


def test_the_example_changes_nothing_until_it_is_edited(tmp_path: Path) -> None:
    file = tmp_path / "whinchat.toml"
    file.write_text(example({}), encoding="utf-8")
    assert load(file, HOME) == load(Path("/dev/null"), HOME)


def test_the_example_shows_each_default_as_it_would_be_written(tmp_path: Path) -> None:
    text = re.sub(r"^#(\w+ = .+)$", r"\1", example({}), flags=re.MULTILINE)
    file = tmp_path / "whinchat.toml"
    file.write_text(text, encoding="utf-8")
    loaded = read(file, HOME)
    assert loaded.settings == load(Path("/dev/null"), HOME)
    defaults = {key for key, setting in settings_of({}).items() if setting.default is None or setting.table}
    assert {key for key, origin in loaded.origins.items() if origin is Origin.DEFAULT} == defaults


def test_every_setting_is_in_the_example_and_in_the_reference_with_its_help() -> None:
    shown, page = " ".join(example(APPS).replace("#", "").split()), reference(APPS)
    for setting in (each for one in settings_of(APPS).values() for each in (one, *one.columns)):
        assert setting.help, setting.key
        assert f"[{setting.section.removesuffix('[]')}]" in shown
        written = f"[[{setting.key}]]" if setting.table else f"{setting.name} ="
        assert f"{setting.help} Allowed: {setting.allowed}. {written}" in shown
        assert f"| `{setting.name}` |" in page
        assert setting.help.replace("|", "\\|") in page
    assert "must be set" in page
    assert max(map(len, example(APPS).splitlines())) <= 120


def test_values_in_use_are_shown_with_their_origin_and_without_secrets(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("hush")
    env = {
        **HOME,
        "WHINCHAT_SERVICE__OWNERS": "+15550100",
        "WHINCHAT_TRANSPORT__SIMULATOR__TOKEN": "hush",
        "WHINCHAT_APPS__DEMO__LEVEL": "3",
        "WHINCHAT_APPS__DEMO__API_KEY_FILE": str(secret),
    }
    shown = {
        each.setting.key: (each.value, each.origin) for each in effective(read(Path("/dev/null"), env, APPS), APPS)
    }
    assert shown["apps.demo.level"] == ("3", Origin.ENVIRONMENT)
    assert shown["apps.demo.note"] == ('"é"', Origin.DEFAULT)
    assert shown["transport.simulator.token"] == ("***", Origin.ENVIRONMENT)
    assert shown["apps.demo.api_key"] == ("***", Origin.ENVIRONMENT)
    assert shown["apps.demo.api_key_file"] == ("***", Origin.ENVIRONMENT)
    assert shown["service.owners"] == ("***", Origin.ENVIRONMENT)
    assert shown["keys.path"] == ('"/home/ana/.config/whinchat/root.key"', Origin.DEFAULT)
    assert "transport.simulator.token_file" not in shown
    assert not any("hush" in value or "5550100" in value for value, _ in shown.values())


def test_nobody_set_is_shown_as_nobody() -> None:
    shown = {each.setting.key: each.value for each in effective(read(Path("/dev/null"), HOME), {})}
    assert shown["service.owners"] == "[]"
    assert shown["transport.simulator.token"] == ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    street: Annotated[str, Meta(description="Where.")]
    floors: Annotated[int, Meta(description="How high.", ge=1)] = 2


class Town(msgspec.Struct, frozen=True, kw_only=True):
    places: Annotated[tuple[Place, ...], Meta(description="Places.")] = ()


def test_tables_are_shown_one_setting_a_line(tmp_path: Path) -> None:
    file = tmp_path / "whinchat.toml"
    begin = example({"town": Town})
    own = begin[begin.index("# Places.") :]
    assert own == (
        "# Places. Allowed: a list of tables.\n#[[apps.town.places]]\n# Where. Allowed: text.\n#    street =\n"
        "# How high. Allowed: a whole number from 1.\n#    floors = 2\n"
    )
    filled = own.replace("#[[", "[[").replace("#    street =", '    street = "a"').replace("#    floors", "    floors")
    file.write_text(begin.replace(own, filled) + '[[apps.town.places]]\nstreet = "b"\n', encoding="utf-8")
    loaded = read(file, HOME, {"town": Town})
    shown = {each.setting.key: each.value for each in effective(loaded, {"town": Town}) if "town" in each.setting.key}
    assert shown == {
        "apps.town.places[0].street": '"a"',
        "apps.town.places[0].floors": "2",
        "apps.town.places[1].street": '"b"',
        "apps.town.places[1].floors": "2",
    }
    none = {each.setting.key: each.value for each in effective(read(Path("/dev/null"), HOME), {})}
    assert none["transport.cloud.numbers"] == "[]"
    assert "## [[apps.town.places]]" in reference({"town": Town})
