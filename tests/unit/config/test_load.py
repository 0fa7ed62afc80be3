"""What the operator writes, and what comes of it."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from whinchat.config import Origin, Settings, SettingsErrors, load, read, settings_of
from whinchat.core.errors import SettingsError
from whinchat.core.secret import Secret

HOME = {"HOME": "/home/ana"}


class Mood(enum.StrEnum):
    CALM = "calm"
    KEEN = "keen"


class Source(msgspec.Struct, frozen=True):
    url: str
    hours: int = 6


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    links: Annotated[int, Meta(ge=1, le=100, description="Links judged at once.")] = 20


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """An application's settings, with every kind of value that one may have."""

    api_key: Annotated[Secret, Meta(description="Key of a source.")]
    eager: Annotated[bool, Meta(description="Whether to hurry.")] = False
    weights: Annotated[tuple[float, ...], Meta(description="Weights.")] = (0.5,)
    sources: Annotated[tuple[Source, ...], Meta(description="Sources.")] = ()
    least: Annotated[Annotated[int, Meta(ge=3)] | None, Meta(description="At least.")] = None
    mood: Annotated[Mood, Meta(description="Mood.")] = Mood.CALM
    names: Annotated[tuple[Annotated[str, Meta(title="name")], ...], Meta(description="Names.")] = ()
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if sum(self.weights) > 10:
            raise ValueError("the weights are more than 10 together")


APPS = {"demo": Demo}


def written(folder: Path, text: str) -> Path:
    file = folder / "whinchat.toml"
    file.write_text(text, encoding="utf-8")
    return file


def errors_of(
    path: Path | None, env: Mapping[str, str], apps: Mapping[str, type[msgspec.Struct]]
) -> list[SettingsError]:
    with pytest.raises(SettingsErrors) as caught:
        load(path, env, apps)
    return list(caught.value.errors)


def test_nothing_has_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(env=HOME)
    assert found.storage.data == Path("var/data")
    assert found.storage.database == Path("var/data/whinchat.db")
    assert found.keys.path == Path("/home/ana/.config/whinchat/root.key")
    assert found.apps == {}


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = written(tmp_path, '[service]\nbacklog = 10\nlanguage = "de"\n[log]\nlevel = "error"\n')
    env = {**HOME, "WHINCHAT_SERVICE__BACKLOG": "20", "WHINCHAT_LOG__FORMAT": "text"}
    loaded = read(file, env)
    assert (loaded.settings.service.backlog, loaded.settings.service.language) == (20, "de")
    assert (loaded.settings.log.level, loaded.settings.log.format) == ("error", "text")
    origins = {key: loaded.origins[key] for key in ("service.backlog", "service.language", "service.prefix")}
    assert list(origins.values()) == [Origin.ENVIRONMENT, Origin.FILE, Origin.DEFAULT]
    assert loaded.file == file


def test_the_file_in_the_working_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "[private]\nport = 1234\n")
    monkeypatch.chdir(tmp_path)
    assert load(env=HOME).private.port == 1234


def test_the_process_environment_is_the_default_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_PRIVATE__PORT", "4321")
    assert load().private.port == 4321


@pytest.mark.parametrize(
    ("written_as", "env", "means"),
    [
        ("~/data", HOME, "/home/ana/data"),
        ("$XDG_CONFIG_HOME/x", HOME, "/home/ana/.config/x"),
        ("$XDG_CONFIG_HOME/x", {**HOME, "XDG_CONFIG_HOME": "/etc/ana"}, "/etc/ana/x"),
        ("/srv/data", HOME, "/srv/data"),
        ("data", HOME, "data"),
        (".", HOME, "."),
    ],
)
def test_paths_may_begin_at_home(written_as: str, env: dict[str, str], means: str, tmp_path: Path) -> None:
    found = load(written(tmp_path, ""), {**env, "WHINCHAT_STORAGE__DATA": written_as})
    assert found.storage.data == Path(means)


