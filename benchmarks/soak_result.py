"""What is counted in a soak, and what the counts say: what was wrong, and whether anything grows."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import MEGABYTE, Service, resident
from benchmarks.crowd import Crowd, Witness

PAGES = """SELECT page_count, freelist_count, page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size"""


def marks(service: Service) -> Counter[str]:
    """The highest number that was given in each table."""
    return Counter(dict(service.query("SELECT name, seq FROM sqlite_sequence")))


def counts(
    service: Service, before: Mapping[str, int], crowd: Crowd, witness: Witness, interrupted: set[str]
) -> dict[str, Any]:
    """What was to come of an interval, and what came of it. `before`: the marks when it began; `interrupted`: what was
    being sent when the service was killed.
    """
    by_state = "SELECT state, count(*) FROM {0} WHERE id > {1} GROUP BY state"
    twice = {reference for reference, times in witness.arrived.items() if times > 1}
    return {
        "interrupted": len(interrupted),
        "posted": crowd.events,
        "events": dict(service.query(by_state.format("events", before["events"]))),
        "sends": dict(service.query(by_state.format("outbox", before["outbox"]))),
        "links": crowd.links,
        "remembered": marks(service)["scanner_sightings"] - before["scanner_sightings"],
        "dangerous": len(crowd.dangerous),
        "missing": len(crowd.dangerous - witness.warned.keys()),
        "of_nothing": len(witness.warned.keys() - crowd.dangerous),
        "warned_again": witness.warned.total() - len(witness.warned),
        "doubled": len(twice),
        "outside": len(twice - interrupted),
        "most": max(witness.arrived.values(), default=0),
        "unanswered": crowd.commands - witness.answers,
    }


def sample(service: Service) -> dict[str, Any]:
    """How large the service is, at this moment."""
    ((pages, free, size),) = service.query(PAGES)
    jobs = Counter(dict(service.query("SELECT state, count(*) FROM jobs GROUP BY state")))
    memory, process = resident(service.pid), Path(f"/proc/{service.pid}")
    return {
        "pss": memory.pss,
        "anonymous": memory.anonymous,
        "used": round((pages - free) * size / MEGABYTE, 2),
        "database": round(pages * size / MEGABYTE, 2),
        "files": sum(1 for _ in (process / "fd").iterdir()),
        "threads": sum(1 for _ in (process / "task").iterdir()),
        "jobs": jobs.total() - jobs["dead"],
        "dead": jobs["dead"],
    }


def faults(found: Mapping[str, Any]) -> list[str]:
    """What may not be, by the counts of an interval."""
    unknown = found["sends"].get("unknown", 0)
    wrong = {
        f"{found['posted']} events, handled {found['events']}": found["events"] != {"done": found["posted"]},
        f"{found['links']} links, {found['remembered']} remembered": found["links"] != found["remembered"],
        f"warnings missing: {found['missing']}": found["missing"],
        f"warnings of nothing: {found['of_nothing']}": found["of_nothing"],
        f"doubled that were not being sent: {found['outside']}": found["outside"],
        f"one sent {found['most']} times": found["most"] > 2,
        f"warnings too many: {found['warned_again']}": found["warned_again"] > found["doubled"],
        f"commands unanswered: {found['unanswered']}": not 0 <= found["unanswered"] <= unknown,
        f"sendings ended as {found['sends']}": found["sends"].keys() - {"sent", "unknown"},
        f"sendings given up: {unknown}": unknown > found["interrupted"],
    }
    return [what for what, is_so in wrong.items() if is_so]


def slope(samples: Sequence[Mapping[str, Any]], what: str) -> dict[str, float] | None:
    """Of the second half by least squares: megabytes a 100,000 messages, and two standard errors (`within`)."""
    late = samples[len(samples) // 2 :]
    if len(late) < 3:
        return None
    reached, values = [each["messages"] / 100_000 for each in late], [each[what] for each in late]
    line = statistics.linear_regression(reached, values)
    rests = (value - line.intercept - line.slope * at for at, value in zip(reached, values, strict=True))
    error = math.sqrt(sum(rest**2 for rest in rests) / (len(late) - 2) / (len(late) * statistics.pvariance(reached)))
    return {"slope": round(line.slope, 2), "within": round(2 * error, 2)}


def summary(about: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sums = ("posted", "dangerous", "missing", "kills", "interrupted", "doubled", "unanswered")
    each = ("pss", "anonymous", "used", "database", "files", "threads", "behind", "jobs", "dead")
    return {
        "benchmark": "soak",
        **about,
        "complete": len(samples) == about["plan"]["intervals"],
        "intervals": len(samples),
        "messages": samples[-1]["messages"] if samples else 0,
        **{name: sum(sample[name] for sample in samples) for name in sums},
        "faults": [f"{sample['interval']}: {fault}" for sample in samples for fault in sample["faults"]],
        "slope": {what: slope(samples, what) for what in ("anonymous", "used")},
        **{name: [sample[name] for sample in samples] for name in each},
    }
