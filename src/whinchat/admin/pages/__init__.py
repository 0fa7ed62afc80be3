"""The service's own pages: how it is, what was given up, who did what, who is signed in."""
