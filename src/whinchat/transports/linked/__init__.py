"""An ordinary WhatsApp account as a linked device: an optional extra, in a child process of its own."""
