"""Text as WhatsApp shows it: markup, splitting, replies and catalogues of sentences."""
