"""What every command passes on its way to its handler: one file each, their order in one list in `core.engine`."""
