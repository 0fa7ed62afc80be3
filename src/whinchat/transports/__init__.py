"""The networks, each behind `core.ports.Transport`."""
