"""The ports, implemented: storage, queue, sealing, logs, metrics."""
