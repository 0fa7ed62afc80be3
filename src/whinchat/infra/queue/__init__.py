"""The embedded job queue: the table, the runner that works it off, and the schedules."""
