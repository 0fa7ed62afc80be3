"""The embedded database: SQLite behind `ports.Database`, with migrations, backup, restore and checks."""
