"""Which networks the settings name, and that nothing of the others is loaded."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from random import Random

from whinchat import networks
from whinchat.config import CloudNumber, CloudTransport, LinkedTransport, Settings, Storage, Transport
from whinchat.core.engine import Ports
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.rate_limit import ManualLimiter
from whinchat.testing.sealer import PlainSealer

LAZY = """
import sys
from whinchat import bootstrap
loaded = [name for name in sys.modules if name.startswith("whinchat.transports.")]
print(*sorted(name for name in loaded if "migrations" not in name and name.count(".") > 2))
"""


def names(settings: Settings) -> dict[str, list[str]]:
    """The accounts of each network."""
    clock, database = FakeClock(), MemoryDatabase(())
    ports = Ports(
        database, MemoryQueue(database, clock), PlainSealer(), ManualLimiter(), clock, Random(1), RecordedMetrics()
    )
    found = networks.of(settings, ports, FakeHttp(), None, ())
    return {name: [transport.account for transport in network.transports] for name, network in found}


def test_the_simulator_is_alone(tmp_path: Path) -> None:
    accounts = Transport(linked=LinkedTransport(accounts=("main",)))
    assert names(Settings(transport=accounts, storage=Storage(data=tmp_path))) == {"simulator": ["simulator"]}
    assert not (tmp_path / "linked").exists()


def test_linked_and_cloud_accounts_stand_side_by_side(tmp_path: Path) -> None:
    for name in ("token", "secret", "verify"):
        (tmp_path / name).write_text("hush")
    number = CloudNumber(
        name="shop",
        phone_number_id="106540352242922",
        business_account_id="102290129340398",
        token_file=tmp_path / "token",
        app_secret_file=tmp_path / "secret",
        verify_token_file=tmp_path / "verify",
    )
    both = Transport(
        kind="whatsapp",
        linked=LinkedTransport(accounts=("main", "spare")),
        cloud=CloudTransport(numbers=(number,)),
    )
    found = names(Settings(transport=both, storage=Storage(data=tmp_path)))
    assert found == {"linked": ["main", "spare"], "cloud": ["shop"]}
    assert stat.S_IMODE((tmp_path / "linked").stat().st_mode) == 0o700


def test_nothing_of_a_network_is_loaded_before_the_settings_name_it() -> None:
    loaded = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
