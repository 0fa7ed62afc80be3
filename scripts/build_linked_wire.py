"""Writes `src/whinchat/transports/linked/wire.py` and `.pyi`: the few messages and fields of neonize's protobufs that
the linked transport uses, with neonize's own numbers and types.

    python -m scripts.build_linked_wire

Needs neonize at the version that the extra `linked` pins. Its own modules cannot be had without its package, which
loads the shared library, and take four times the memory (3.6 MB instead of 0.8). What is written lives in a pool of its
own: both can be loaded, and tests compare them.
"""

from __future__ import annotations

import base64
import sys
import textwrap
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from scripts.linked_wire_fields import NAMES, OPAQUE, USED

HERE = Path(__file__).resolve().parent.parent / "src" / "whinchat" / "transports" / "linked"

MODULES = (
    "waCommon.WACommon_pb2",
    "waE2E.WAWebProtobufsE2E_pb2",
    "waWeb.WAWebProtobufsWeb_pb2",
    "waHistorySync.WAWebProtobufsHistorySync_pb2",
    "Neonize_pb2",
)
"""Each after those it needs."""

TYPES = {
    FieldDescriptor.CPPTYPE_STRING: "str",
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
}


def oracle() -> tuple[Any, ...]:
    """neonize's own protobuf modules, without neonize itself: that would load its shared library and set up logging."""
    package = find_spec("neonize")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("neonize is missing: pip install 'whinchat[linked]'")
    folder = str(Path(package.submodule_search_locations[0]) / "proto")
    sys.path.append(folder)
    try:
        return tuple(map(import_module, MODULES))
    finally:
        sys.path.remove(folder)


def messages() -> dict[str, Descriptor]:
    """All that neonize knows of the packages, by full name."""
    found: dict[str, Descriptor] = {}

    def add(descriptor: Descriptor) -> None:
        found[descriptor.full_name] = descriptor
        for nested in descriptor.nested_types:
            add(nested)

    for source in oracle():
        for descriptor in source.DESCRIPTOR.message_types_by_name.values():
            add(descriptor)
    return found


def fields(descriptor: Descriptor) -> list[FieldDescriptor]:
    names = USED[descriptor.full_name].split()
    return sorted((descriptor.fields_by_name[name] for name in names), key=lambda field: field.number)


def opaque(field: FieldDescriptor) -> bool:
    return field.full_name in OPAQUE


def enums(known: dict[str, Descriptor]) -> list[EnumDescriptor]:
    found = {}
    for name in USED:
        for field in fields(known[name]):
            if field.enum_type is not None:
                found[field.enum_type.full_name] = field.enum_type
    return list(found.values())


def flat(full_name: str) -> str:
    """`WAWebProtobufsE2E.ListMessage.Row` -> `ListMessageRow`"""
    return NAMES.get(full_name) or full_name.split(".", 1)[1].replace(".", "")


def field_proto(field: FieldDescriptor) -> FieldDescriptorProto:
    made = FieldDescriptorProto(name=field.name, number=field.number, type=field.type)
    made.label = (
        FieldDescriptorProto.LABEL_REPEATED
        if field.is_repeated
        else FieldDescriptorProto.LABEL_REQUIRED
        if field.is_required
        else FieldDescriptorProto.LABEL_OPTIONAL
    )
    if opaque(field):
        made.type = FieldDescriptorProto.TYPE_BYTES
    elif field.message_type is not None:
        made.type_name = "." + field.message_type.full_name
    elif field.enum_type is not None:
        made.type_name = "." + field.enum_type.full_name
    if field.is_packed:
        made.options.packed = True
    return made


def enum_proto(descriptor: EnumDescriptor) -> EnumDescriptorProto:
    made = EnumDescriptorProto(name=descriptor.name)
    for value in descriptor.values:
        made.value.add(name=value.name, number=value.number)
    return made


