"""Settings: what can be set, read from one TOML file and the environment. Nothing else reads the environment."""

from whinchat.config.describe import Shown, effective, example, reference, written
from whinchat.config.load import Loaded, Origin, SettingsErrors, load, read
from whinchat.config.settings import (
    Keys,
    Log,
    Private,
    Public,
    Rate,
    Service,
    Settings,
    Storage,
)
from whinchat.config.transports import CloudNumber, CloudTransport, LinkedTransport, SimulatorTransport, Transport
from whinchat.config.tree import Setting, settings_of

__all__ = [
    "CloudNumber",
    "CloudTransport",
    "Keys",
    "LinkedTransport",
    "Loaded",
    "Log",
    "Origin",
    "Private",
    "Public",
    "Rate",
    "Service",
    "Setting",
    "Settings",
    "SettingsErrors",
    "Shown",
    "SimulatorTransport",
    "Storage",
    "Transport",
    "effective",
    "example",
    "load",
    "read",
    "reference",
    "settings_of",
    "written",
]
