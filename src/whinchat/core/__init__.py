"""The vocabulary and the engine: standard library and msgspec only, no I/O, nothing of ours imported."""
