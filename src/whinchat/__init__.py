"""Whinchat: a lean, self-hosted WhatsApp bot service."""

__version__ = "0.1.0"
