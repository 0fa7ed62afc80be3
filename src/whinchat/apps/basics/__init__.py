"""What every bot can do: explain itself, show that it is there, speak another language."""
