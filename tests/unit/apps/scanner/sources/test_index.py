from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import fields
from tests.support.sources.scripted import World

from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources import index
from whinchat.apps.scanner.sources.about import Privacy, Sends
from whinchat.apps.scanner.sources.index import SOURCES
from whinchat.apps.scanner.sources.panel import Panel
from whinchat.apps.scanner.sources.settings import KeyedSettings, SourceSettings, SourcesSettings
from whinchat.core.secret import Secret
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.http import FakeHttp
from whinchat.testing.resolver import FakeResolver
from whinchat.testing.sealer import PlainSealer
from whinchat.testing.workers import InlineWorkers

KEY = Secret("k3y")


@dataclass
class Context:
    """What of an `AppContext` sources need."""

    world: World
    data: Path
    online: bool = True

    def __getattr__(self, name: str) -> Any:
        clock = self.world.clock
        given: dict[str, Any] = {
            "http": FakeHttp() if self.online else None,
            "resolver": FakeResolver() if self.online else None,
            "sealer": PlainSealer(),
            "limiter": TokenBuckets(clock),
            "workers": InlineWorkers(),
            "open_database": None,
        }
        return given[name] if name in given else getattr(self.world, name)


def panel(tmp_path: Path, settings: ScannerSettings, *, online: bool = True) -> Panel:
    context: Any = Context(World(), tmp_path, online)
    return index.open_panel(context, settings)


async def states(panel: Panel) -> dict[str, str]:
    return {each.about.name: each.state.value for each in await panel.overview()}


def test_every_source_has_a_name_of_its_own_and_a_section_in_the_settings() -> None:
    names = [entry.about.name for entry in SOURCES]
    assert len(set(names)) == len(names)
    assert set(names) == {field.name for field in fields(SourcesSettings)}


def test_what_a_source_needs_is_a_setting() -> None:
    for entry in SOURCES:
        index.missing(entry.about, ScannerSettings())


def test_cautious_chats_ask_nobody_who_learns_a_link() -> None:
    assert {entry.about.sends for entry in SOURCES if Privacy.HASH_ONLY.allows(entry.about.sends)} <= {
        Sends.NOTHING,
        Sends.HASH_PREFIX,
    }


async def test_a_source_with_its_key_is_up_and_one_without_is_off_and_says_what_is_missing(tmp_path: Path) -> None:
    keyed = panel(tmp_path, ScannerSettings(sources=SourcesSettings(phishtank=KeyedSettings(key=KEY))))
    found = await states(keyed)
    assert (found["phishtank"], found["urlhaus"]) == ("up", "off")
    (urlhaus,) = [each for each in await keyed.overview() if each.about.name == "urlhaus"]
    assert urlhaus.missing == ("apps.scanner.abusech_auth_key",)


async def test_one_key_of_abuse_ch_serves_both_of_its_sources(tmp_path: Path) -> None:
    found = await states(panel(tmp_path, ScannerSettings(abusech_auth_key=KEY)))
    assert (found["urlhaus"], found["threatfox"]) == ("up", "up")


async def test_what_is_switched_off_is_off(tmp_path: Path) -> None:
    off = SourcesSettings(urlhaus=SourceSettings(enabled=False))
    found = await states(panel(tmp_path, ScannerSettings(abusech_auth_key=KEY, sources=off)))
    assert (found["urlhaus"], found["threatfox"]) == ("off", "up")


async def test_offline_nobody_is_asked(tmp_path: Path) -> None:
    keyed = SourcesSettings(phishtank=KeyedSettings(key=KEY))
    found = await states(panel(tmp_path, ScannerSettings(abusech_auth_key=KEY, sources=keyed), online=False))
    assert set(found.values()) == {"off"}
