"""Google Safe Browsing v5 with local lists: hash prefixes leave the machine only when a list has them."""
