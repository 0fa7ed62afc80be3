from __future__ import annotations

from pathlib import Path
from random import Random

from tests.support.cloud import LOOK, described, number, refused
from tests.support.stages import RecordingSink

from whinchat.config import CloudTransport
from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.cloud import network
from whinchat.transports.cloud.migrations import MIGRATIONS
from whinchat.transports.network import Network


class Desk:
    def __init__(self, folder: Path) -> None:
        self.http = FakeHttp()
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        numbers = (number(folder), number(folder, "second", phone_number_id="206540352242922"))
        self.network: Network = network.build(
            CloudTransport(numbers=numbers),
            self.http,
            self.database,
            PlainSealer(),
            self.clock,
            Random(1),
            RecordedMetrics(),
        )

    async def health(self, *answers: Answer) -> tuple[bool, str, str]:
        transport = self.network.transports[0]
        self.http.answer(LOOK, *answers)
        await transport.start(RecordingSink())
        await self.clock.advance(0)
        finding = await self.network.health[0].check()
        await transport.stop(1)
        assert not finding.critical
        return finding.ok, finding.detail, finding.hint


def test_each_number_is_an_account_and_all_share_one_webhook(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert [transport.account for transport in desk.network.transports] == ["main", "second"]
    assert [check.name for check in desk.network.health] == ["transport main", "transport second"]
    assert desk.network.webhooks is not None
    assert {route.method for route in desk.network.webhooks.router.routes()} == {"GET", "HEAD", "POST"}


async def test_health_says_how_a_number_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert await desk.health(described()) == (True, "main is online, quality green", "")
    ok, detail, hint = await desk.health(described(quality_rating="RED"))
    assert (ok, detail) == (False, "main is online, quality red")
    assert "Manager" in hint
    ok, detail, hint = await desk.health(refused(190, 401))
    assert (ok, detail) == (False, "main is logged_out, quality red")
    assert "token_file" in hint
    ok, detail, hint = await desk.health(Answer(b"", 503))
    assert detail.startswith("main is connecting")


async def test_what_need_not_be_kept_is_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (over,) = desk.network.retention
    assert await desk.database.commit(Batch((over(),))) == ((),)
