"""What every event passes on its way to a handler: one file each, their order in one list."""
