"""The simulator's reference and the page's protocol name everything there is, and their examples work."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.faults import FaultKind
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.operations import OPERATIONS, perform
from whinchat.transports.simulator.script import load
from whinchat.transports.simulator.transcript import EntryKind

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs/reference/simulator-api.md").read_text(encoding="utf-8")
EXAMPLE_GROUP = "120363000001-3F2A9C@g.sim"
PROTOCOL = (ROOT / "src/whinchat/transports/simulator/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_described_with_its_arguments(name: str) -> None:
    assert re.search(rf"\bask {name}\b", REFERENCE)
    row = re.search(rf"^\| [^|]*`{name}`.*\|$", PROTOCOL, re.MULTILINE)
    assert row is not None
    if name == "fault":
        return
    for field in msgspec.structs.fields(OPERATIONS[name].arguments):
        assert f"`{field.name}" in row[0], field.name


@pytest.mark.parametrize("name", [kind.value for kind in FaultKind])
def test_every_fault_is_described(name: str) -> None:
    assert f"| `{name}` |" in REFERENCE
    assert f"| `{name}` |" in PROTOCOL


def test_every_kind_of_entry_is_described() -> None:
    for kind in EntryKind:
        assert f"`{kind.value}`" in REFERENCE


def test_the_examples_of_the_reference_work_one_after_the_other() -> None:
    host = Host(FakeClock(), seed=1)
    examples = re.findall(r"^ask +(\w+) +'(\{.*?\})'", REFERENCE, re.MULTILINE | re.DOTALL)
    assert len(examples) > 25
    for operation, arguments in examples:
        if operation != "script":  # this world has none
            perform(host, operation, arguments.replace(EXAMPLE_GROUP, "Neighbours").encode())


def test_the_example_script_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)
    (tmp_path / "evening.toml").write_text(example, encoding="utf-8")
    script = load(tmp_path / "evening.toml")
    assert (script.name, len(script.steps), len(script.scenes)) == ("evening", 1, 1)
