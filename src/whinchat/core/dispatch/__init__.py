"""From an event that arrived to what is sent: inbox, dispatcher, router, commands, conversations, outbox."""
