from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support import feed_verbs
from tests.support.feed_verbs import Settings, Storage

from whinchat.apps.scanner.cli_sources import sources
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.index import SOURCES
from whinchat.apps.scanner.sources.settings import SourceSettings, SourcesSettings, SubmittingSettings
from whinchat.core.errors import Refused
from whinchat.core.ports import Database, Resolver, Sealer
from whinchat.core.secret import Secret
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import Answer
from whinchat.testing.resolver import FakeResolver
from whinchat.testing.sealer import PlainSealer

KEY = Secret("k3y")
URLHAUS = "https://urlhaus-api.abuse.ch/v1"
UNKNOWN = Answer(b'{"query_status": "no_results"}')


@dataclass
class Given(feed_verbs.Given):
    data: MemoryDatabase | None = field(default_factory=lambda: MemoryDatabase(MIGRATIONS))

    @contextlib.asynccontextmanager
    async def open_data(self) -> AsyncIterator[tuple[Database, Sealer]]:
        if self.data is None:
            raise Refused("there is no database yet")
        yield self.data, PlainSealer()

    @contextlib.asynccontextmanager
    async def open_resolver(self) -> AsyncIterator[Resolver | None]:
        yield None if self.settings.service.offline else FakeResolver()


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(Settings(Storage(tmp_path), apps={"scanner": ScannerSettings(abusech_auth_key=KEY)}))


def run(given: Given, *arguments: str) -> Result:
    return CliRunner().invoke(sources, arguments, obj=given, standalone_mode=False)


def told(given: Given, *arguments: str) -> dict[str, dict[str, Any]]:
    lines = map(json.loads, run(given, "--json", *arguments).output.splitlines())
    return {line["source"]: line for line in lines}


def test_lists_every_source_with_what_it_sees_and_what_it_lacks(given: Given) -> None:
    rows = told(given)
    assert list(rows) == [entry.about.name for entry in SOURCES]
    assert (rows["urlhaus"]["state"], rows["urlhaus"]["sees"], rows["urlhaus"]["missing"]) == ("on", "url", [])
    assert rows["phishtank"]["state"] == "off"
    assert rows["phishtank"]["missing"] == ["apps.scanner.sources.phishtank.key"]
    assert all(row["terms"].startswith("https://") for row in rows.values())
    assert given.http.asked == []


def test_people_get_a_table_and_the_terms(given: Given) -> None:
    output = run(given).output
    assert "PhishTank" in output
    assert "apps.scanner.sources.phishtank.key" in output
    assert "URLhaus: https://abuse.ch/terms-of-use/" in output
    assert "k3y" not in output


def test_what_is_switched_off_is_off(given: Given) -> None:
    chosen = SourcesSettings(urlhaus=SourceSettings(enabled=False))
    given.settings.apps["scanner"] = ScannerSettings(abusech_auth_key=KEY, sources=chosen)
    assert told(given)["urlhaus"]["state"] == "off"


def test_offline_all_are_off_and_nobody_is_asked(given: Given) -> None:
    given.settings.service.offline = True
    assert {row["state"] for row in told(given, "--check").values()} == {"off"}
    assert given.http.asked == []


def test_a_check_asks_each_that_is_on_about_a_harmless_link(given: Given) -> None:
    given.http.answer(f"{URLHAUS}/url/", UNKNOWN)
    given.http.answer(f"{URLHAUS}/host/", UNKNOWN)
    assert told(given, "--check")["urlhaus"]["state"] == "up"
    assert b"example.com" in given.http.asked[0].body


def test_a_wrong_key_is_said_and_ends_with_1(given: Given) -> None:
    given.http.answer(f"{URLHAUS}/url/", Answer(b'{"query_status": "unknown_auth_key"}', 403))
    result = run(given, "--check", "--json")
    assert result.return_value == 1
    assert '"state": "refused"' in result.output


def test_a_list_of_what_is_on_ends_with_0(given: Given) -> None:
    assert run(given).return_value == 0


def test_shows_what_is_left_of_a_quota_and_a_check_never_exceeds_it(given: Given) -> None:
    chosen = SourcesSettings(virustotal=SubmittingSettings(key=KEY))
    given.settings.apps["scanner"] = ScannerSettings(sources=chosen)
    assert [each["left"] for each in told(given)["virustotal"]["quotas"]] == [4, 500]
    for left in (3, 2, 1, 0):
        told(given, "--check")
        assert told(given)["virustotal"]["quotas"][0]["left"] == left
    assert told(given, "--check")["virustotal"]["state"] == "quota"


def test_before_the_first_start_there_is_nothing_spent_to_show(given: Given) -> None:
    given.data = None
    assert all(row["quotas"] == [] for row in told(given).values())
