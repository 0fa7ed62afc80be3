"""Numbers on Meta's Cloud API: official, direct chats, a webhook that Meta posts to."""