def test_an_application_gets_its_own_type(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        [apps.demo]
        api_key = "k-1"
        eager = true
        weights = [1, 2.5]
        least = 3
        sources = [{ url = "file:list", hours = 2 }]
        limits.links = 5
        mood = "keen"
        names = ["one"]
        """,
    )
    demo = load(file, HOME, APPS).apps["demo"]
    assert demo == Demo(
        api_key=Secret("k-1"),
        eager=True,
        weights=(1.0, 2.5),
        least=3,
        sources=(Source("file:list", 2),),
        limits=Limits(links=5),
        mood=Mood.KEEN,
        names=("one",),
    )


def test_lists_and_words_in_the_environment(tmp_path: Path) -> None:
    env = {
        **HOME,
        "WHINCHAT_APPS__DEMO__API_KEY": "k-2",
        "WHINCHAT_APPS__DEMO__EAGER": "true",
        "WHINCHAT_APPS__DEMO__WEIGHTS": "1, 2.5,",
        "WHINCHAT_APPS__DEMO__LIMITS__LINKS": "7",
        "WHINCHAT_SERVICE__OWNERS": "+15550100,owner@example",
    }
    found = load(written(tmp_path, ""), env, APPS)
    demo = found.apps["demo"]
    assert isinstance(demo, Demo)
    assert (demo.eager, demo.weights, demo.limits.links) == (True, (1.0, 2.5), 7)
    assert found.service.owners == ("+15550100", "owner@example")


def test_a_secret_may_come_from_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k-3\n")
    file = written(tmp_path, f'[apps.demo]\napi_key_file = "{tmp_path}/key"\n')
    loaded = read(file, HOME, APPS)
    demo = loaded.settings.apps["demo"]
    assert isinstance(demo, Demo)
    assert demo.api_key.reveal() == "k-3"
    assert loaded.origins["apps.demo.api_key"] is Origin.FILE


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "not UTF-8"), (None, "cannot be read: No such file")],
)
def test_a_bad_secret_file_is_named(content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY_FILE": str(tmp_path / "key")}
    (error,) = errors_of(written(tmp_path, ""), env, APPS)
    assert error.key == "apps.demo.api_key_file"
    assert says in str(error)


def test_a_secret_has_one_place(tmp_path: Path) -> None:
    env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY_FILE": "x", "WHINCHAT_APPS__DEMO__API_KEY": "hush"}
    (error,) = errors_of(written(tmp_path, ""), env, APPS)
    assert "beside apps.demo.api_key" in str(error)


def test_what_must_be_set_is_asked_for(tmp_path: Path) -> None:
    (error,) = errors_of(written(tmp_path, ""), HOME, APPS)
    assert (error.key, "is not set" in str(error)) == ("apps.demo.api_key", True)
    assert "[apps.demo]" in error.hint
    assert "WHINCHAT_APPS__DEMO__API_KEY" in error.hint


def test_an_applications_own_rule(tmp_path: Path) -> None:
    env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY": "k", "WHINCHAT_APPS__DEMO__WEIGHTS": "6,6"}
    (error,) = errors_of(written(tmp_path, ""), env, APPS)
    assert str(error) == "apps.demo: the weights are more than 10 together"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """
    storage = 3
    servce.language = "en"
    [service]
    backlogg = 4
    backlog = "many"
    [apps.dmo]
    eager = true
    [apps.demo]
    api_key = "k"
    sources = [{ url = 1 }]
    """
    env = {**HOME, "WHINCHAT_LOG__LEVEL": "loud", "WHINCHAT_LOG__COLOUR": "red", "WHINCHAT_APPS__DEMO__MOOD": "blue"}
    with pytest.raises(SettingsErrors) as caught:
        load(written(tmp_path, text), env, APPS)
    told = {error.key: f"{error} {error.hint}" for error in caught.value.errors}
    assert "9 settings are wrong" in str(caught.value)
    assert all(f"  {error}\n    {error.hint}" in str(caught.value) for error in caught.value.errors)
    assert "[storage]" in told["storage"]
    assert "service" in told["servce"]
    assert "service.backlog?" in told["service.backlogg"]
    assert '"many"' in told["service.backlog"]
    assert "from 1 to 1000000" in told["service.backlog"]
    assert "apps.demo?" in told["apps.dmo"]
    assert '"loud" in WHINCHAT_LOG__LEVEL' in told["log.level"]
    assert "log.colour" in told
    assert '"calm", "keen"' in told["apps.demo.mood"]
    assert told["apps.demo.sources[0].url"].startswith("apps.demo.sources[0].url: found 1 in ")


def test_a_variable_with_one_underscore_too_few_is_pointed_out(tmp_path: Path) -> None:
    (error,) = errors_of(written(tmp_path, ""), {**HOME, "WHINCHAT_STORAGE_DATA": "x"}, {})
    assert "WHINCHAT_STORAGE__DATA" in error.hint


def test_other_peoples_variables_are_left_alone(tmp_path: Path) -> None:
    """Kubernetes sets such variables for a service that is called whinchat."""
    env = {**HOME, "WHINCHAT_PORT": "tcp://10.0.0.1:80", "WHINCHAT_SERVICE_HOST": "10.0.0.1", "OTHER__NAME": "x"}
    assert load(written(tmp_path, ""), env) == load(written(tmp_path, ""), HOME)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[storage\n", "line 1"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"data = \xff", "not UTF-8"),
    ],
)
def test_a_file_that_is_not_toml(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "whinchat.toml"
    file.write_bytes(content)
    (error,) = errors_of(file, HOME, {})
    assert error.key == str(file)
    assert says in str(error)
    assert error.hint


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (missing,) = errors_of(tmp_path / "none.toml", HOME, {})
    (folder,) = errors_of(tmp_path, HOME, {})
    assert "no such file" in str(missing)
    assert "cannot be read: Is a directory" in str(folder)


@pytest.mark.parametrize(
    ("env", "key"),
    [
        ({"WHINCHAT_KEYS__PATH": "var/data/root.key"}, "keys.path"),
        ({"WHINCHAT_KEYS__PATH": "var/other/../data/deep/root.key"}, "keys.path"),
        ({"WHINCHAT_PUBLIC__PORT": "8466"}, "public.port"),
        ({"WHINCHAT_TRANSPORT__SIMULATOR__WORLD": "http://127.0.0.1:8470"}, "transport.simulator.token"),
        ({"WHINCHAT_TRANSPORT__KIND": "whatsapp"}, "transport.kind"),
        ({"WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": "main,spare,main"}, "transport.linked.accounts"),
        ({"WHINCHAT_TRANSPORT__LINKED__PROXY": "ftp://bob:hush@proxy:21"}, "transport.linked.proxy"),
    ],
)
def test_settings_that_do_not_go_together(env: dict[str, str], key: str, tmp_path: Path) -> None:
    (error,) = errors_of(written(tmp_path, ""), {**HOME, **env}, {})
    assert error.key == key
    assert error.hint
    assert "hush" not in str(error)


# --- every setting, wrong in every way ----------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, ...]] = {
    "a whole number": ("text", 1.5, True, [1], {"a": 1}, -1, 10**7),
    "a number": ("text", True, [1.0], {"a": 1}, -1.0, 1e9, float("nan"), float("inf")),
    "one of": ("loud", 3, True, ["json"], ""),
    "a path": (3, True, ["x"], "", "  "),
    "text": (3, True, ["x"], "", "  "),
    "a list": ("x", 3, [3], [""], [" "], {"a": 1}),
    "true or false": (3, "yes", [3], {"a": 1}, "", 1.5),
    "": (3, True, ["x"], {"a": 1}, "", " ", "x y", "http://bob:hush@example.com", "a" * 300),
}


OWN = settings_of({})


def wrong_values(key: str) -> tuple[Any, ...]:
    return next(values for kind, values in WRONG.items() if OWN[key].allowed.startswith(kind))


def as_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ a = 1 }"
    return str(value).lower() if isinstance(value, bool | float) else repr(value)


@pytest.mark.parametrize("turn", range(max(map(len, WRONG.values()))))
def test_every_setting_given_something_wrong_says_so(turn: int, tmp_path: Path) -> None:
    wrong = {key: values[turn % len(values)] for key in OWN if (values := wrong_values(key))}
    errors = errors_of(
        written(tmp_path, "".join(f"{key} = {as_toml(value)}\n" for key, value in wrong.items())), HOME, {}
    )
    assert [error.key for error in errors] == list(OWN)
    for error in errors:
        setting = OWN[error.key]
        assert setting.allowed in str(error)
        assert "whinchat.toml" in str(error)
        assert error.hint
        assert "hush" not in str(error)
        assert len(str(error)) < 400
        assert ("not shown" in str(error)) == setting.hidden


def test_a_misspelt_setting_is_suggested(tmp_path: Path) -> None:
    env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY": "k"}
    known = settings_of(APPS)
    errors = errors_of(written(tmp_path, "".join(f"{key}x = 1\n" for key in known)), env, APPS)
    assert {error.key: error.hint for error in errors} == {f"{key}x": f"Did you mean {key}?" for key in known}


def test_a_key_that_would_disturb_a_terminal_is_escaped(tmp_path: Path) -> None:
    (error,) = errors_of(written(tmp_path, '"\\u001b[2J" = 1\n'), HOME, {})
    assert str(error).isprintable()


@given(key=st.sampled_from(sorted(settings_of(APPS))) | st.text(max_size=20), text=st.text(max_size=40))
def test_whatever_the_environment_holds_is_read_or_refused(key: str, text: str) -> None:
    env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY": "k", "WHINCHAT_" + key.replace(".", "__").upper(): text}
    with contextlib.suppress(SettingsErrors):
        assert isinstance(load(Path("/dev/null"), env, APPS), Settings)


def test_the_transport_gets_its_token_in_the_clear(tmp_path: Path) -> None:
    file = written(tmp_path, '[transport.simulator]\nworld = "http://127.0.0.1:8470"\ntoken = "hush"\n')
    assert load(file, HOME).transport.simulator.secret == "hush"
    assert load(written(tmp_path, ""), HOME).transport.simulator.secret is None


def test_tables_in_the_environment_are_json_and_a_mistake_is_named_where_it_is(tmp_path: Path) -> None:
    def told(value: str) -> dict[str, str]:
        env = {**HOME, "WHINCHAT_APPS__DEMO__API_KEY": "k", "WHINCHAT_APPS__DEMO__SOURCES": value}
        try:
            demo = load(written(tmp_path, ""), env, APPS).apps["demo"]
        except SettingsErrors as refused:
            return {error.key: f"{error} {error.hint}" for error in refused.errors}
        assert isinstance(demo, Demo)
        return {source.url: str(source.hours) for source in demo.sources}

    assert told('[{"url": "one"}, {"url": "two", "hours": 1}]') == {"one": "6", "two": "1"}
    assert told("") == {}
    wrong = told('[{"url": "one"}, {"hours": "six", "ur": "two"}]')
    assert set(wrong) == {f"apps.demo.sources[1].{name}" for name in ("url", "hours", "ur")}
    assert "is not set Set it under [[apps.demo.sources]]" in wrong["apps.demo.sources[1].url"]
    assert "Did you mean apps.demo.sources[1].url?" in wrong["apps.demo.sources[1].ur"]
    assert "a whole number" in wrong["apps.demo.sources[1].hours"]
    for broken in ("[", "{}", "[1]", "one,two"):
        assert "as JSON in WHINCHAT_APPS__DEMO__SOURCES" in told(broken)["apps.demo.sources"]
