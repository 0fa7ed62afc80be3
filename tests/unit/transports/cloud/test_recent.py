from __future__ import annotations

from whinchat.transports.cloud.recent import Recent


def test_only_the_last_heard_of_are_remembered() -> None:
    recent: Recent[int] = Recent(2)
    for place, name in enumerate(("ana", "bob", "ana", "eve")):
        recent.put(name, place)
    assert (recent.get("ana"), recent.get("bob"), recent.get("eve"), len(recent)) == (2, None, 3, 2)
    assert recent.pop("ana") == 2
    assert recent.pop("ana") is None
