"""The trimmed protobufs are neonize's: the same numbers and types, under the version that is pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripts import build_linked_wire as build
from scripts.linked_wire_fields import OPAQUE, USED

from whinchat.transports.linked import callbacks, wire

KNOWN = build.messages()
LINKED = Path(wire.__file__).parent


@pytest.mark.parametrize("full_name", USED)
def test_each_field_is_as_the_library_has_it(full_name: str) -> None:
    ours = getattr(wire, build.flat(full_name)).DESCRIPTOR
    theirs = KNOWN[full_name]
    assert ours.full_name == full_name
    assert [field.name for field in ours.fields] == [field.name for field in build.fields(theirs)]
    for field in ours.fields:
        whole = theirs.fields_by_name[field.name]
        kept_as_bytes = field.full_name in OPAQUE
        assert (field.number, field.is_repeated, field.is_required) == (
            whole.number,
            whole.is_repeated,
            whole.is_required,
        )
        assert field.type == (whole.TYPE_BYTES if kept_as_bytes else whole.type)
        if kept_as_bytes:
            assert whole.type == whole.TYPE_MESSAGE  # the same on the wire
        elif whole.message_type is not None:
            assert field.message_type.full_name == whole.message_type.full_name
        elif whole.enum_type is not None:
            assert field.enum_type.full_name == whole.enum_type.full_name


@pytest.mark.parametrize("descriptor", build.enums(KNOWN), ids=lambda each: str(each.full_name))
def test_each_enumeration_is_as_the_library_has_it(descriptor: Any) -> None:
    ours = getattr(wire, build.flat(descriptor.full_name))
    assert {each.name: each.value for each in ours} == {each.name: each.number for each in descriptor.values}


@pytest.mark.parametrize("name", ["wire.py", "wire.pyi"])
def test_what_is_written_is_what_the_script_writes(name: str) -> None:
    assert (LINKED / name).read_text() == build.files()[name]


def test_every_callback_has_the_number_that_the_library_gives_it() -> None:
    source = (Path(build.oracle()[-1].__file__).parent.parent / "events.py").read_text()
    lines = source.partition("EVENT_TO_INT")[2].partition("{")[2].partition("}")[0].split(",")
    pairs = (line.strip().split(": ") for line in lines if line.strip())
    of_the_library = {int(number): re.sub("E[vV]$", "", name).lower() for name, number in pairs}
    renamed = {"me": "device", "undecryptable": "undecryptablemessage"}
    for number, name in callbacks.NAMES.items():
        assert of_the_library[number] == renamed.get(name, name.replace("_", ""))


def test_it_is_loaded_only_with_a_linked_account_and_takes_little() -> None:
    measure = """
import asyncio, hashlib, json, sys
import msgspec
import whinchat.bootstrap
def held():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
assert not any(name.startswith("google.protobuf") for name in sys.modules)
before = held()
import whinchat.transports.linked.decode, whinchat.transports.linked.encode
print(held() - before)
"""
    done = subprocess.run([sys.executable, "-c", measure], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 6 * 1024  # KB; 3,300 where it was written
