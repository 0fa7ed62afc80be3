"""What several aiohttp applications of ours need."""
