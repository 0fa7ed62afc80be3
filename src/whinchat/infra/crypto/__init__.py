"""Sealing at rest: the key file, encryption and keyed look-ups under it, and their rotation."""
