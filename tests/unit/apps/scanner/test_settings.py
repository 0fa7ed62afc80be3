from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import fields

from whinchat import config
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.core.secret import Secret

APPS = {"scanner": ScannerSettings}


def loaded(folder: Path, text: str, **env: str) -> ScannerSettings:
    (folder / "whinchat.toml").write_text(text)
    settings = config.load(folder / "whinchat.toml", env, APPS).apps["scanner"]
    assert isinstance(settings, ScannerSettings)
    return settings


def test_lists_are_set_by_their_names(tmp_path: Path) -> None:
    text = """
[apps.scanner.feeds.openphish]
enabled = true
[apps.scanner.feeds.mine]
url = "https://lists.lan/bad.csv"
format = "csv"
column = "domain"
trust = "evidence"
every = 30
"""
    found = {source.name: source for source in loaded(tmp_path, text).feed_sources()}
    assert found["openphish"].enabled
    assert (found["mine"].column, found["mine"].every, found["mine"].trust.value) == ("domain", 30, "evidence")


def test_a_key_in_the_environment_switches_its_list_on(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "", WHINCHAT_APPS__SCANNER__ABUSECH_AUTH_KEY="k3y")
    assert {source.name for source in settings.feed_sources() if source.enabled} == {"tweetfeed", "certpl", "urlhaus"}
    assert "k3y" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[apps.scanner.feeds.mine]\nevery = 30", "'mine' needs either a url or a file"),
        ("[apps.scanner.feeds.urlhaus]\nenabled = true", "'urlhaus' needs abusech_auth_key"),
        ('[apps.scanner.feeds.mine]\nurl = "ftp://lists.lan/"', "a table"),
        ('[apps.scanner.feeds.mine]\nurl = "https://ana:secret@lists.lan/"', "a table"),
        ("[apps.scanner.feeds.openphish]\nenable = true", "enable"),
        ("[apps.scanner.feeds.openphish]\nevery = 1", "every"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(config.SettingsErrors, match=words):
        loaded(tmp_path, text)


def test_sources_whose_terms_depend_on_who_asks_are_off_and_the_others_on(tmp_path: Path) -> None:
    sources = loaded(tmp_path, "").sources
    off = {field.name for field in fields(sources) if not getattr(sources, field.name).enabled}
    assert off == {"surbl", "uribl", "spamhaus"}


def test_a_source_is_switched_and_given_its_key_in_a_section_of_its_own(tmp_path: Path) -> None:
    text = '[apps.scanner.sources.phishtank]\nkey = "k"\n[apps.scanner.sources.urlhaus]\nenabled = false'
    sources = loaded(tmp_path, text).sources
    assert sources.phishtank.key == Secret("k")
    assert (sources.urlhaus.enabled, sources.threatfox.enabled) == (False, True)


@pytest.mark.parametrize(
    "text", ['[apps.scanner.sources.phishtank]\nkye = "s3cret"', "[apps.scanner]\nsources_seconds = 0.1"]
)
def test_a_source_that_is_not_set_as_it_must_be_is_refused_without_its_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(config.SettingsErrors) as error:
        loaded(tmp_path, text)
    assert "s3cret" not in str(error.value)
