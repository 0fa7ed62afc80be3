"""Whether the library is installed, and where. Nothing of it is imported or run here, nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

from whinchat.transports.linked.link import LibraryUnusable

VERSION = "0.5.2"
"""Of neonize: the one whose functions, events and messages were tested. Another one is refused."""

INSTALL = "pip install 'whinchat[linked]'"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
ENDINGS = {"linux": "so", "darwin": "dylib"}


def library_path(package: str = "neonize") -> Path:
    """The shared library of the installed package. Raises LibraryUnusable."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise LibraryUnusable(f"Linked devices need an extra that is not installed: {INSTALL}")
    path = Path(spec.origin).with_name(file_name(platform.system(), platform.machine()))
    if not path.is_file():
        raise LibraryUnusable(
            f"The extra for linked devices lacks the library for this machine ({path.name}). Install the wheel that has"
            f" it: pip install --force-reinstall --only-binary neonize neonize=={VERSION}"
        )
    return path


def file_name(system: str, machine: str) -> str:
    """As the wheels call it (`neonize/utils/platform.py`)."""
    machine = machine.lower()
    system = system.lower()
    return f"neonize-{system}-{MACHINES.get(machine, machine)}.{ENDINGS.get(system, 'so')}"


def unusable(code: str) -> LibraryUnusable:
    """What a child says that could load the library but not use it."""
    if code == "library_version":
        return LibraryUnusable(
            f"The installed library is not the version that was tested. Install it: pip install neonize=={VERSION}"
        )
    return LibraryUnusable(
        f"The library cannot be loaded. Install it again: pip install --force-reinstall neonize=={VERSION}"
    )
