"""urlscan.io: opens pages in a browser of its own and says what it saw (https://docs.urlscan.io)."""
