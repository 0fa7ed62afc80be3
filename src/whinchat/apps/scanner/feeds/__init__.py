"""Lists of known sites: formats, the store, and the snapshot that look-ups read."""
