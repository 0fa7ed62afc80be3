"""Local evidence: one file a kind, each a pure function of a link and what is known; `index.py` lists them."""
