"""A world of people, chats and groups to try the service in: in this process or in one of its own."""
