"""Small wrappers around one outside call: breaker, single flight, batch."""