def described() -> list[FileDescriptorProto]:
    """One file a package, each after those it needs."""
    known = messages()
    packages: dict[str, FileDescriptorProto] = {}
    made: dict[str, DescriptorProto] = {}

    def holder(full_name: str) -> FileDescriptorProto | DescriptorProto:
        parent, _, _ = full_name.rpartition(".")
        if parent in packages:
            return packages[parent]
        if parent not in made:
            add(parent, "")
        return made[parent]

    def add(full_name: str, names: str) -> None:
        where = holder(full_name)
        into = where.message_type if isinstance(where, FileDescriptorProto) else where.nested_type
        message = into.add(name=full_name.rpartition(".")[2])
        made[full_name] = message
        if names:
            message.field.extend(field_proto(field) for field in fields(known[full_name]))

    for source in oracle():
        package = source.DESCRIPTOR.package
        before = [each.name for each in packages.values()]
        packages[package] = FileDescriptorProto(name=package, package=package, syntax="proto2", dependency=before)
    for full_name, names in sorted(USED.items(), key=lambda item: item[0].count(".")):
        add(full_name, names)
    for descriptor in enums(known):
        holder(descriptor.full_name).enum_type.append(enum_proto(descriptor))
    return list(packages.values())


def python_type(field: FieldDescriptor) -> str:
    if opaque(field) or field.type == FieldDescriptor.TYPE_BYTES:
        return "bytes"
    if field.message_type is not None:
        return flat(field.message_type.full_name)
    return TYPES.get(field.cpp_type, "int")


def stub(full_name: str, descriptor: Descriptor) -> str:
    """A class, with what its fields give and what they may be given."""
    given, taken = [], []
    for field in fields(descriptor):
        kind = python_type(field)
        if kind == field.name:
            kind = f"_{kind}"  # the field hides its own class
        # Text that is no UTF-8 is given as the bytes that came.
        read = "str | bytes" if kind == "str" else kind
        given.append(f"{field.name}: {f'Sequence[{read}]' if field.is_repeated else read}")
        taken.append(f"{field.name}: {f'Iterable[{kind}]' if field.is_repeated else f'{kind} | None'} = ...")
    return CLASS.format(name=flat(full_name), given=textwrap.indent("\n".join(given), "    "), taken=", ".join(taken))


def hidden(known: dict[str, Descriptor]) -> list[str]:
    """Classes that have the name of a field somewhere."""
    every = (field for name in USED for field in fields(known[name]))
    return sorted({field.name for field in every if python_type(field) == field.name})


def enumeration(descriptor: EnumDescriptor) -> str:
    values = "\n".join(f"    {value.name} = {value.number}" for value in descriptor.values)
    return f"class {flat(descriptor.full_name)}(enum.IntEnum):\n{values}\n"


def files() -> dict[str, str]:
    """What is written, by name."""
    known = messages()
    heading = HEADING.format(version=version("neonize"))
    enumerations = "\n\n".join(enumeration(descriptor) for descriptor in enums(known))
    packed = [base64.b64encode(each.SerializeToString(deterministic=True)).decode() for each in described()]
    return {
        "wire.py": heading
        + MODULE.format(
            data="\n".join(f'    "{each}",' for each in packed),
            enumerations=enumerations,
            classes="\n".join(f'{flat(name)} = _class("{name}")' for name in USED),
        ),
        "wire.pyi": heading
        + INTERFACE.format(
            enumerations=enumerations,
            aliases="\n".join(f"_{name}: TypeAlias = {name}" for name in hidden(known)),
            classes="\n".join(stub(name, known[name]) for name in USED),
        ),
    }


HEADING = """\"\"\"What is used of neonize {version}'s protobufs: written by `scripts/build_linked_wire.py`.\"\"\"

"""

MODULE = """import base64
import enum

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

_FILES = (
{data}
)

_pool = DescriptorPool()
for _file in _FILES:
    _pool.AddSerializedFile(base64.b64decode(_file))


def _class(name):
    return GetMessageClass(_pool.FindMessageTypeByName(name))


{enumerations}

{classes}
"""

INTERFACE = """import enum
from collections.abc import Iterable, Sequence
from typing import Any, Self, TypeAlias

class DecodeError(Exception): ...

class Message:
    @classmethod
    def FromString(cls, data: bytes, /) -> Self: ...
    def SerializeToString(self) -> bytes: ...
    def CopyFrom(self, other: Self, /) -> None: ...
    def HasField(self, name: str, /) -> bool: ...
    def ListFields(self) -> list[tuple[Field, Any]]: ...

class Field:
    name: str

{enumerations}

{aliases}

{classes}
"""

CLASS = """class {name}(Message):
{given}
    def __init__(self, *, {taken}) -> None: ...
"""


def main() -> None:
    for name, text in files().items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
